const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte << 24
  for (let bit = 0; bit < 8; bit++) rest = rest & 0x80000000 ? (rest << 1) ^ 0x04c11db7 : rest << 1
  return rest >>> 0
})

/** The checksum of POSIX `cksum`: the length follows the bytes, least byte first. */
export function cksum(bytes: Uint8Array): number {
  let sum = 0
  const add = (byte: number) => {
    sum = ((sum << 8) ^ (TABLE[((sum >>> 24) ^ byte) & 0xff] ?? 0)) >>> 0
  }
  for (const byte of bytes) add(byte)
  for (let left = bytes.length; left > 0; left = Math.floor(left / 256)) add(left & 0xff)
  return ~sum >>> 0
}
