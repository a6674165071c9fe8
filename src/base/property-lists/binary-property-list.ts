import { MAX_PROPERTY_LIST_DEPTH, MAX_PROPERTY_LIST_VALUES, type PropertyListValue } from './property-list-value.ts'

/** See CFBinaryPList.c of Apple's CoreFoundation: objects, then a table of their offsets, then a trailer of 32 bytes. */
const TRAILER_BYTES = 32
/** Seconds from 1970 to 2001, where dates begin. */
const EPOCH_SECONDS = 978_307_200
const FIRST_OBJECT = 8

/** @returns undefined for bytes that are no such list, or not a whole one. */
export function parseBinaryPropertyList(bytes: Uint8Array): PropertyListValue | undefined {
  try {
    return new BinaryReader(bytes).top()
  } catch (error) {
    // A DataView throws this for what lies outside of the bytes.
    if (error instanceof RangeError) return undefined
    throw error
  }
}

class BinaryReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #offsetBytes: number
  readonly #referenceBytes: number
  readonly #objects: number
  readonly #top: number
  readonly #table: number
  #left = MAX_PROPERTY_LIST_VALUES

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const trailer = bytes.length - TRAILER_BYTES
    this.#offsetBytes = this.#view.getUint8(trailer + 6)
    this.#referenceBytes = this.#view.getUint8(trailer + 7)
    this.#objects = this.#whole(trailer + 8, 8)
    this.#top = this.#whole(trailer + 16, 8)
    this.#table = this.#whole(trailer + 24, 8)
    if (this.#table + this.#objects * this.#offsetBytes > trailer) throw new RangeError('the table is cut')
  }

  top(): PropertyListValue {
    return this.#object(this.#top, 0)
  }

  #object(reference: number, depth: number): PropertyListValue {
    if (reference >= this.#objects || depth > MAX_PROPERTY_LIST_DEPTH || --this.#left < 0)
      throw new RangeError('bounds')
    const at = this.#whole(this.#table + reference * this.#offsetBytes, this.#offsetBytes)
    if (at < FIRST_OBJECT || at >= this.#table) throw new RangeError('an object outside of the list')
    const marker = this.#view.getUint8(at)
    const low = marker & 0x0f
    switch (marker >> 4) {
      case 0x0:
        if (marker === 0x08 || marker === 0x09) return marker === 0x09
        break
      case 0x1:
        return this.#integer(at + 1, 2 ** low)
      case 0x2:
        if (low === 2) return this.#view.getFloat32(at + 1)
        if (low === 3) return this.#view.getFloat64(at + 1)
        break
      case 0x3:
        if (low === 3) return dateAt(this.#view.getFloat64(at + 1))
        break
      case 0x4:
        return this.#slice(this.#counted(at, low), 1)
      case 0x5:
        return new TextDecoder('latin1').decode(this.#slice(this.#counted(at, low), 1))
      case 0x6:
        return new TextDecoder('utf-16be').decode(this.#slice(this.#counted(at, low), 2))
      case 0xa:
      case 0xc:
        return this.#references(this.#counted(at, low)).map((each) => this.#object(each, depth + 1))
      case 0xd:
        return this.#dictionary(this.#counted(at, low), depth)
    }
    throw new RangeError('an object of a kind not known')
  }

  #dictionary({ start, count }: Counted, depth: number): PropertyListValue {
    const names = this.#references({ start, count })
    const values = this.#references({ start: start + count * this.#referenceBytes, count })
    return Object.fromEntries(
      names.map((name, index) => {
        const text = this.#object(name, depth + 1)
        if (typeof text !== 'string') throw new RangeError('a name that is no text')
        return [text, this.#object(values[index] ?? this.#objects, depth + 1)]
      }),
    )
  }

  /** Fifteen stands for a count of its own behind the marker. */
  #counted(at: number, low: number): Counted {
    if (low !== 0x0f) return { start: at + 1, count: low }
    const marker = this.#view.getUint8(at + 1)
    const bytes = 2 ** (marker & 0x0f)
    if (marker >> 4 !== 0x1 || bytes > 8) throw new RangeError('a count that is no number')
    return { start: at + 2 + bytes, count: this.#whole(at + 2, bytes) }
  }

  #references({ start, count }: Counted): readonly number[] {
    this.#slice({ start, count }, this.#referenceBytes)
    return Array.from({ length: count }, (_, index) =>
      this.#whole(start + index * this.#referenceBytes, this.#referenceBytes),
    )
  }

  #slice({ start, count }: Counted, width: number): Uint8Array {
    if (start + count * width > this.#table) throw new RangeError('an object is cut')
    return this.#bytes.slice(start, start + count * width)
  }

  /** Only those of eight bytes have a sign; of sixteen the lower half counts. */
  #integer(at: number, bytes: number): number {
    if (bytes > 16) throw new RangeError('a number too large')
    if (bytes === 8) return Number(this.#view.getBigInt64(at))
    return bytes === 16 ? Number(this.#view.getBigInt64(at + 8)) : this.#whole(at, bytes)
  }

  #whole(at: number, bytes: number): number {
    if (bytes < 1 || bytes > 8) throw new RangeError('a width not known')
    let value = 0
    for (let index = 0; index < bytes; index++) value = value * 256 + this.#view.getUint8(at + index)
    if (!Number.isSafeInteger(value)) throw new RangeError('a number too large')
    return value
  }
}

interface Counted {
  readonly start: number
  readonly count: number
}

function dateAt(seconds: number): Date {
  const date = new Date((seconds + EPOCH_SECONDS) * 1000)
  if (Number.isNaN(date.getTime())) throw new RangeError('a date that cannot be')
  return date
}
