import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromBase64Url, toBase64Url } from '../../src/base/bytes.ts'
import { bindingOf } from '../../src/crypto/binding.ts'
import { sha256, ZERO_HASH } from '../../src/crypto/hash.ts'
import { signJws } from '../../src/crypto/jws.ts'
import type { Attestor, DeviceKey } from '../../src/keys/key-provider.ts'
import { openKeys } from '../../src/keys/open-keys.ts'
import type { Attestation, Challenge, Credential } from '../../src/protocol/frames.ts'
import type { JwsKind } from '../../src/protocol/jws-types.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { type RunningDirectory, runningDirectory } from '../support/running-directory.ts'
import { nextAck, ScriptedDevice, type Wire, ZEROS } from '../support/scripted-device.ts'
import { startSwtpm, swtpmMissing } from '../support/swtpm.ts'

const missing = swtpmMissing()
if (missing !== undefined) process.stderr.write(`the ceremony with a TPM is not tested: ${missing}\n`)

/** A device whose keys are in a simulated TPM. */
class TpmDevice extends ScriptedDevice {
  readonly attestor: Attestor
  readonly key: DeviceKey

  constructor(directory: RunningDirectory['directory'], attestor: Attestor, key: DeviceKey) {
    super({ url: directory.devicesUrl, ca: directory.caCertificate, pins: directory.pins })
    this.attestor = attestor
    this.key = key
  }

  override sign(kind: JwsKind, payload: object): Promise<string> {
    return signJws(kind, payload, (message) => this.key.sign(message))
  }

  async tpmAttestation(challenge: Challenge, wire: Wire, enrol: boolean): Promise<Attestation> {
    const bytes = (text: string) => fromBase64Url(text) ?? new Uint8Array()
    const { epoch, sequence, head } = enrol ? { epoch: 0, sequence: 0, head: ZEROS } : this
    const purpose = enrol ? 'enrol' : 'attest'
    const binding = bindingOf({
      ...{ purpose, nonce: bytes(challenge.nonce), exporter: wire.exporter(), epoch, sequence, posture: ZERO_HASH },
      directoryCa: bytes(this.init.pins.ca),
      subject: sha256(enrol ? this.attestor.endorsementPublic : (this.id ?? '')),
      head: bytes(head),
    })
    const label = { hostname: 'laptop', platform: 'linux' as const, arch: 'x64' }
    return {
      ...{ type: 'attestation', purpose, nonce: challenge.nonce, binding: toBase64Url(binding) },
      ...{ epoch, sequence, head, posture: ZEROS },
      quote: await this.attestor.quote(binding, challenge.pcrs),
      ...(enrol ? { enrolment: await this.attestor.enrolmentClaim(binding), label } : { device: this.id ?? '' }),
    }
  }

  /** Up to what follows the activation. */
  async enrolTpm(enrolment: string, spoil: (secret: Uint8Array) => Uint8Array = (secret) => secret): Promise<Wire> {
    const wire = await this.dial()
    wire.send(this.helloToken(enrolment))
    const challenge = await this.challenge(wire)
    wire.send(await this.sign('attestation', await this.tpmAttestation(challenge, wire, true)))
    const credential = (await wire.nextOf('credential')).payload as unknown as Credential // its kind was read
    const secret = await this.attestor.activateCredential({
      credentialBlob: fromBase64Url(credential.credentialBlob) ?? new Uint8Array(),
      encryptedSecret: fromBase64Url(credential.encryptedSecret) ?? new Uint8Array(),
    })
    const activation = { type: 'activation', nonce: challenge.nonce, secret: toBase64Url(spoil(secret)) }
    wire.send(await this.sign('activation', activation))
    return wire
  }

  async connectTpm(): Promise<Wire> {
    const wire = await this.dial()
    wire.send(this.hello())
    wire.send(await this.sign('attestation', await this.tpmAttestation(await this.challenge(wire), wire, false)))
    return wire
  }
}

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

  test('the whole ceremony: simulated tier, activation, welcome, evidence, re-attestation, and never a second device', async () => {
    const one = device()
    const wrong = await one.enrolTpm(await running.token(), (secret) => secret.map((byte) => byte ^ 1))
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
    await running.directory.actions.decide(pending.decision ?? '', 'approve', 'test')
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
