import { createHash } from 'node:crypto'

/** Builds logs of measured boot as the TCG lays them out (PC Client Platform Firmware Profile 1.05, section 10). */

export const EV_NO_ACTION = 0x3
export const EV_SEPARATOR = 0x4
export const EV_EFI_VARIABLE_DRIVER_CONFIG = 0x80000001

export interface BootEvent {
  readonly pcr: number
  readonly type: number
  readonly data: Uint8Array
  /** That of the data if absent. */
  readonly sha256?: Uint8Array
}

const u16 = (value: number) => Buffer.from([value & 255, value >> 8])
const u32 = (value: number) => Buffer.from([value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24])
const sized = (bytes: Uint8Array) => Buffer.concat([u32(bytes.length), bytes])
const hash = (name: string, bytes: Uint8Array) => createHash(name).update(bytes).digest()

/** SHA-1 and SHA-256. */
const ALGORITHMS = Buffer.concat([u32(2), u16(0x0004), u16(20), u16(0x000b), u16(32)])

export function bootLogHead(signature = 'Spec ID Event03'): Buffer {
  // Platform class, version 2.0, errata, the size of a pointer.
  const data = Buffer.concat([
    Buffer.from(`${signature}\0`),
    u32(0),
    Buffer.from([0, 2, 0, 2]),
    ALGORITHMS,
    Buffer.from([0]),
  ])
  return Buffer.concat([u32(0), u32(EV_NO_ACTION), Buffer.alloc(20), sized(data)])
}

export function bootLogOf(events: readonly BootEvent[]): Uint8Array {
  const parts = events.map(({ pcr, type, data, sha256 = hash('sha256', data) }) =>
    Buffer.concat([u32(pcr), u32(type), u32(2), u16(0x0004), hash('sha1', data), u16(0x000b), sha256, sized(data)]),
  )
  return new Uint8Array(Buffer.concat([bootLogHead(), ...parts]))
}

/** UEFI_VARIABLE_DATA of a variable with one byte. */
export function variableData(name: string, value: number): Uint8Array {
  const length = (count: number) => Buffer.concat([u32(count), u32(0)])
  const guid = Buffer.from('61dfe48bca93d211aa0d00e098032b8c', 'hex')
  return Buffer.concat([guid, length(name.length), length(1), Buffer.from(name, 'utf16le'), Buffer.from([value])])
}

/** What the events come to, by extending each in turn. */
export function pcrAfter(digests: readonly Uint8Array[], first: Uint8Array = Buffer.alloc(32)): Uint8Array {
  return new Uint8Array(digests.reduce((value, each) => hash('sha256', Buffer.concat([value, each])), first))
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', bytes))
}
