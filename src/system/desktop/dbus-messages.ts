import { SuretyError } from '../../base/errors.ts'
import { type DbusValue, marshal, unmarshal, type Variant, variant } from './dbus-values.ts'

/** Messages of D-Bus, version 1. */

const TYPES = ['invalid', 'call', 'return', 'error', 'signal'] as const
export type MessageType = (typeof TYPES)[number]

export interface Message {
  readonly type: MessageType
  readonly serial: number
  /** No one waits for an answer. */
  readonly noReply?: boolean
  readonly path?: string | undefined
  readonly interface?: string | undefined
  readonly member?: string | undefined
  readonly errorName?: string | undefined
  readonly replyTo?: number | undefined
  readonly destination?: string | undefined
  readonly sender?: string | undefined
  readonly signature?: string | undefined
  readonly body: readonly DbusValue[]
}

const FIELDS = {
  path: [1, 'o'],
  interface: [2, 's'],
  member: [3, 's'],
  errorName: [4, 's'],
  replyTo: [5, 'u'],
  destination: [6, 's'],
  sender: [7, 's'],
  signature: [8, 'g'],
} as const
type Field = keyof typeof FIELDS
const FIELD_NAMES = Object.keys(FIELDS) as Field[] // the keys of a literal

const NO_REPLY = 1
const LITTLE = 'l'.charCodeAt(0)
const BIG = 'B'.charCodeAt(0)
/** Up to and with the length of the header fields. */
const FIXED_BYTES = 16
/** The specification allows 128 MiB. Panels send a few hundred bytes. */
const MAX_MESSAGE = 1024 * 1024

export function encodeMessage(message: Message): Uint8Array {
  const body = message.body.length === 0 ? new Uint8Array() : marshal(message.signature ?? '', message.body)
  const fields = FIELD_NAMES.flatMap((name) => {
    const value = message[name]
    const [code, signature] = FIELDS[name]
    return value === undefined || value === '' ? [] : [[code, variant(signature, value)]]
  })
  const flags = message.noReply === true ? NO_REPLY : 0
  const header = marshal('yyyyuua(yv)', [
    ...[LITTLE, TYPES.indexOf(message.type), flags, 1, body.length, message.serial],
    fields,
  ])
  return Buffer.concat([header, new Uint8Array(-header.length & 7), body])
}

/**
 * The length of the message that begins `bytes`, or undefined while too few bytes are there to tell.
 *
 * @throws `INPUT_MALFORMED`, `INPUT_TOO_LARGE`.
 */
export function messageLength(bytes: Uint8Array): number | undefined {
  if (bytes.length < FIXED_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const littleEndian = endianness(bytes)
  const fields = view.getUint32(12, littleEndian)
  const length = FIXED_BYTES + fields + (-fields & 7) + view.getUint32(4, littleEndian)
  if (length > MAX_MESSAGE) throw new SuretyError('INPUT_TOO_LARGE', `D-Bus: a message of ${length} bytes`)
  return length
}

function endianness(bytes: Uint8Array): boolean {
  if (bytes[0] !== LITTLE && bytes[0] !== BIG) throw new SuretyError('INPUT_MALFORMED', 'D-Bus: no message begins here')
  return bytes[0] === LITTLE
}

/** @param bytes one whole message. @throws `INPUT_MALFORMED`. */
export function decodeMessage(bytes: Uint8Array): Message {
  const littleEndian = endianness(bytes)
  const header = unmarshal('yyyyuua(yv)', bytes, { littleEndian })
  const [, type = 0, flags = 0, version, , serial, fields] = header.values
  if (version !== 1) throw new SuretyError('INPUT_MALFORMED', 'D-Bus: another version of the protocol')
  const known = new Map((fields as readonly (readonly [number, Variant])[]).map(([code, field]) => [code, field]))
  const field = (name: Field): DbusValue | undefined => {
    const [code, signature] = FIELDS[name]
    const found = known.get(code)
    return found?.signature === signature ? found.value : undefined
  }
  const text = (name: Field) => field(name) as string | undefined // its signature was compared
  const signature = text('signature') ?? ''
  const body = unmarshal(signature, bytes.subarray(header.end + (-header.end & 7)), { littleEndian })
  return {
    type: TYPES[Number(type)] ?? 'invalid',
    serial: Number(serial),
    noReply: (Number(flags) & NO_REPLY) !== 0,
    path: text('path'),
    interface: text('interface'),
    member: text('member'),
    errorName: text('errorName'),
    replyTo: field('replyTo') as number | undefined, // as above
    destination: text('destination'),
    sender: text('sender'),
    signature,
    body: body.values,
  }
}
