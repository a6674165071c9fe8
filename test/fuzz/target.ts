import { type ErrorCode, SuretyError } from '../../src/base/errors.ts'

/** One decoder of foreign bytes, as the fuzzer sees it. */
export interface Target {
  readonly name: string
  /** What inputs are made of, which decides how they are changed: `segments` are base64url between dots. */
  readonly kind: 'bytes' | 'text' | 'json' | 'segments'
  /** Good inputs to begin with. */
  readonly seeds: () => readonly (string | Uint8Array)[]
  /** Words of its grammar that the seeds do not have. */
  readonly words?: readonly string[]
  /** Throws, or rejects, only when the decoder did something that is not documented. */
  readonly run: (input: Uint8Array) => void | Promise<void>
}

/** What a check of ours found wrong, as opposed to what the decoder threw. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise'
}

export function promise(holds: boolean, what: string): asserts holds {
  if (!holds) throw new BrokenPromise(what)
}

/** `decode()`, or undefined when it refused with one of the codes that it documents. */
export async function refusing<T>(codes: readonly ErrorCode[], decode: () => Promise<T>): Promise<T | undefined> {
  try {
    return await decode()
  } catch (error) {
    if (error instanceof SuretyError && codes.includes(error.code)) return undefined
    throw error
  }
}

/** As `refusing`, for what is decoded while it is read. */
export async function refusingLater<T>(codes: readonly ErrorCode[], decode: () => Promise<T>): Promise<T | undefined> {
  try {
    return await decode()
  } catch (error) {
    if (error instanceof SuretyError && codes.includes(error.code)) return undefined
    throw error
  }
}

export function textOf(input: Uint8Array): string {
  return new TextDecoder().decode(input)
}

export function bytesOf(input: string | Uint8Array): Uint8Array {
  return typeof input === 'string' ? new TextEncoder().encode(input) : input
}

/** Several byte strings in one input, each behind two bytes of length; what is cut off is empty. */
export function joinParts(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(
    Buffer.concat(parts.flatMap((part) => [Uint8Array.of(part.length >> 8, part.length & 0xff), part])),
  )
}

export function splitParts(input: Uint8Array, most: number): readonly Uint8Array[] {
  const parts: Uint8Array[] = []
  for (let at = 0; parts.length < most && at + 2 <= input.length; ) {
    const length = ((input[at] ?? 0) << 8) | (input[at + 1] ?? 0)
    parts.push(input.subarray(at + 2, at + 2 + length))
    at += 2 + length
  }
  return parts
}
