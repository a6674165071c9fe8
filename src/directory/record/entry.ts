import { utf8 } from '../../base/bytes.ts'
import { member } from '../../base/json-object.ts'
import { canonicalJson } from '../../base/text/canonical-json.ts'
import { hashOfText } from '../../crypto/hash.ts'
import { RECORD_ENTRY_BYTES, type RecordEntry } from '../../protocol/nouns/directory/record.ts'
import type { Acting } from '../acting/acting.ts'
import { differenceOf } from './difference.ts'
import { isPersonal, type Seal } from './personal.ts'

type Values = Readonly<Record<string, unknown>>

/** Something that was done, or a verdict that changed. Never with a secret. */
export interface Happening {
  readonly at: number
  /** One of `EVENT_KINDS`. */
  readonly act: string
  /** Id of a principal, a person or a device; `directory`, or `local` for a command that opened the database itself. */
  readonly actor: string
  /** Id of what was acted on. */
  readonly subject?: string | undefined
  /** Id or name of the person whom personal texts are about. Absent: the subject. The entry does not say it. */
  readonly about?: string | undefined
  readonly device?: string | undefined
  readonly details?: Values | undefined
  /** What the act changed, as it was stored: the entry has the members that differ. Absent: it was made. */
  readonly before?: object | undefined
  /** As it is stored now. Absent: it was removed, or nothing changed. */
  readonly after?: object | undefined
  /** Absent: when it happened. */
  readonly enteredAt?: number | undefined
  readonly attempt?: string | undefined
  readonly outcome?: string | undefined
}

/** An entry as it is stored: what is searched for is beside its bytes. */
export interface MadeEntry {
  readonly bytes: Uint8Array
  readonly agent?: string | undefined
}

/** @param acting who is asking the directory to do this. It counts only where it is the actor. */
export async function makeEntry(
  id: string,
  happening: Happening,
  acting: Acting | undefined,
  seal: Seal,
): Promise<MadeEntry> {
  const { at: time, act, actor, subject, device, details = {}, enteredAt, attempt, outcome } = happening
  const { before, after } = differenceOf(happening.before, happening.after)
  const principal = acting?.principal
  const isOther = principal !== undefined && principal.id !== actor
  const by = isOther ? undefined : acting
  const personal = (values: Values) => sealed(values, { act, subject, actor, about: happening.about }, seal)
  const agent = typeof details.agent === 'string' ? details.agent : undefined
  const entry: RecordEntry = {
    v: 1,
    id,
    time,
    ...member('entered', enteredAt),
    act,
    actor: {
      id: actor,
      kind: by?.principal?.kind ?? kindOf(actor),
      ...member('name', by?.principal && (await seal(actor, by.principal.name))),
    },
    ...member('from', by && (await fromOf(by, actor, seal))),
    ...member('onBehalfOf', isOther ? principal.id : undefined),
    ...member('subject', subject),
    ...member('device', device),
    ...member('agent', agent),
    ...member('attempt', attempt),
    ...member('outcome', outcome),
    ...member('policy', typeof details.policy === 'number' ? details.policy : undefined),
    ...member('before', before && (await personal(before))),
    ...member('after', after && (await personal(after))),
    details: await personal(details),
  }
  return { bytes: bounded(entry), agent }
}

async function fromOf(
  { principal, address, session }: Acting,
  actor: string,
  seal: Seal,
): Promise<RecordEntry['from']> {
  const credential = session === undefined ? member('token', principal?.id) : { session }
  return { address: await seal(actor, address), ...credential }
}

async function sealed(
  values: Values,
  { act, subject, actor, about }: Pick<Happening, 'act' | 'subject' | 'actor' | 'about'>,
  seal: Seal,
): Promise<Values> {
  const human = typeof values.human === 'string' ? values.human : undefined
  const result: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(values)) {
    const whose = isPersonal(name, { act, subject })
    const text = whose !== undefined && typeof value === 'object' ? canonicalJson(value) : value
    if (whose === undefined || typeof text !== 'string') result[name] = value
    else if (whose === 'named') result[name] = await seal(text, text)
    else if (whose === 'actor') result[name] = await seal(actor, text)
    else result[name] = await seal(human ?? about ?? subject ?? actor, text)
  }
  return result
}

const KINDS: Readonly<Record<string, RecordEntry['actor']['kind']>> = {
  adm: 'administrator',
  svc: 'service',
  hum: 'person',
  dev: 'device',
}

function kindOf(actor: string): RecordEntry['actor']['kind'] {
  return KINDS[/^([a-z]{3})_/.exec(actor)?.[1] ?? ''] ?? 'directory'
}

/** What is too long for an entry is there as its hash. */
function bounded(entry: RecordEntry): Uint8Array {
  const bytes = utf8(canonicalJson(entry))
  if (bytes.length <= RECORD_ENTRY_BYTES) return bytes
  const short = Object.fromEntries(
    Object.entries(entry).map(([name, value]) => {
      const text = canonicalJson(value)
      return text.length < RECORD_ENTRY_BYTES / 16 ? [name, value] : [name, { cut: true, sha256: hashOfText(text) }]
    }),
  )
  return utf8(canonicalJson(short))
}
