import { verify } from 'node:crypto'
import { mkdtempDisposable } from 'node:fs/promises'
import { join } from 'node:path'
import { verifyCertify } from '../../src/crypto/tpm/certify.ts'
import {
  requireApplicationKey,
  requireAttestationKey,
  requireEndorsementKey,
} from '../../src/crypto/tpm/key-attributes.ts'
import { parsePublic } from '../../src/crypto/tpm/public-area.ts'
import { verifyQuote } from '../../src/crypto/tpm/quote.ts'
import { KEY_PROVIDER_CHECKS } from '../contracts/key-provider.checks.ts'
import { sharedTpm } from '../support/tpm/shared-tpm.ts'
import { startSwtpm, swtpmMissing } from '../support/tpm/swtpm.ts'
import { giveTpm } from '../support/windows/tbs.ts'
import { onWindows, type Windows } from '../support/windows/windows.ts'
import { BINDING, bytesOf } from './tpm/keys-on-swtpm.ts'
import type { ProbeInit } from './windows-keys-probe.ts'

/**
 * The real addon and the real sources on Node for Windows, with a test tbs.dll before swtpm. Wine stands in for Windows. It proves
 * neither that the TBS of Windows answers as ours does, nor which commands Windows blocks, nor that its hierarchies have no password.
 * Wine has no Platform Crypto Provider: only its absence is seen.
 */

const PROBE = join(import.meta.dirname, 'windows-keys-probe.ts')

async function probe(windows: Windows, init: ProbeInit) {
  const { status, stdout, stderr } = await windows.run(PROBE, [Buffer.from(JSON.stringify(init)).toString('base64url')])
  if (status !== 0 || stdout === '') throw new Error(`${init.what}: status ${status}: ${stderr}`)
  const seen = JSON.parse(stdout)
  if (seen.failed !== undefined) throw new Error(`${init.what}: ${seen.failed}`)
  return seen
}

/** What one command comes to, as planned for the TPM. */
const REFUSALS = [
  [{ tbs: 0x8028400b }, 'TPM_BUSY'],
  [{ tbs: 0x80284004 }, 'TPM_BUSY'],
  [{ tbs: 0x8028400d }, 'TPM_BUSY'],
  [{ tbs: 0x80284012 }, 'TPM_UNAVAILABLE'],
  [{ tbs: 0x80280400 }, 'KEY_UNSUPPORTED'],
  [{ tbs: 0x80280921 }, '80010000000a00000921'],
  [0x922, '80010000000a00000922'],
  ['silence', 'TPM_UNAVAILABLE'],
] as const

const missing = swtpmMissing()
if (missing !== undefined) test.skip(`keys on Windows: ${missing}`, () => undefined)
else {
  onWindows('without a TPM Windows has software keys, with one it has keys that Linux can verify', async (windows) => {
    const without = await probe(windows, { what: 'choose' })
    expect(without).toEqual({
      name: 'software',
      choices: [
        { name: 'tpm', chosen: false, reason: expect.stringContaining('TBS_E_TPM_NOT_FOUND: no TPM 2.0 (0x8028400f)') },
        { name: 'pkcs11', chosen: false, reason: 'no PKCS#11 library is configured' },
        { name: 'cng', chosen: false, reason: expect.stringMatching(/^Platform Crypto Provider: /) },
        { name: 'software', chosen: true, reason: 'the best that this machine has' },
      ],
      signature: 64,
      wanted: { tpm: 'TPM_UNAVAILABLE', cng: 'KEY_PROVIDER_UNAVAILABLE' },
    })

    await using folder = await mkdtempDisposable('/tmp/surety-tbs-')
    await using swtpm = await startSwtpm({ folder: join(folder.path, 'tpm') })
    await using shared = await sharedTpm({ folder: folder.path, simulator: swtpm.simulator })
    await giveTpm(windows, shared.port)

    const { name, signature, wanted } = await probe(windows, { what: 'choose' })
    expect([name, signature, wanted.tpm]).toEqual(['tpm', 64, 'opened'])

    expect(await probe(windows, { what: 'contract' })).toEqual(
      Object.fromEntries(KEY_PROVIDER_CHECKS.map((check) => [check.name, 'kept'])),
    )

    const pcrs = [0, 1, 2, 3, 4, 5, 6, 7]
    const seen = await probe(windows, { what: 'ceremony', binding: Buffer.from(BINDING).toString('base64url'), pcrs })
    const { claim, quote } = seen
    requireEndorsementKey(parsePublic(bytesOf(claim.endorsementPublic)))
    requireAttestationKey(parsePublic(bytesOf(claim.attestationPublic)))
    requireApplicationKey(parsePublic(bytesOf(claim.applicationPublic)))
    const certified = verifyCertify({
      attested: bytesOf(claim.certify.attested),
      signature: bytesOf(claim.certify.signature),
      attestationPublic: bytesOf(claim.attestationPublic),
      subjectPublic: bytesOf(claim.applicationPublic),
      binding: BINDING,
    })
    const quoted = verifyQuote({
      attested: bytesOf(quote.attested),
      signature: bytesOf(quote.signature),
      pcrs: quote.pcrs,
      attestationPublic: bytesOf(claim.attestationPublic),
      binding: BINDING,
      requested: pcrs,
    })
    const key = { key: Buffer.from(claim.applicationKey, 'base64url'), format: 'der', type: 'spki' } as const
    const isSigned = verify('sha256', BINDING, { ...key, dsaEncoding: 'ieee-p1363' }, bytesOf(seen.signature))
    expect([certified.safe, quoted.safe, isSigned, seen.activated, seen.refused]).toEqual([
      ...[true, true, true, true],
      'TPM_IDENTITY_LOST',
    ])

    shared.plan(REFUSALS.map(([answer]) => answer))
    const outcomes = await probe(windows, { what: 'commands', count: REFUSALS.length })
    expect(outcomes).toEqual([...REFUSALS.map(([, outcome]) => outcome), '80010000001400000000'])
  })
}
