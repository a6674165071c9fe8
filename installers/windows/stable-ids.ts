import { createHash } from 'node:crypto'

/** A UUID of version 5: the same text gives the same id. */
export function stableId(text: string): string {
  const namespace = Buffer.from('8d0ff0d8f3634a26a9f0c20f3f2c6a51', 'hex')
  const bytes = createHash('sha1').update(namespace).update(text).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex').toUpperCase()
  return `{${[hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')}}`
}
