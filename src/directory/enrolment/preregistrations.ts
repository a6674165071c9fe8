import { fromBase64Url, fromHex, toBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import type { DeviceLabel } from '../../protocol/messages/frames.ts'
import type {
  Preregistration,
  PreregistrationInit,
  PreregistrationKind,
} from '../../protocol/nouns/enrolment/preregistrations.ts'
import type { ActComponents } from '../audit/act-components.ts'
import type { PreregistrationStore, StoredPreregistration } from './preregistration-store.ts'

export interface PreregistrationsComponents
  extends ActComponents<{
    readonly preregistrations: PreregistrationStore
  }> {
  readonly random: Random
}

export interface Preregistrations {
  /**
   * Adds all or none. One that is there and unused gets the new owner.
   *
   * @throws `INPUT_MALFORMED` for a name twice, or a hash that is none; `CONFLICT` for one that a device used under another owner.
   */
  add(
    items: readonly PreregistrationInit[],
    actor: string,
  ): Promise<{ readonly added: number; readonly changed: number; readonly unchanged: number }>
  /** @returns what it was. @throws `NOT_FOUND`. */
  remove(id: string, actor: string): Promise<Preregistration>
}

export function preregistrations({ store, clock, random }: PreregistrationsComponents): Preregistrations {
  const addOne = async (
    item: PreregistrationInit,
    at: number,
    actor: string,
  ): Promise<'added' | 'changed' | 'unchanged'> => {
    const { kind, name, owner } = item
    const key = keyOf(kind, name)
    const found = await store.preregistrations.find(kind, key)
    if (found === undefined) {
      const id = newId('pre', random)
      await store.preregistrations.put({ id, kind, key, name, owner, addedAt: at, addedBy: actor })
      return 'added'
    }
    if (found.owner === owner) return 'unchanged'
    if (found.device !== undefined) {
      const advice = 'change the owner of the device, or remove the preregistration first'
      throw new SuretyError('CONFLICT', `${found.device} enrolled as ${kind} ${JSON.stringify(name)}: ${advice}`)
    }
    await store.preregistrations.setOwner(found.id, owner)
    return 'changed'
  }
  return {
    async add(items, actor) {
      requireDifferent(items)
      return store.transaction(async () => {
        const at = clock.now()
        const counts = { added: 0, changed: 0, unchanged: 0 }
        for (const item of items) counts[await addOne(item, at, actor)]++
        await store.audit.add({ at, actor, act: 'devices-preregistered', subject: actor, details: counts })
        return counts
      })
    },
    remove: (id, actor) =>
      store.transaction(async () => {
        const found = await store.preregistrations.view(id)
        if (found === undefined) throw new SuretyError('NOT_FOUND', `there is no preregistration ${id}`)
        await store.preregistrations.remove(id)
        const { kind, name, owner, device } = found
        const details = { kind, name, owner, ...(device === undefined ? {} : { device }) }
        await store.audit.add({
          at: clock.now(),
          actor,
          act: 'preregistration-removed',
          subject: id,
          details,
          before: found,
        })
        return found
      }),
  }
}

function requireDifferent(items: readonly PreregistrationInit[]): void {
  const seen = new Set<string>()
  for (const { kind, name } of items) {
    const key = `${kind} ${keyOf(kind, name)}`
    if (seen.has(key)) throw new SuretyError('INPUT_MALFORMED', `${kind} ${JSON.stringify(name)} is there twice`)
    seen.add(key)
  }
}

/** What devices are compared with. @throws `INPUT_MALFORMED`. */
export function keyOf(kind: PreregistrationKind, name: string): string {
  if (kind !== 'endorsement-key') return name.trim().toLowerCase()
  const bytes = /^[0-9a-fA-F]{64}$/.test(name) ? fromHex(name) : fromBase64Url(name)
  if (bytes?.length === 32) return toBase64Url(bytes)
  throw new SuretyError('INPUT_MALFORMED', `${JSON.stringify(name)} is no SHA-256 in hexadecimal or base64url`)
}

/** A device that wants to enrol, as far as it can be preregistered. */
interface Candidate {
  readonly label: DeviceLabel
  readonly endorsement?: { readonly publicHash: string } | undefined
}

/**
 * Finds the preregistration of a device; what the TPM proves comes first. Inside the caller's transaction.
 *
 * @param known the id of a device that has the key or TPM already: it may come again.
 * @returns the device that used it, if there is none for this one.
 */
export async function preregistrationOf(
  store: Pick<PreregistrationStore, 'find'>,
  { label, endorsement }: Candidate,
  known: string | undefined,
): Promise<{ readonly found: StoredPreregistration } | { readonly usedBy: string | undefined }> {
  const host = label.hostname.toLowerCase()
  const serial = label.serial?.trim().toLowerCase()
  const keys: readonly (readonly [PreregistrationKind, string | undefined])[] = [
    ['endorsement-key', endorsement?.publicHash],
    ['serial', serial],
    ['host', host],
    ['serial-or-host', serial],
    ['serial-or-host', host],
  ]
  let usedBy: string | undefined
  for (const [kind, key] of keys) {
    const found = key === undefined ? undefined : await store.find(kind, key)
    if (found === undefined) continue
    if (found.device === undefined || found.device === known) return { found }
    usedBy ??= found.device
  }
  return { usedBy }
}
