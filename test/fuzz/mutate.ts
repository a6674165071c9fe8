import { mutateJson } from './mutate-json.ts'
import type { Random } from './random.ts'
import { bytesOf, type Target, textOf } from './target.ts'

/** Changes inputs, a little at a time or a lot. */

export interface MutateInit {
  readonly kind: Target['kind']
  /** Words of the target's grammar. */
  readonly words: readonly Uint8Array[]
  /** Another input of the corpus, to take parts from. */
  other(): Uint8Array
}

/** Larger inputs only burn time; now and then one is blown up all the same, to find what is not linear. */
const MAX_BYTES = 16 * 1024
/** Below and above the limits of most decoders. */
const INFLATED_BYTES = [4_000, 16_000, 60_000, 192_000]

export function mutate(random: Random, input: Uint8Array, init: MutateInit): Uint8Array {
  let changed = input
  for (let times = 1 + random.below(4); times > 0; times--) changed = changeOnce(random, changed, init)
  return random.oneIn(1_000) ? inflate(random, changed) : changed.subarray(0, MAX_BYTES)
}

function changeOnce(random: Random, input: Uint8Array, init: MutateInit): Uint8Array {
  if (init.kind === 'json' && !random.oneIn(5))
    return bytesOf(mutateJson(random, textOf(input), textOf(init.other()), init.words.map(textOf)))
  if (init.kind === 'segments' && !random.oneIn(5)) return mutateSegment(random, input, init)
  return random.pick(CHANGES)(random, input, init)
}

/** Changes what stands between two dots, before its encoding. */
function mutateSegment(random: Random, input: Uint8Array, init: MutateInit): Uint8Array {
  const segments = textOf(input).split('.')
  const at = random.below(segments.length)
  const inside = new Uint8Array(Buffer.from(segments[at] ?? '', 'base64url'))
  const isJson = inside[0] === 0x7b || inside[0] === 0x5b
  const changed = changeOnce(random, inside, { ...init, kind: isJson ? 'json' : 'bytes', other: () => inside })
  segments[at] = Buffer.from(changed).toString('base64url')
  return bytesOf(segments.join('.'))
}

type Change = (random: Random, input: Uint8Array, init: MutateInit) => Uint8Array

const NUMBERS = [0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff]

const CHANGES: readonly Change[] = [
  function flipBit(random, input) {
    return editing(input, (copy) => {
      const at = random.below(copy.length)
      copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8))
    })
  },
  function setByte(random, input) {
    return editing(input, (copy) => {
      copy[random.below(copy.length)] = random.below(256)
    })
  },
  /** A length field, perhaps: a whole number of one, two or four bytes in either order. */
  function setNumber(random, input) {
    const size = random.pick([1, 2, 4])
    if (input.length < size) return input
    return editing(input, (copy) => {
      const view = new DataView(copy.buffer)
      const at = random.below(copy.length - size + 1)
      const littleEndian = random.oneIn(2)
      const small = random.oneIn(2)
      if (size === 1) view.setUint8(at, small ? view.getUint8(at) + random.below(9) - 4 : random.pick(NUMBERS))
      else if (size === 2)
        view.setUint16(at, small ? view.getUint16(at) + random.below(9) - 4 : random.pick(NUMBERS), littleEndian)
      else view.setUint32(at, small ? random.below(input.length + 8) : random.pick(NUMBERS), littleEndian)
    })
  },
  function remove(random, input) {
    const [start, end] = stretch(random, input)
    return splice(input, start, end, new Uint8Array())
  },
  function repeat(random, input) {
    const [start, end] = stretch(random, input)
    const times = 1 + random.below(4)
    return splice(input, end, end, repeated(input.subarray(start, end), times))
  },
  function insertRandom(random, input) {
    const at = random.below(input.length + 1)
    return splice(
      input,
      at,
      at,
      Uint8Array.from({ length: 1 + random.below(8) }, () => random.below(256)),
    )
  },
  insertWord,
  insertWord,
  function replaceByWord(random, input, { words }) {
    if (words.length === 0) return input
    const [start, end] = stretch(random, input)
    return splice(input, start, end, random.pick(words))
  },
  function crossOver(random, input, { other }) {
    const second = other()
    return splice(input, random.below(input.length + 1), input.length, second.subarray(random.below(second.length + 1)))
  },
  function insertPart(random, input, { other }) {
    const second = other()
    const [start, end] = stretch(random, second)
    const at = random.below(input.length + 1)
    return splice(input, at, at, second.subarray(start, end))
  },
  function insertDigits(random, input) {
    const at = random.below(input.length + 1)
    return splice(input, at, at, bytesOf(String(random.pick([...NUMBERS, -1, 1e21, 2 ** 53]))))
  },
]

function insertWord(random: Random, input: Uint8Array, { words }: MutateInit): Uint8Array {
  if (words.length === 0) return input
  const at = random.below(input.length + 1)
  return splice(input, at, at, random.pick(words))
}

/** One short stretch repeated until the input is large, with or without what followed it. */
export function inflate(random: Random, input: Uint8Array): Uint8Array {
  if (input.length === 0) return input
  const start = random.below(input.length)
  const end = Math.min(input.length, start + 1 + random.below(random.oneIn(2) ? 4 : 256))
  const times = Math.ceil(random.pick(INFLATED_BYTES) / (end - start))
  return splice(input, end, random.oneIn(2) ? input.length : end, repeated(input.subarray(start, end), times))
}

function editing(input: Uint8Array, edit: (copy: Uint8Array<ArrayBuffer>) => void): Uint8Array {
  if (input.length === 0) return input
  const copy = new Uint8Array(input)
  edit(copy)
  return copy
}

function stretch(random: Random, input: Uint8Array): readonly [start: number, end: number] {
  const start = random.below(input.length + 1)
  return [start, Math.min(input.length, start + 1 + random.below(random.oneIn(4) ? 512 : 16))]
}

function repeated(part: Uint8Array, times: number): Uint8Array {
  const all = new Uint8Array(part.length * times)
  for (let index = 0; index < times; index++) all.set(part, index * part.length)
  return all
}

function splice(input: Uint8Array, start: number, end: number, inserted: Uint8Array): Uint8Array {
  const all = new Uint8Array(start + inserted.length + input.length - end)
  all.set(input.subarray(0, start))
  all.set(inserted, start)
  all.set(input.subarray(end), start + inserted.length)
  return all
}
