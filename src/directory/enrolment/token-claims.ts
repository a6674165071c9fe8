import { SuretyError } from '../../base/errors.ts'
import type { DeviceKeys } from '../devices/device.ts'
import type { Token, TokenClaim, TokenStore } from './token-store.ts'

/** A token of many uses has one use for each device. A device that comes again has no second one. */

/** How often one device may ask with one token: each time, a human has to decide. */
const MAX_TIMES = 5

/** Whether a token of many uses tells devices without a TPM apart, by their serial numbers. */
export function tellsApart({ uses, unbound = false, preregistered = false }: Token): boolean {
  return uses > 1 && !unbound && !preregistered
}

type Claimant = Pick<DeviceKeys, 'endorsement' | 'label'>

/** What the TPM proves comes before what the device says. */
export function claimOf(token: Token, keys: Claimant): TokenClaim | undefined {
  if (token.uses === 1) return undefined
  const { endorsement } = keys
  return endorsement === undefined ? serialOf(token, keys) : { kind: 'endorsement-key', key: endorsement.publicHash }
}

function serialOf(token: Token, { label }: Claimant): TokenClaim | undefined {
  const serial = label.serial?.trim().toLowerCase() ?? ''
  return serial === '' || !tellsApart(token) ? undefined : { kind: 'serial', key: serial }
}

/**
 * Records what a device used the token with. The serial number of a device with a TPM is recorded as well: no device without one
 * may come after it with the same.
 */
export async function recordClaims(
  store: Pick<TokenStore, 'claim' | 'claimed'>,
  token: Token,
  keys: Claimant,
  device: string,
): Promise<void> {
  const claim = claimOf(token, keys)
  if (claim !== undefined) await store.claim(token.id, claim, device)
  const serial = serialOf(token, keys)
  if (claim?.kind === 'serial' || serial === undefined) return
  if ((await store.claimed(token.id, serial)) === undefined) await store.claim(token.id, serial, device)
}

/**
 * Counts a use for a new claim, and the times for an earlier one.
 *
 * @returns the first device with this claim.
 * @throws `TOKEN_USED` if no use is left, or the same device came too often.
 */
export async function spend(
  store: Pick<TokenStore, 'use' | 'claimed'>,
  token: Token,
  claim: TokenClaim | undefined,
): Promise<{ readonly device: string } | undefined> {
  const earlier = claim === undefined ? undefined : await store.claimed(token.id, claim)
  if (earlier === undefined) {
    if (await store.use(token.id)) return undefined
    throw usedUp(token)
  }
  if (earlier.times < MAX_TIMES) return earlier
  throw new SuretyError('TOKEN_USED', `the token was used ${MAX_TIMES} times by this device: it needs another token`)
}

export function usedUp({ uses }: Pick<Token, 'uses'>): SuretyError {
  const words = uses === 1 ? 'the token was used' : `the token was used by ${uses} devices, as many as it may`
  return new SuretyError('TOKEN_USED', `${words}: a device that enrols again needs a new one`)
}
