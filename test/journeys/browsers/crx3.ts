import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { zipSync } from 'fflate'

/** An extension as Chromium installs it: format CRX3, signed with a key of its own. See components/crx_file in Chromium. */
export interface PackedExtension {
  readonly id: string
  readonly bytes: Uint8Array
}

export function packExtension(files: Readonly<Record<string, string>>): PackedExtension {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = publicKey.export({ type: 'spki', format: 'der' })
  const crxId = createHash('sha256').update(key).digest().subarray(0, 16)
  const archive = zipped(files)
  const signedData = field(1, crxId)
  const signature = sign(
    'sha256',
    Buffer.concat([Buffer.from('CRX3 SignedData\0'), uint32(signedData.length), signedData, archive]),
    privateKey,
  )
  const proof = Buffer.concat([field(1, key), field(2, signature)])
  const header = Buffer.concat([field(2, proof), field(10_000, signedData)])
  const id = crxId.toString('hex').replace(/./g, (digit) => 'abcdefghijklmnop'.charAt(Number.parseInt(digit, 16)))
  return { id, bytes: Buffer.concat([Buffer.from('Cr24'), uint32(3), uint32(header.length), header, archive]) }
}

/** An add-on of Firefox, unsigned. */
export function zipped(files: Readonly<Record<string, string>>): Uint8Array {
  return zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])))
}

/** Of a protocol buffer: bytes with their length. */
function field(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest & 127) | 128)
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
