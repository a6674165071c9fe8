import { fromUtf8 } from '../../base/bytes.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { type GatePolicyDocument, gatePolicyReader } from '../../protocol/messages/gate-policy.ts'
import { OfferKeeper, type OfferKeeperComponents } from './offer-keeper.ts'

/** The gate ships with a default. Every version of a directory replaces it. */
const BUILT_IN = { version: 0, hash: '', json: undefined }

/** Holds the policy of the gate in use, and takes a newer one from the directory. It does not read the text: the gate does. */
export class GatePolicyKeeper extends OfferKeeper {
  constructor(components: OfferKeeperComponents) {
    super(components, {
      kind: 'gate-policy',
      called: 'policy of the gate',
      warning: 'GATE_POLICY_REFUSED',
      maxBytes: LIMITS.gatePolicyBytes,
      file: { name: 'gate-policy.json', schema: 'surety/stored-gate-policy@1' },
      versionOf: (json) => gatePolicyReader.readCanonicalJson(json).version,
      shipped: BUILT_IN,
    })
  }

  /** Undefined: the default that the gate has built in. */
  current(): { readonly version: number; readonly text: string } | undefined {
    if (this.json === undefined) return undefined
    // The cast holds: it was read before it was stored.
    const { version, text } = JSON.parse(fromUtf8(this.json)) as GatePolicyDocument
    return { version, text }
  }
}
