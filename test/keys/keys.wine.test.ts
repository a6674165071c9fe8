import { execFile } from 'node:child_process'
import { copyFileSync, cpSync, existsSync } from 'node:fs'
import { mkdtempDisposable, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { toHex } from '../../src/base/bytes.ts'
import { importP256, verifyEs256 } from '../../src/crypto/jws.ts'
import { parseTrustAnchors } from '../../src/crypto/x509/trust-anchors.ts'
import { appraiseEnrolment } from '../../src/directory/appraisal/enrolment.ts'
import { KEY_PROVIDER_CHECKS } from '../contracts/key-provider.checks.ts'
import { bootLogOf, EV_EFI_VARIABLE_DRIVER_CONFIG, sha256, variableData } from '../support/tpm/boot-log.ts'
import { sharedTpm } from '../support/tpm/shared-tpm.ts'
import { startSwtpm, swtpmMissing } from '../support/tpm/swtpm.ts'
import { giveTpm, keepPasswords } from '../support/windows/tbs.ts'
import { onWindows, type Windows } from '../support/windows/windows.ts'
import { BINDING, bytesOf } from './tpm/keys-on-swtpm.ts'
import type { ProbeInit } from './windows-keys-probe.ts'

/**
 * The real addon and the real sources on Node for Windows, with a test tbs.dll before swtpm. Wine stands in for Windows. It proves
 * neither that the TBS of Windows answers as ours does, nor which commands Windows blocks, nor that its hierarchies have no password.
 * Wine has no Platform Crypto Provider: only its absence is seen. There is no PKCS#11 token for Windows here: only refusals are.
 */

const ROOT = join(import.meta.dirname, '../..')
const PROBE = join(import.meta.dirname, 'windows-keys-probe.ts')

async function probe(windows: Windows, init: ProbeInit) {
  const { status, stdout, stderr } = await windows.run(PROBE, [Buffer.from(JSON.stringify(init)).toString('base64url')])
  if (status !== 0 || stdout === '') throw new Error(`${init.what}: status ${status}: ${stderr}`)
  const seen = JSON.parse(stdout)
  for (const part of init.what) if (seen[part].failed !== undefined) throw new Error(`${part}: ${seen[part].failed}`)
  return seen
}

/** Puts pkcs11js as it was compiled for Windows onto its drive. Undefined where it was not. */
function givePkcs11js(windows: Windows): string | undefined {
  const built = join(ROOT, 'native/build/pkcs11-win32-x64.node')
  if (!existsSync(built)) return undefined
  const folder = join(windows.driveC, 'program/node_modules/pkcs11js')
  cpSync(join(ROOT, 'node_modules/pkcs11js'), folder, { recursive: true })
  copyFileSync(built, join(folder, 'build/Release/pkcs11.node'))
  return 'C:\\program\\suretyd.mjs'
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
  onWindows('Windows has software keys without a TPM, and with one keys that Linux verifies', async (windows) => {
    const from = givePkcs11js(windows)
    const without = await probe(
      windows,
      from === undefined ? { what: ['choose'] } : { what: ['choose', 'pkcs11'], from },
    )
    expect(without.choose).toEqual({
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

    if (from !== undefined) {
      const refused = Object.values(without.pkcs11)
      expect(refused).toEqual(Array(3).fill(expect.stringMatching(/^KEY_PROVIDER_UNAVAILABLE: /)))
    }

    await using folder = await mkdtempDisposable('/tmp/surety-tbs-')
    await using swtpm = await startSwtpm({ folder: join(folder.path, 'tpm') })
    // The firmware's part: it measures, and keeps a log of it.
    const secureBoot = variableData('SecureBoot', 1)
    await promisify(execFile)('tpm2_pcrextend', [`7:sha256=${toHex(sha256(secureBoot))}`], {
      env: { ...process.env, TPM2TOOLS_TCTI: swtpm.tcti },
    })
    const eventLog = bootLogOf([{ pcr: 7, type: EV_EFI_VARIABLE_DRIVER_CONFIG, data: secureBoot }])
    await using shared = await sharedTpm({ folder: folder.path, simulator: swtpm.simulator, eventLog })
    await giveTpm(windows, shared.port)

    const pcrs = [0, 1, 2, 3, 4, 5, 6, 7]
    const binding = Buffer.from(BINDING).toString('base64url')
    const seen = await probe(windows, { what: ['choose', 'contract', 'ceremony'], binding, pcrs })
    expect([seen.choose.name, seen.choose.signature, seen.choose.wanted.tpm]).toEqual(['tpm', 64, 'opened'])
    expect(seen.contract).toEqual(Object.fromEntries(KEY_PROVIDER_CHECKS.map((check) => [check.name, 'kept'])))

    const { claim, quote, signature, activated, refused, boot } = seen.ceremony
    const anchors = await Promise.all(
      swtpm.caCertificates.map(async (path) => ({
        name: basename(path),
        bytes: await readFile(path),
        set: 'makers' as const,
      })),
    )
    const appraisal = appraiseEnrolment({
      claim,
      quote,
      binding: BINDING,
      pcrs,
      anchors: parseTrustAnchors(anchors),
      minimumTier: 'tpm-attested',
      now: Date.now(),
    })
    expect(appraisal).toMatchObject({ tier: 'tpm-attested', counters: { safe: true } })
    expect(verifyEs256(BINDING, bytesOf(signature), importP256(appraisal.applicationKey))).toBe(true)
    expect([activated, refused]).toEqual([true, 'TPM_IDENTITY_LOST'])
    expect(boot).toEqual({ unexplained: [], secureBoot: true })

    // Both hierarchies get a password, which this Windows keeps or not.
    for (const hierarchy of ['owner', 'endorsement']) {
      const env = { ...process.env, TPM2TOOLS_TCTI: shared.tcti }
      await promisify(execFile)('tpm2_changeauth', ['-c', hierarchy, 'secret'], { env })
    }
    expect((await probe(windows, { what: ['sign'] })).sign).toBe('KEY_AUTHORISATION_FAILED')
    await keepPasswords(windows, Buffer.from('secret'))
    expect((await probe(windows, { what: ['sign'] })).sign).toBe(64)

    shared.plan(REFUSALS.map(([answer]) => answer))
    const outcomes = await probe(windows, { what: ['commands'], count: REFUSALS.length })
    expect(outcomes.commands).toEqual([...REFUSALS.map(([, outcome]) => outcome), '80010000001400000000'])
  })
}
