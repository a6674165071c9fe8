import { toBase64Url } from '../../base/bytes.ts'
import { sha256 } from '../../crypto/hash.ts'
import type { KeyProvider } from '../../keys/provider/key-provider.ts'
import type { Enrolment } from '../../protocol/enrolment-string.ts'
import type { Welcome } from '../../protocol/frames.ts'
import type { Identity } from '../state/identity.ts'
import type { DeviceProof } from './handshake.ts'

/** A device proof that says which provider keeps the key. */
export interface Proof extends DeviceProof {
  readonly provider: Pick<KeyProvider, 'attestor' | 'name'>
}

/** Hash of the device key, base64url: tells whether it is still the enrolled one. */
export function keyHashOf(proof: DeviceProof): string {
  return toBase64Url(sha256(proof.key.publicKey))
}

/** What is kept of an enrolment: everything but the secret. */
export function enrolledIdentity(init: {
  readonly enrolment: Enrolment
  readonly caCertificate: string
  readonly proof: Proof
  readonly welcome: Welcome
  readonly now: number
}): Identity {
  const { enrolment, caCertificate, proof, welcome } = init
  return {
    schema: 'surety/identity@1',
    status: welcome.status === 'pending' ? 'pending' : 'enrolled',
    device: welcome.device,
    epoch: welcome.epoch,
    tier: welcome.tier,
    ...(welcome.decision === undefined ? {} : { decision: welcome.decision }),
    token: enrolment.token,
    pins: { url: enrolment.url, ca: enrolment.ca, root: enrolment.root },
    caCertificate,
    keyKind: proof.provider.name,
    key: keyHashOf(proof),
    enrolledAt: Math.max(0, Math.trunc(init.now)),
  }
}
