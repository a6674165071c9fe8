import { SuretyError } from '../../base/errors.ts'

/** Values of D-Bus as bytes, by their signatures (D-Bus specification, "Marshaling"). File descriptors are left out. */

/** `x` and `t` are bigints, `ay` is bytes, arrays, structs and entries of dictionaries are arrays. */
export type DbusValue = boolean | number | bigint | string | Uint8Array | Variant | readonly DbusValue[]

export interface Variant {
  readonly signature: string
  readonly value: DbusValue
}

export function variant(signature: string, value: DbusValue): Variant {
  return { signature, value }
}

/** One complete type. An array has one member, a dictionary entry two. */
interface Type {
  readonly code: string
  readonly members: readonly Type[]
}

const FIXED: Readonly<Record<string, number>> = { y: 1, b: 4, n: 2, q: 2, i: 4, u: 4, x: 8, t: 8, d: 8 }
const MAX_SIGNATURE = 255
/** Of arrays, structs and variants in each other. The specification allows 64. */
const MAX_DEPTH = 32

function malformed(what: string): SuretyError {
  return new SuretyError('INPUT_MALFORMED', `D-Bus: ${what}`)
}

/** @throws `INPUT_MALFORMED`. */
function typesOf(signature: string): readonly Type[] {
  if (signature.length > MAX_SIGNATURE) throw malformed('a signature is too long')
  const types: Type[] = []
  let at = 0
  while (at < signature.length) {
    const [type, end] = typeAt(signature, at, 0)
    types.push(type)
    at = end
  }
  return types
}

function typeAt(signature: string, at: number, depth: number): [Type, number] {
  const code = signature.charAt(at)
  if (depth > MAX_DEPTH) throw malformed('a signature is too deep')
  if (code in FIXED || code === 's' || code === 'o' || code === 'g' || code === 'v')
    return [{ code, members: [] }, at + 1]
  if (code === 'a') {
    const [member, end] = typeAt(signature, at + 1, depth + 1)
    return [{ code, members: [member] }, end]
  }
  const close = code === '(' ? ')' : code === '{' ? '}' : undefined
  if (close === undefined) throw malformed(`no type ${JSON.stringify(code)} in a signature`)
  const members: Type[] = []
  let next = at + 1
  while (signature.charAt(next) !== close) {
    const [member, end] = typeAt(signature, next, depth + 1)
    members.push(member)
    next = end
  }
  if (members.length === 0 || (code === '{' && members.length !== 2)) throw malformed('a struct has no members')
  return [{ code, members }, next + 1]
}

function alignmentOf({ code }: Type): number {
  if (code === '(' || code === '{') return 8
  if (code === 'g' || code === 'v') return 1
  return FIXED[code] ?? 4
}

/** @throws `INPUT_MALFORMED` for values that do not fit the signature. */
export function marshal(signature: string, values: readonly DbusValue[]): Uint8Array {
  const types = typesOf(signature)
  if (types.length !== values.length) throw malformed(`${values.length} values for the signature ${signature}`)
  const writer = new Writer()
  for (const [index, type] of types.entries()) writer.write(type, values[index])
  return writer.bytes()
}

class Writer {
  #buffer = Buffer.alloc(256)
  #length = 0

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  write(type: Type, value: DbusValue | undefined): void {
    this.#align(alignmentOf(type))
    const { code, members } = type
    if (code === 's' || code === 'o') this.#text(value, 4)
    else if (code === 'g') this.#text(value, 1)
    else if (code === 'a') this.#array(members[0] ?? { code: 'y', members: [] }, value)
    else if (code === '(' || code === '{') this.#struct(type, value)
    else if (code === 'v') this.#variant(value)
    else this.#fixed(code, value)
  }

  #fixed(code: string, value: DbusValue | undefined): void {
    const at = this.#take(FIXED[code] ?? 0)
    const view = this.#buffer
    try {
      if (code === 'b') view.writeUInt32LE(value === true ? 1 : 0, at)
      else if (code === 'x') view.writeBigInt64LE(BigInt(value as bigint), at)
      else if (code === 't') view.writeBigUInt64LE(BigInt(value as bigint), at)
      else if (typeof value !== 'number') throw malformed(`no number for ${code}`)
      else if (code === 'y') view.writeUInt8(value, at)
      else if (code === 'n') view.writeInt16LE(value, at)
      else if (code === 'q') view.writeUInt16LE(value, at)
      else if (code === 'i') view.writeInt32LE(value, at)
      else if (code === 'u') view.writeUInt32LE(value, at)
      else view.writeDoubleLE(value, at)
    } catch (cause) {
      throw malformed(`a value does not fit ${code}: ${cause instanceof Error ? cause.message : ''}`)
    }
  }

  #text(value: DbusValue | undefined, sizeBytes: 1 | 4): void {
    if (typeof value !== 'string' || value.includes('\0')) throw malformed('a text is none, or has a zero byte')
    const length = Buffer.byteLength(value)
    const at = this.#take(sizeBytes + length + 1)
    if (sizeBytes === 1) this.#buffer.writeUInt8(length, at)
    else this.#buffer.writeUInt32LE(length, at)
    this.#buffer.write(value, at + sizeBytes)
    this.#buffer[at + sizeBytes + length] = 0
  }

  #array(member: Type, value: DbusValue | undefined): void {
    const at = this.#take(4)
    this.#align(alignmentOf(member))
    const start = this.#length
    if (value instanceof Uint8Array && member.code === 'y') {
      const to = this.#take(value.length)
      this.#buffer.set(value, to)
    } else for (const one of listOf(value)) this.write(member, one)
    this.#buffer.writeUInt32LE(this.#length - start, at)
  }

  #struct({ members }: Type, value: DbusValue | undefined): void {
    const list = listOf(value)
    if (list.length !== members.length) throw malformed(`${list.length} values for a struct of ${members.length}`)
    for (const [index, member] of members.entries()) this.write(member, list[index])
  }

  #variant(value: DbusValue | undefined): void {
    if (typeof value !== 'object' || !('signature' in value)) throw malformed('no variant')
    const [type, ...others] = typesOf(value.signature)
    if (type === undefined || others.length > 0) throw malformed('a variant holds one value')
    this.#text(value.signature, 1)
    this.write(type, value.value)
  }

  #align(bytes: number): void {
    const over = this.#length % bytes
    if (over === 0) return
    const at = this.#take(bytes - over)
    this.#buffer.fill(0, at, this.#length)
  }

  #take(bytes: number): number {
    const at = this.#length
    this.#length += bytes
    if (this.#length > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(this.#length, this.#buffer.length * 2))
      larger.set(this.#buffer.subarray(0, at))
      this.#buffer = larger
    }
    return at
  }
}

function listOf(value: DbusValue | undefined): readonly DbusValue[] {
  if (value instanceof Uint8Array) return [...value]
  if (!Array.isArray(value)) throw malformed('no list for an array or struct')
  return value
}

/**
 * @param start of the values in `bytes`. They are aligned as if this were a multiple of eight, as in a message.
 * @returns the values and where they end.
 * @throws `INPUT_MALFORMED`.
 */
export function unmarshal(
  signature: string,
  bytes: Uint8Array,
  { littleEndian }: { readonly littleEndian: boolean },
): { readonly values: readonly DbusValue[]; readonly end: number } {
  const reader = new Reader(bytes, littleEndian)
  const values = typesOf(signature).map((type) => reader.read(type, 0))
  return { values, end: reader.at }
}

class Reader {
  at = 0
  readonly #bytes: Buffer
  readonly #view: DataView
  readonly #little: boolean

  constructor(bytes: Uint8Array, littleEndian: boolean) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#little = littleEndian
  }

  read(type: Type, depth: number): DbusValue {
    if (depth > MAX_DEPTH) throw malformed('values are too deep')
    this.#align(alignmentOf(type))
    switch (type.code) {
      case 's':
      case 'o':
        return this.#text(this.#number('u'))
      case 'g':
        return this.#text(this.#number('y'))
      case 'a':
        return this.#array(type.members[0] ?? { code: 'y', members: [] }, depth)
      case '(':
      case '{':
        return type.members.map((member) => this.read(member, depth + 1))
      case 'v':
        return this.#variant(depth)
      case 'b':
        return this.#boolean()
      case 'x':
        return this.#view.getBigInt64(this.#take(8), this.#little)
      case 't':
        return this.#view.getBigUint64(this.#take(8), this.#little)
      default:
        return this.#number(type.code)
    }
  }

  #number(code: string): number {
    const at = this.#take(FIXED[code] ?? 0)
    switch (code) {
      case 'y':
        return this.#view.getUint8(at)
      case 'n':
        return this.#view.getInt16(at, this.#little)
      case 'q':
        return this.#view.getUint16(at, this.#little)
      case 'i':
        return this.#view.getInt32(at, this.#little)
      case 'u':
        return this.#view.getUint32(at, this.#little)
      default:
        return this.#view.getFloat64(at, this.#little)
    }
  }

  #boolean(): boolean {
    const value = this.#number('u')
    if (value > 1) throw malformed('a boolean is neither 0 nor 1')
    return value === 1
  }

  #text(length: number): string {
    const at = this.#take(length + 1)
    if (this.#bytes[at + length] !== 0) throw malformed('a text does not end with a zero byte')
    const text = this.#bytes.toString('utf8', at, at + length)
    if (text.includes('\0')) throw malformed('a text has a zero byte')
    return text
  }

  #array(member: Type, depth: number): DbusValue {
    const length = this.#number('u')
    this.#align(alignmentOf(member))
    const start = this.#take(length)
    if (member.code === 'y') return Uint8Array.from(this.#bytes.subarray(start, start + length))
    this.at = start
    const values: DbusValue[] = []
    while (this.at < start + length) values.push(this.read(member, depth + 1))
    if (this.at !== start + length) throw malformed('an array ends within a value')
    return values
  }

  #variant(depth: number): Variant {
    const signature = this.#text(this.#number('y'))
    const [type, ...others] = typesOf(signature)
    if (type === undefined || others.length > 0) throw malformed('a variant holds one value')
    return { signature, value: this.read(type, depth + 1) }
  }

  #align(bytes: number): void {
    const over = this.at % bytes
    if (over > 0) this.#take(bytes - over)
  }

  #take(bytes: number): number {
    const at = this.at
    this.at += bytes
    if (this.at > this.#bytes.length) throw malformed('values end too early')
    return at
  }
}
