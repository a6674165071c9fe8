import type { KeyObject } from 'node:crypto'
import { fromBase64Url } from '../base/bytes.ts'
import { SuretyError } from '../base/errors.ts'
import { type Delegation, type DelegationPurpose, delegationReader } from '../protocol/messages/delegation.ts'
import { importP256, splitJws, verifyJws } from './jws.ts'

/**
 * Reads delegations that the root key signed. Returns those for `purpose` that are valid at `now`, highest serial first.
 *
 * @throws `DELEGATION_REFUSED` when one is malformed, `SIGNATURE_INVALID` when the root did not sign one. One forged
 * delegation refuses all, because the directory cannot be trusted.
 */
export function readDelegations(
  compacts: readonly string[],
  init: { rootKey: KeyObject; purpose: DelegationPurpose; now: number },
): readonly { delegation: Delegation; key: KeyObject }[] {
  return compacts
    .map((compact) => delegationReader.readCanonicalJson(verifyJws(splitJws('delegation', compact), init.rootKey)))
    .filter(
      ({ purpose, notBefore, notAfter }) => purpose === init.purpose && notBefore <= init.now && init.now < notAfter,
    )
    .sort((a, b) => b.serial - a.serial)
    .map((delegation) => ({ delegation, key: importDelegated(delegation) }))
}

function importDelegated(delegation: Delegation): KeyObject {
  const spki = fromBase64Url(delegation.key)
  if (spki === undefined) throw new SuretyError('DELEGATION_REFUSED', 'the delegated key is not base64url')
  return importP256(spki)
}
