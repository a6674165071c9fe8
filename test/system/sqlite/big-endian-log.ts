/** @returns a copy of an SQLite write-ahead log with valid big-endian checksums. */
export function withBigEndianChecksums(log: Uint8Array): Uint8Array {
  const out = Uint8Array.from(log)
  if (out.length < 32) return out
  const view = new DataView(out.buffer)
  const frameBytes = 24 + view.getUint32(8)
  let [first, second] = [0, 0]
  const add = (start: number, length: number) => {
    for (let at = start; at + 8 <= start + length; at += 8) {
      first = (first + view.getUint32(at) + second) >>> 0
      second = (second + view.getUint32(at + 4) + first) >>> 0
    }
  }
  const put = (at: number) => {
    view.setUint32(at, first)
    view.setUint32(at + 4, second)
  }
  view.setUint32(0, 0x377f0683)
  add(0, 24)
  put(24)
  for (let at = 32; at + frameBytes <= out.length; at += frameBytes) {
    add(at, 8)
    add(at + 24, frameBytes - 24)
    put(at + 16)
  }
  return out
}
