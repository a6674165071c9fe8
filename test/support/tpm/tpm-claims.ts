import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseTrustAnchors, type TrustAnchorFile, type TrustAnchors } from '../../../src/crypto/x509/trust-anchors.ts'
import { openKeys } from '../../../src/keys/open-keys.ts'
import type { Attestor } from '../../../src/keys/provider/key-provider.ts'
import type { EnrolmentClaim, QuoteClaim } from '../../../src/protocol/messages/frames.ts'
import { FakeClock } from '../fake-clock.ts'
import { type EkKind, startSwtpm } from './swtpm.ts'

type TpmEnrolmentClaim = Extract<EnrolmentClaim, { keyKind: 'tpm' }>

/** A software TPM with keys in it, and what it claims for one binding. */
export interface ClaimingTpm extends AsyncDisposable {
  readonly attestor: Attestor
  readonly claim: TpmEnrolmentClaim
  readonly quote: QuoteClaim
  /** Its maker's CA, in the set that is asked for. */
  anchors(set: TrustAnchorFile['set']): TrustAnchors
}

export async function claimingTpm(
  ek: EkKind | 'none',
  { binding, pcrs }: { binding: Uint8Array; pcrs: readonly number[] },
): Promise<ClaimingTpm> {
  const folder = await mkdtemp(join(tmpdir(), 'claim-'))
  const swtpm = await startSwtpm({ folder, ek })
  const init = { stateFolder: join(folder, 'keys'), want: 'tpm', tpm: { simulator: swtpm.simulator } } as const
  const { provider } = await openKeys({ clock: new FakeClock() }, init)
  const { attestor } = provider
  if (attestor === undefined) throw new TypeError('a TPM without an attestor')
  await provider.getOrCreateKey('device')
  const claim = await attestor.enrolmentClaim(binding)
  if (claim.keyKind !== 'tpm') throw new TypeError('a TPM that claims software keys')
  const files = await Promise.all(
    swtpm.caCertificates.map(async (path) => ({ name: path.split('/').at(-1) ?? '', bytes: await readFile(path) })),
  )
  return {
    attestor,
    claim,
    quote: await attestor.quote(binding, pcrs),
    anchors: (set) => parseTrustAnchors(files.map((file) => ({ ...file, set }))),
    async [Symbol.asyncDispose]() {
      await provider[Symbol.asyncDispose]()
      await swtpm[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
