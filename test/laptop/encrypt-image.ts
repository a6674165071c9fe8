import { createCipheriv } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'

const SECTOR = 512
const CHUNK = 1 << 20

/**
 * Writes a file system into an empty LUKS2 image, as dm-crypt would with aes-xts-plain64: for machines whose kernel has no device mapper.
 *
 * @param init.offset of the encrypted part in the image, in bytes.
 */
export function encryptInto(
  image: string,
  { content, key, offset }: { readonly content: string; readonly key: Uint8Array; readonly offset: number },
): void {
  const [from, to] = [openSync(content, 'r'), openSync(image, 'r+')]
  const chunk = Buffer.alloc(CHUNK)
  const { size } = fstatSync(from)
  for (let at = 0; at < size; at += CHUNK) {
    const length = readSync(from, chunk, 0, CHUNK, at)
    for (let sector = 0; sector < length; sector += SECTOR) {
      const tweak = Buffer.alloc(16)
      tweak.writeBigUInt64LE(BigInt((at + sector) / SECTOR))
      const cipher = createCipheriv('aes-256-xts', key, tweak)
      cipher.update(chunk.subarray(sector, sector + SECTOR)).copy(chunk, sector)
    }
    writeSync(to, chunk, 0, length, offset + at)
  }
  closeSync(from)
  closeSync(to)
}
