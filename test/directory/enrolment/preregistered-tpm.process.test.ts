import { createHash, X509Certificate } from 'node:crypto'
import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fromBase64Url } from '../../../src/base/bytes.ts'
import { openKeys } from '../../../src/keys/open-keys.ts'
import { runningDirectory } from '../../support/directory/running-directory.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { startSwtpm, swtpmMissing } from '../../support/tpm/swtpm.ts'
import { TpmDevice } from '../../support/tpm/tpm-device.ts'

const missing = swtpmMissing()
if (missing !== undefined) process.stderr.write(`a preregistered TPM is not tested: ${missing}\n`)
const withTpm = missing === undefined ? test : test.skip

withTpm('a TPM enrols by the hash of the key in its certificate, and by no other one', async () => {
  using folder = temporaryFolder()
  await using tpm = await startSwtpm({ folder: folder.path, ek: 'p256' })
  const anchors = join(folder.path, 'anchors', 'simulated')
  await mkdir(anchors, { recursive: true })
  for (const [index, path] of tpm.caCertificates.entries()) await copyFile(path, join(anchors, `${index}.pem`))
  const init = { stateFolder: join(folder.path, 'keys'), want: 'tpm', tpm: { simulator: tpm.simulator } } as const
  const { provider } = await openKeys({ clock: new FakeClock() }, init)
  await using _ = provider
  const { attestor } = provider
  const key = await provider.getOrCreateKey('device')
  const claim = await attestor?.enrolmentClaim(new Uint8Array(32))
  if (attestor === undefined || claim?.keyKind !== 'tpm') throw new Error('a TPM without an attestor')
  const certificate = fromBase64Url(claim.endorsementCertificate ?? '') ?? new Uint8Array()
  await using running = await runningDirectory({ trustAnchorsFolder: join(folder.path, 'anchors') })
  const { preregistrations, tokens } = running.directory.services
  const tokenFor = async () =>
    (await tokens.create({ preregistered: true, ttlMs: 60_000, minimumTier: 'simulated', uses: 9 }, 'adm')).enrolment
  const device = new TpmDevice(running.directory, attestor, key)

  await preregistrations.add([{ kind: 'endorsement-key', name: 'ab'.repeat(32), owner: 'eve' }], 'adm')
  expect(await (await device.enrolTpm(await tokenFor())).refusal()).toBe('TOKEN_SERIAL_MISMATCH')

  // As `openssl x509 -pubkey | openssl pkey -pubin -outform DER | sha256sum` does.
  const spki = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' })
  const name = createHash('sha256').update(spki).digest('hex')
  await preregistrations.add([{ kind: 'endorsement-key', name, owner: 'ada@example.org' }], 'adm')
  const wire = await device.enrolTpm(await tokenFor())
  const welcome = device.adopt((await wire.nextOf('welcome')).payload)
  expect(welcome).toMatchObject({ status: 'accepted', tier: 'simulated' })
  expect((await running.directory.store.devices.get(welcome.device))?.owner).toBe('ada@example.org')
  wire.close()
})
