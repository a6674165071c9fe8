import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { type EntryView, entries } from '../../protocol/nouns/directory/record.ts'
import { formatNoteKey } from '../../tlog/note-keys.ts'
import { formatProof } from '../../tlog/proof-files.ts'
import { inclusionProof } from '../../tlog/proofs.ts'
import { nounRoutes } from '../http/noun-routes.ts'
import type { Route } from '../http/route.ts'
import type { NameStore } from '../sql/name-store.ts'
import type { StoredEntry } from './entry-queries.ts'
import type { LogKey } from './log-key.ts'
import type { RecordStore } from './record-store.ts'
import type { Holds, RetentionStore } from './retention.ts'
import { subtreesOf } from './sequencer.ts'

interface EntryRoutesComponents {
  readonly store: {
    readonly record: RecordStore
    readonly retention: RetentionStore
    readonly names: NameStore
    readonly witnesses: { cosigned(): Promise<{ readonly note: string } | undefined> }
  }
  readonly holds: Holds
  readonly logKey: LogKey
}

export function entryRoutes({
  store: { record, retention, names, witnesses },
  holds,
  logKey,
}: EntryRoutesComponents): readonly Route[] {
  return nounRoutes(
    entries,
    {
      async list(query) {
        const { items, ...rest } = await record.list(query)
        const known = await names.namesOf(items.flatMap(idsIn))
        return { ...rest, items: items.map((view) => named(view, known)) }
      },
      async show(id) {
        const found = await record.get(id)
        if (found === undefined) throw new SuretyError('NOT_FOUND', `the record has no entry ${id}`)
        const known = await names.namesOf(idsIn(found.view))
        return { ...named(found.view, known), ...member('proof', await proofOf(record, found)) }
      },
    },
    {
      async log() {
        const checkpoint = await record.checkpoint()
        const { key } = logKey
        return {
          origin: key.name,
          key: formatNoteKey(key),
          size: checkpoint?.size ?? 0,
          ...member('checkpoint', checkpoint?.note),
          ...member('cosigned', (await witnesses.cosigned())?.note),
        }
      },
      holds: async () => ({ holds: [...(await retention.holds())] }),
      hold: ({ body, principal }) => holds.hold(body, principal),
      async release({ body, principal }) {
        await holds.release(body, principal)
        return { holds: [...(await retention.holds())] }
      },
    },
  )
}

/** An entry has the name that its actor had then, or null once that was destroyed. */
function idsIn({ actor, actorName, onBehalfOf, subject, device, agent }: EntryView): readonly string[] {
  return [actorName === undefined ? actor : undefined, onBehalfOf, subject, device, agent].filter(
    (id) => id !== undefined,
  )
}

function named(view: EntryView, known: Readonly<Record<string, string>>): EntryView {
  const names = idsIn(view).flatMap((id) => (known[id] === undefined ? [] : [[id, known[id]] as const]))
  return names.length === 0 ? view : { ...view, names: Object.fromEntries(names) }
}

/** Undefined until a checkpoint covers the entry. */
async function proofOf(record: RecordStore, { view: { index }, bytes }: StoredEntry): Promise<string | undefined> {
  const checkpoint = await record.checkpoint()
  if (index === undefined || checkpoint === undefined || index >= checkpoint.size) return undefined
  const proof = await inclusionProof(index, checkpoint.size, subtreesOf(record, checkpoint.size))
  return formatProof({ index, proof, checkpoint: checkpoint.note, extra: bytes })
}
