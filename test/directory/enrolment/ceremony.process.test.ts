import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ZERO_HASH } from '../../../src/crypto/hash.ts'
import { openKeys } from '../../../src/keys/open-keys.ts'
import type { Attestor, DeviceKey } from '../../../src/keys/provider/key-provider.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { nextAck, ZEROS } from '../../support/directory/scripted-device.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { startSwtpm, swtpmMissing } from '../../support/tpm/swtpm.ts'
import { TpmDevice } from '../../support/tpm/tpm-device.ts'

const missing = swtpmMissing()
if (missing !== undefined) process.stderr.write(`the ceremony with a TPM is not tested: ${missing}\n`)

const suite = missing === undefined ? describe : describe.skip
suite('with a TPM', () => {
  let folder: string
  let running: RunningDirectory
  let tpm: Awaited<ReturnType<typeof startSwtpm>>
  let attestor: Attestor
  let close: () => PromiseLike<void>
  let key: DeviceKey

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dir-tpm-'))
    tpm = await startSwtpm({ folder, ek: 'rsa2048' })
    const anchors = join(folder, 'anchors', 'simulated')
    await mkdir(anchors, { recursive: true })
    for (const [index, path] of tpm.caCertificates.entries()) await copyFile(path, join(anchors, `${index}.pem`))
    const init = { stateFolder: join(folder, 'keys'), want: 'tpm', tpm: { simulator: tpm.simulator } } as const
    const { provider } = await openKeys({ clock: new FakeClock() }, init)
    close = () => provider[Symbol.asyncDispose]()
    if (provider.attestor === undefined) throw new Error('a TPM without an attestor')
    attestor = provider.attestor
    key = await provider.getOrCreateKey('device')
    running = await runningDirectory({ trustAnchorsFolder: join(folder, 'anchors') })
  })
  afterAll(async () => {
    await running[Symbol.asyncDispose]()
    await close()
    await tpm[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })
  const device = () => new TpmDevice(running.directory, attestor, key)

  test('the ceremony: simulated tier, activation, evidence, re-attestation, one device', async () => {
    const one = device()
    const wrong = await one.enrolTpm(await running.token(), (honest) => ({ ...honest, secret: ZEROS }))
    expect(await wrong.refusal()).toBe('ATTESTATION_CREDENTIAL_WRONG')
    expect(running.rows('SELECT id FROM devices')).toEqual([])

    const wire = await one.enrolTpm(await running.token())
    const welcome = one.adopt((await wire.nextOf('welcome')).payload)
    expect(welcome).toMatchObject({ status: 'accepted', tier: 'simulated', epoch: 1 })
    wire.send(await one.batch())
    expect((await nextAck(wire)).sequence).toBe(1)
    wire.close()

    const again = await one.connectTpm()
    expect((await again.nextOf('welcome')).payload).toMatchObject({ status: 'accepted', sequence: 1 })
    again.close()

    const second = device()
    const waiting = await second.enrolTpm(await running.token())
    const pending = second.adopt((await waiting.nextOf('welcome')).payload)
    expect(pending).toMatchObject({ status: 'pending', device: one.id, epoch: 2 })
    await running.directory.services.reEnrolments.settle(pending.reEnrolment ?? '', 'approve', 'test')
    const back = await second.connectTpm()
    expect((await back.nextOf('welcome')).payload).toMatchObject({ status: 'accepted', device: one.id, epoch: 2 })
    expect(running.rows('SELECT id FROM devices')).toEqual([{ id: one.id }])
    back.close()
  })

  test('a quote over another binding is refused', async () => {
    const one = device()
    const [{ id, epoch, sequence, head } = {}] = running.rows('SELECT id, epoch, sequence, head FROM devices')
    Object.assign(one, { id, epoch, sequence, head })
    const wire = await one.dial()
    wire.send(one.hello())
    const honest = await one.tpmAttestation(await one.challenge(wire), wire, false)
    const quote = await attestor.quote(ZERO_HASH, [0, 1, 2, 3, 4, 5, 6, 7, 11, 14])
    wire.send(await one.sign('attestation', { ...honest, quote }))
    expect(await wire.refusal()).toBe('ATTESTATION_BINDING_MISMATCH')
  })

  test('an activation where none was asked for is refused', async () => {
    const one = device()
    const wire = await one.dial()
    wire.send(one.helloToken(await running.token()))
    const challenge = await one.challenge(wire)
    wire.send(await one.sign('activation', { type: 'activation', nonce: challenge.nonce, secret: ZEROS }))
    expect(await wire.refusal()).toBe('SIGNATURE_HEADER_REFUSED')
  })
})
