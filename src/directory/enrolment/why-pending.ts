import type { PendingReason } from '../../protocol/nouns/enrolment/pending-devices.ts'
import { tierAtLeast } from '../../protocol/tier.ts'
import type { DeviceKeys } from '../devices/device.ts'
import type { PendingDeviceStore } from './pending-device-store.ts'
import type { preregistrationOf } from './preregistrations.ts'
import { claimOf, tellsApart } from './token-claims.ts'
import type { Token } from './token-store.ts'

/** `unproven`: those whose key no known maker vouches for. */
export type PendingSetting = 'token' | 'unproven' | 'all'

/** Why a new device waits, and what a human should know. */
export interface Waits {
  readonly why: PendingReason
  readonly notes: readonly string[]
}

export interface Candidate {
  readonly token: Token
  readonly keys: DeviceKeys
  /** The first device that used the token with the same claim. */
  readonly earlier: { readonly device: string } | undefined
  /** Its preregistration. Undefined if the token asks for none. */
  readonly listed: Awaited<ReturnType<typeof preregistrationOf>> | undefined
}

/** @returns undefined if the new device is let in at once. */
export async function whyPending(
  store: { readonly pendingDevices: Pick<PendingDeviceStore, 'wasRefused'> },
  setting: PendingSetting,
  { token, keys, earlier, listed }: Candidate,
): Promise<Waits | undefined> {
  const { applicationKey, endorsement, tier } = keys
  const unlisted = listed !== undefined && 'usedBy' in listed ? listed : undefined
  const notes = [
    ...(earlier !== undefined ? [`${earlier.device} used the token with the same ${wordOf(keys)}`] : []),
    ...(unlisted === undefined
      ? []
      : [unlisted.usedBy === undefined ? 'it is not preregistered' : `${unlisted.usedBy} enrolled as this one`]),
  ]
  const waits = (why: PendingReason): Waits => ({ why, notes })
  if (await store.pendingDevices.wasRefused({ applicationKey, endorsement: endorsement?.publicHash })) {
    return waits('refused-before')
  }
  if (setting === 'all') return waits('setting')
  if (setting === 'unproven' && !tierAtLeast(tier, 'enclave-attested')) return waits('setting')
  if (token.pending === 'all') return waits('token')
  if (token.pending === 'unlisted' && unlisted !== undefined) return waits('unlisted')
  if (earlier !== undefined) return waits('used-before')
  // A preregistration is used once as well.
  if (tellsApart(token) && listed === undefined && claimOf(token, keys) === undefined) return waits('no-serial')
  return undefined
}

function wordOf({ endorsement }: DeviceKeys): string {
  return endorsement === undefined ? 'serial number' : 'TPM'
}
