import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromBase64Url, toBase64Url } from '../../../src/base/bytes.ts'
import { sha256 } from '../../../src/crypto/hash.ts'
import {
  type AttestationAppraisal,
  appraiseAttestation,
  type EnrolledKeys,
} from '../../../src/directory/appraisal/attestation.ts'
import { openKeys } from '../../../src/keys/open-keys.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import * as sample from '../../support/protocol/frame-samples.ts'
import { startSwtpm, swtpmMissing } from '../../support/tpm/swtpm.ts'

const PCRS = [0, 7]
const missing = swtpmMissing()
const title = 'a TPM goes on after power losses, and is refused when an old state of it was restored'

;(missing === undefined ? test : test.skip)(missing === undefined ? title : `${title}: ${missing}`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'power-'))
  try {
    const state = join(folder, 'state')
    const first = await attest(folder, { tier: 'simulated' })
    await cp(state, join(folder, 'backup'), { recursive: true })
    const second = await attest(folder, first)
    expect(second.counters?.resetCount).toBeGreaterThan(first.counters?.resetCount ?? Number.NaN)
    const third = await attest(folder, second)

    await rm(state, { recursive: true })
    await cp(join(folder, 'backup'), state, { recursive: true })
    await expect(attest(folder, third)).rejects.toMatchObject({ code: 'ATTESTATION_COUNTER_REGRESSED' })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

/** Powers the TPM on, attests once, and cuts the power. */
async function attest(folder: string, last: EnrolledKeys): Promise<EnrolledKeys> {
  await using swtpm = await startSwtpm({ folder })
  const init = { stateFolder: join(folder, 'keys'), want: 'tpm', tpm: { simulator: swtpm.simulator } } as const
  const { provider } = await openKeys({ clock: new FakeClock() }, init)
  await using keys = provider
  await keys.getOrCreateKey('device')
  const binding = sha256('binding')
  const claim = await keys.attestor?.enrolmentClaim(binding)
  const quote = await keys.attestor?.quote(binding, PCRS)
  if (quote === undefined || claim?.keyKind !== 'tpm') throw new TypeError('a TPM that does not attest')
  const enrolled = { ...last, attestationPublic: last.attestationPublic ?? fromBase64Url(claim.attestationPublic) }
  const attestation = { ...sample.attestation, binding: toBase64Url(binding), quote }
  const appraisal: AttestationAppraisal = appraiseAttestation({ attestation, binding, pcrs: PCRS, enrolled })
  return { ...enrolled, counters: appraisal.counters, pcrs: appraisal.pcrs }
}
