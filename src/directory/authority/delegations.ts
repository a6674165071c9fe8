import { createPublicKey, type KeyObject } from 'node:crypto'
import { toBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { reader, Type } from '../../base/schema.ts'
import { splitJws, verifyJws } from '../../crypto/jws.ts'
import { type Delegation, type DelegationPurpose, delegationReader } from '../../protocol/messages/delegation.ts'
import { type KeyFiles, spkiOf } from './key-files.ts'
import { signerOf } from './signer.ts'

/** The compact JWS of each purpose. */
export type Delegations = Readonly<Record<DelegationPurpose, string>>

/** One delegation as it is kept: the JWS and what it says. */
interface Kept {
  readonly compact: string
  readonly delegation: Delegation
}

export interface DelegationsInit {
  readonly files: KeyFiles
  /** Absent when the root is kept offline: then what is there must do. */
  readonly rootKey: KeyObject | undefined
  readonly rootPublic: KeyObject
  readonly keys: Readonly<Record<DelegationPurpose, KeyObject>>
  readonly now: number
  /** Called when the file cannot be read: it is out of the way afterwards, and delegations are made again. */
  readonly onDamaged: (error: unknown) => void
  /** Called for each that is in its last third with no root key here to renew it: a human must bring the root key. */
  readonly onRunningOut: (purpose: DelegationPurpose, notAfter: number) => void
}

const FILE = 'delegations.json'
const YEAR_MS = 365 * 86_400_000
/** As certificates: a device whose clock is a day behind, and ours after it was a day ahead, know them still. */
const BACKDATE_MS = 2 * 86_400_000
const LIFETIME_MS: Readonly<Record<DelegationPurpose, number>> = {
  orders: YEAR_MS,
  acknowledgements: YEAR_MS,
  ca: 10 * YEAR_MS,
}
const fileReader = reader(Type.Array(Type.String({ maxLength: 2048 }), { maxItems: 64 }), {
  name: 'delegations file',
  code: 'STORE_CORRUPT',
})

/**
 * One valid delegation for each purpose, newest serial; renewed by the root key when less than a third of its time is
 * left.
 *
 * @throws `DELEGATION_REFUSED` when one has run out and the root key is not here to renew it.
 */
export async function currentDelegations(init: DelegationsInit): Promise<Delegations> {
  const kept = await readKept(init)
  let serial = Math.max(0, ...kept.map(({ delegation }) => delegation.serial))
  let renewed = false
  const currentFor = (purpose: DelegationPurpose): string => {
    const held = newestFor(init, kept, purpose)
    if (held !== undefined && !isOld(held.delegation, init.now)) return held.compact
    if (init.rootKey !== undefined) {
      renewed = true
      return delegate(init, init.rootKey, purpose, ++serial)
    }
    if (held === undefined) {
      throw new SuretyError('DELEGATION_REFUSED', `no valid delegation for ${purpose}, and the root key is not here`)
    }
    init.onRunningOut(purpose, held.delegation.notAfter)
    return held.compact
  }
  const current = {
    orders: currentFor('orders'),
    acknowledgements: currentFor('acknowledgements'),
    ca: currentFor('ca'),
  }
  if (renewed) await init.files.writeText(FILE, JSON.stringify(Object.values(current)))
  return current
}

/** @throws `STORE_CORRUPT` when the file is damaged and the root key is not here to make it again. */
async function readKept(init: DelegationsInit): Promise<readonly Kept[]> {
  const file = await init.files.readText(FILE)
  if (file === undefined) return []
  try {
    return fileReader.readJson(file).map((compact) => ({
      compact,
      delegation: delegationReader.readCanonicalJson(verifyJws(splitJws('delegation', compact), init.rootPublic)),
    }))
  } catch (cause) {
    if (init.rootKey === undefined) {
      throw new SuretyError('STORE_CORRUPT', `${FILE} is damaged: restore it from a backup, or bring the root key`, {
        cause,
      })
    }
    init.onDamaged(cause)
    return []
  }
}

/** A delegation of a key that was since replaced does not count. */
function newestFor(init: DelegationsInit, kept: readonly Kept[], purpose: DelegationPurpose): Kept | undefined {
  const key = toBase64Url(spkiOf(createPublicKey(init.keys[purpose])))
  return kept
    .filter(({ delegation: one }) => one.purpose === purpose && one.key === key)
    .filter(({ delegation: one }) => one.notBefore <= init.now && init.now < one.notAfter)
    .sort((a, b) => b.delegation.serial - a.delegation.serial)[0]
}

function isOld(delegation: Delegation, now: number): boolean {
  return delegation.notAfter - now < (delegation.notAfter - delegation.notBefore) / 3
}

function delegate(init: DelegationsInit, rootKey: KeyObject, purpose: DelegationPurpose, serial: number): string {
  const delegation: Delegation = {
    type: 'delegation',
    purpose,
    key: toBase64Url(spkiOf(init.keys[purpose])),
    notBefore: init.now - BACKDATE_MS,
    notAfter: init.now + LIFETIME_MS[purpose],
    serial,
  }
  return signerOf(rootKey)('delegation', delegation)
}
