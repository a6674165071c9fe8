import { type Bytes, concatBytes } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'

/** Reading and writing of TPM 2.0 structures (TPM 2.0 part 2), big-endian. The log of measured boot is little-endian. */

/** Reads fields in order. Every short read, oversized field and trailing byte is `TPM_STRUCTURE_MALFORMED`. */
export class TpmReader {
  readonly #name: string
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #littleEndian: boolean
  #offset = 0

  /** @param name the name of the structure in messages. */
  constructor(name: string, bytes: Uint8Array, { littleEndian = false } = {}) {
    this.#name = name
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#littleEndian = littleEndian
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), this.#littleEndian)
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), this.#littleEndian)
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), this.#littleEndian)
  }

  bytes(length: number): Bytes {
    const start = this.#take(length)
    return this.#bytes.slice(start, start + length) as Bytes // a slice of a Uint8Array has a buffer of its own
  }

  /** A TPM2B: a two-byte size, then at most `maxBytes`. */
  sized(maxBytes: number): Bytes {
    const length = this.u16()
    if (length > maxBytes) this.refuse(`a field of ${length} bytes, at most ${maxBytes} allowed`)
    return this.bytes(length)
  }

  /** The remaining bytes. */
  rest(): Bytes {
    return this.bytes(this.remaining)
  }

  end(): void {
    if (this.remaining !== 0) this.refuse(`${this.remaining} trailing bytes`)
  }

  refuse(reason: string): never {
    throw new SuretyError('TPM_STRUCTURE_MALFORMED', `${this.#name}: ${reason}`)
  }

  #take(length: number): number {
    if (length > this.remaining) this.refuse(`ends after ${this.#bytes.length} bytes`)
    const start = this.#offset
    this.#offset += length
    return start
  }
}

export function u8(value: number): Bytes {
  return Uint8Array.of(value)
}

export function u16(value: number): Bytes {
  const bytes = new Uint8Array(2)
  new DataView(bytes.buffer).setUint16(0, value)
  return bytes
}

export function u32(value: number): Bytes {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

/** A TPM2B with these bytes. @throws TypeError when they do not fit. */
export function sized(...parts: readonly Uint8Array[]): Bytes {
  const bytes = concatBytes(...parts)
  if (bytes.length > 0xffff) throw new TypeError(`${bytes.length} bytes do not fit a TPM2B`)
  return concatBytes(u16(bytes.length), bytes)
}
