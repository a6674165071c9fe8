import { fromUtf8 } from '../../../base/bytes.ts'
import { describeError, SuretyError } from '../../../base/errors.ts'
import { parseDecimal } from '../../../tlog/lines.ts'
import type { NoteKey } from '../../../tlog/note-keys.ts'
import { parseNoteKey } from '../../../tlog/note-keys.ts'
import { type AddCheckpoint, formatAddCheckpoint } from '../../../tlog/witness-request.ts'

/** A witness of the record that is not a device: C2SP tlog-witness. */
export interface Witness {
  /** Of type `cosignature`. */
  readonly key: NoteKey
  /** `add-checkpoint` is below it. */
  readonly url: string
}

/** What a witness made of a checkpoint. `behind`: it knows the log of this size, and needs the proof from there. */
export type WitnessAnswer =
  | { readonly kind: 'cosigned'; readonly lines: string }
  | { readonly kind: 'behind'; readonly size: number }
  | { readonly kind: 'refused'; readonly problem: string }

const WITHIN_MS = 10_000
const MOST_BYTES = 16 * 1024

/** @param text a public key and an address with a blank between them. @throws `CONFIG_INVALID`. */
export function readWitness(text: string): Witness {
  const [key = '', url = '', ...rest] = text.split(' ')
  const invalid = (why: string, cause?: unknown) =>
    new SuretyError('CONFIG_INVALID', `record.witnesses: ${why} in ${JSON.stringify(text)}`, { cause })
  if (rest.length > 0 || !/^https?:\/\/[^\s?#]+$/.test(url)) throw invalid('expected "KEY https://ADDRESS"')
  let parsed: NoteKey
  try {
    parsed = parseNoteKey(key)
  } catch (cause) {
    throw invalid(describeError(cause), cause)
  }
  if (parsed.type !== 'cosignature') throw invalid('the key is not that of a witness (cosignature/v1)')
  return { key: parsed, url: url.replace(/\/+$/, '') }
}

/** Never throws: what goes wrong is the answer. */
export async function askWitness({ url }: Witness, asked: AddCheckpoint, signal: AbortSignal): Promise<WitnessAnswer> {
  try {
    const response = await fetch(`${url}/add-checkpoint`, {
      method: 'POST',
      body: formatAddCheckpoint(asked),
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)]),
    })
    const text = await bounded(response)
    if (response.status === 200) return { kind: 'cosigned', lines: text }
    const size = response.status === 409 ? parseDecimal(text.trim()) : undefined
    if (size !== undefined && size !== asked.oldSize) return { kind: 'behind', size }
    return { kind: 'refused', problem: `status ${response.status}${STATUS_WORDS[response.status] ?? ''}` }
  } catch (error) {
    return { kind: 'refused', problem: describeError(error).slice(0, 500) }
  }
}

const STATUS_WORDS: Readonly<Record<number, string>> = {
  403: ': it does not know the key of this record',
  404: ': it does not know the origin of this record',
  409: ': it has seen another checkpoint of this size',
  422: ': it has seen a record that this one does not continue',
}

async function bounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > MOST_BYTES) throw new SuretyError('INPUT_TOO_LARGE', `the answer has more than ${MOST_BYTES} bytes`)
    chunks.push(chunk)
  }
  return fromUtf8(Buffer.concat(chunks))
}
