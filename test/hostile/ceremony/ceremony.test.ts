import { X509Certificate } from 'node:crypto'
import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toBase64Url } from '../../../src/base/bytes.ts'
import { sha256 } from '../../../src/crypto/hash.ts'
import { openKeys } from '../../../src/keys/open-keys.ts'
import type { Attestor, DeviceKey } from '../../../src/keys/provider/key-provider.ts'
import {
  type Attestation,
  activationSchema,
  attestationSchema,
  enrolmentClaimSchema,
  helloSchema,
  quoteSchema,
} from '../../../src/protocol/messages/frames.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { nextAck, type ScriptedDevice, type Wire, ZEROS } from '../../support/directory/scripted-device.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { type EkKind, startSwtpm, swtpmMissing } from '../../support/tpm/swtpm.ts'
import { TpmDevice } from '../../support/tpm/tpm-device.ts'
import { type FieldMutation, fieldMutations } from './field-mutations.ts'
import { nonceDice } from './nonce-dice.ts'

/**
 * The enrolment of a real TPM, with every field of every message changed, one at a time, over the wire: nothing goes
 * through. A nonce is for one socket, so the directory's dice are loaded: what the TPM said once answers every challenge.
 */

const missing = swtpmMissing()
if (missing !== undefined) process.stderr.write(`the ceremony with a TPM is not attacked: ${missing}\n`)

const NONCE = sha256('the nonce of every challenge')
const dice = nonceDice(NONCE)

/** What a device may say otherwise, and be none the worse or better for it: see `mutation.test.ts`. */
const WITHOUT_EFFECT = {
  hello: /^(epoch|sequence|head|order|clock|receipt)\b/,
  attestation: /^label\.(hostname|platform|arch|machineId|serial)$/,
  activation: /^$/,
} as const
type Message = keyof typeof WITHOUT_EFFECT

function isHarmless(message: Message, { path, how }: FieldMutation): boolean {
  // More intermediates than are needed: a TPM tells all that it has.
  const more = path === 'enrolment.endorsementChain' && ['doubled', 'one more'].includes(how)
  return WITHOUT_EFFECT[message].test(path) || more
}

/** What follows each message. */
const NEXT = { hello: 'challenge', attestation: 'credential', activation: 'welcome' } as const

interface Tpm extends AsyncDisposable {
  readonly attestor: Attestor
  readonly key: DeviceKey
  readonly caCertificates: readonly [root: string, issuer: string]
}

async function openTpm(folder: string, ek: EkKind): Promise<Tpm> {
  await mkdir(folder)
  const tpm = await startSwtpm({ folder, ek })
  const init = { stateFolder: join(folder, 'keys'), want: 'tpm', tpm: { simulator: tpm.simulator } } as const
  const { provider } = await openKeys({ clock: new FakeClock() }, init)
  if (provider.attestor === undefined) throw new TypeError('a TPM without an attestor')
  return {
    attestor: provider.attestor,
    key: await provider.getOrCreateKey('device'),
    caCertificates: tpm.caCertificates,
    async [Symbol.asyncDispose]() {
      await provider[Symbol.asyncDispose]()
      await tpm[Symbol.asyncDispose]()
    },
  }
}

const suite = missing === undefined ? describe : describe.skip
suite('the ceremony of a TPM', () => {
  const folder = temporaryFolder()
  let running: RunningDirectory
  let tpm: Tpm
  let theirs: Tpm
  let enrolment: string
  let honest: { readonly [M in Message]: object }
  let strangers: { readonly [M in Message]: readonly unknown[] }
  let bystander: { readonly device: ScriptedDevice; readonly wire: Wire }

  const device = (of: Tpm = tpm) => new TpmDevice(running.directory, of.attestor, of.key)

  beforeAll(async () => {
    tpm = await openTpm(join(folder.path, 'a'), 'p256')
    theirs = await openTpm(join(folder.path, 'b'), 'rsa2048')
    const anchors = join(folder.path, 'anchors')
    await mkdir(anchors)
    // The maker's root alone: the intermediate is the device's to tell.
    await copyFile(tpm.caCertificates[0], join(anchors, 'ours.pem'))
    await copyFile(theirs.caCertificates[0], join(anchors, 'theirs.pem'))
    const devices = { host: '127.0.0.1', port: 0, channelBinding: 'off' } as const
    running = await runningDirectory({ devices, trustAnchorsFolder: anchors }, { random: dice.random })
    bystander = await bystanderOf(running)
    enrolment = await running.token({ minimumTier: 'tpm-attested' })
    honest = await messagesOf(tpm, enrolment)
    strangers = await strangersOf()
  })
  afterAll(async () => {
    await running?.[Symbol.asyncDispose]()
    await theirs?.[Symbol.asyncDispose]()
    await tpm?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  async function bystanderOf(own: RunningDirectory) {
    const one = own.device()
    return { device: one, wire: (await one.enrol(await own.token())).wire }
  }

  async function challenged(one: TpmDevice, hello: string): Promise<Wire> {
    const wire = await one.dial()
    dice.load()
    wire.send(hello)
    return wire
  }

  async function messagesOf(of: Tpm, token: string): Promise<typeof honest> {
    const one = device(of)
    const hello = one.helloToken(token)
    const wire = await challenged(one, hello)
    const attestation = await one.tpmAttestation(await one.challenge(wire), wire, true)
    wire.close()
    await wire.closed
    const issuer = new X509Certificate(await readFile(of.caCertificates[1])).raw
    const label = { ...attestation.label, machineId: 'm-1', serial: 'S-1' }
    const claim = { ...attestation.enrolment, endorsementChain: [toBase64Url(issuer)] }
    const activation = { type: 'activation', nonce: toBase64Url(NONCE), secret: ZEROS }
    return { hello: JSON.parse(hello), attestation: { ...attestation, enrolment: claim, label }, activation }
  }

  /** What others would say at the same place: another TPM, a device that attests, one with a software key. */
  async function strangersOf(): Promise<typeof strangers> {
    const token = await running.tokenWithId()
    const other = await messagesOf(theirs, token.enrolment)
    await running.directory.services.tokens.revoke(token.id, 'test')
    const software = running.device()
    const wire = { exporter: () => new Uint8Array(32) }
    const challenge = { nonce: toBase64Url(NONCE), channelBinding: 'off' } as Parameters<typeof software.attestation>[0]
    const enrolling = software.attestation(challenge, wire, 'enrol')
    const attesting = bystander.device.attestation(challenge, wire)
    return {
      hello: [other.hello, JSON.parse(bystander.device.hello())],
      attestation: [other.attestation, enrolling, attesting],
      activation: [{ ...attesting, secret: toBase64Url(sha256('another secret')) }],
    }
  }

  /** All that is kept. Of events and entries of the record, those that should not be there. */
  function kept(): string {
    const tables = running.rows(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('activity', 'audit', 'watermark')
       AND name NOT GLOB 'record_*'`,
    )
    const rows = tables.map(({ name }) => [name, running.rows(`SELECT * FROM ${name}`)])
    const allowed = "'enrolled', 'enrolment-refused', 'verdict-changed'"
    const activity = running.rows(`SELECT * FROM activity WHERE kind NOT IN (${allowed})`)
    const audit = running.rows("SELECT * FROM audit WHERE act NOT IN ('token-created', 'token-revoked')")
    const entries = running.rows(
      "SELECT id FROM record_entries WHERE act NOT IN ('enrolled', 'verdict-changed', 'token-created', 'token-revoked')",
    )
    return JSON.stringify([rows, activity, audit, entries])
  }

  /** The frame that says `document` in the place of that message, correctly signed, on a connection that is so far. */
  async function staged(message: Message, document: unknown): Promise<{ one: TpmDevice; wire: Wire; frame: string }> {
    const one = device()
    const text = JSON.stringify(document) ?? ''
    if (message === 'hello') return { one, wire: await one.dial(), frame: text }
    const wire = await challenged(one, JSON.stringify(honest.hello))
    await one.challenge(wire)
    if (message === 'activation') {
      wire.send(await one.sign('attestation', honest.attestation))
      await one.credential(wire)
    }
    return { one, wire, frame: await one.sign(message, document as object) } // JSON of any kind
  }

  /** @returns how far it came: the next message of the ceremony, or why not. */
  async function outcomeOf(message: Message, mutation: FieldMutation): Promise<string> {
    const { one, wire, frame } = await staged(message, mutation.document)
    if (message === 'hello') dice.load()
    wire.send(frame)
    const answer = await answerOf(wire, NEXT[message])
    const goesOn = answer === 'credential' && !isHarmless(message, mutation)
    const outcome = goesOn ? await activated(one, wire) : answer
    dice.unload()
    wire.close()
    await wire.closed
    return outcome
  }

  /** The attestation was taken: what the TPM itself makes of the credential decides. */
  async function activated(one: TpmDevice, wire: Wire): Promise<string> {
    const credential = JSON.parse(Buffer.from(lastFrame.text.split('.')[1] ?? '', 'base64url').toString())
    const activation = await one.activationOf(credential).catch(() => honest.activation)
    wire.send(await one.sign('activation', activation))
    return answerOf(wire, 'welcome')
  }

  let lastFrame: Awaited<ReturnType<Wire['next']>>
  async function answerOf(wire: Wire, wanted: string): Promise<string> {
    for (;;) {
      lastFrame = await wire.next()
      const { kind, payload, text } = lastFrame
      if (kind === wanted) return kind
      if (kind === 'refusal') return String(payload.code)
      if (kind === 'other') return text
    }
  }

  /** The whole of it with the token, up to what follows the activation. */
  async function ceremonyOf(of: Tpm, attestation: object): Promise<Wire> {
    const one = device(of)
    const wire = await challenged(one, JSON.stringify(honest.hello))
    wire.send(await one.sign('attestation', attestation))
    wire.send(await one.sign('activation', await one.activationOf(await one.credential(wire))))
    return wire
  }

  const fieldsOf = (schema: { readonly properties: object }) => Object.keys(schema.properties)
  const [tpmClaim] = enrolmentClaimSchema.anyOf

  test('the honest messages have every field of the schemas, so that each is changed', () => {
    const attestation = honest.attestation as Attestation // as it was made
    const known = { ...attestation, device: 'absent at enrolment' }
    expect(Object.keys(known).sort()).toEqual(fieldsOf(attestationSchema).sort())
    expect(Object.keys(attestation.enrolment ?? {}).sort()).toEqual(fieldsOf(tpmClaim).sort())
    expect(Object.keys(attestation.quote ?? {}).sort()).toEqual(fieldsOf(quoteSchema).sort())
    expect(Object.keys(honest.activation).sort()).toEqual(fieldsOf(activationSchema).sort())
    const optional = ['device', 'receipt']
    expect(
      fieldsOf(helloSchema).filter((name) => !Object.hasOwn(honest.hello, name) && !optional.includes(name)),
    ).toEqual([])
  })

  test('as it should be continues to its next message', async () => {
    const none = (document: object): FieldMutation => ({ path: 'label.hostname', how: 'as it is', document })
    expect(await outcomeOf('hello', none(honest.hello))).toBe('challenge')
    expect(await outcomeOf('attestation', none(honest.attestation))).toBe('credential')
  })

  const messages = [
    ...fieldsOf(helloSchema).map((field) => ['hello', field] as const),
    ...fieldsOf(attestationSchema)
      .filter((field) => field !== 'enrolment')
      .map((field) => ['attestation', field] as const),
    ...fieldsOf(tpmClaim).map((field) => ['attestation', `enrolment.${field}`] as const),
    ...fieldsOf(activationSchema).map((field) => ['activation', field] as const),
    ...(['hello', 'attestation', 'activation'] as const).map((message) => [message, 'anything else'] as const),
  ]
  const isOf = (field: string) => (path: string) => path === field || path.startsWith(`${field}.`)

  let tried = 0
  test.each(messages)('with another %s %s no device enrols, and nothing is left', async (message, field) => {
    const before = kept()
    const all = fieldMutations(honest[message], strangers[message])
    const named = messages.filter(([other, one]) => other === message && one !== field)
    const mine = all.filter(({ path }) =>
      field === 'anything else' ? !named.some(([, one]) => isOf(one)(path)) : isOf(field)(path),
    )
    const absent = [null, '', 'x', bystander.device.id, {}, []].map((value) => ({
      path: field,
      how: `now ${JSON.stringify(value)}`,
      document: { ...honest[message], [field]: value },
    }))
    const wrong: object[] = []
    for (const mutation of mine.length > 0 ? mine : absent) {
      tried++
      const outcome = await outcomeOf(message, mutation)
      const harmless = outcome === NEXT[message] && isHarmless(message, mutation)
      if (!harmless && !/^[A-Z]+(_[A-Z]+)+$/.test(outcome))
        wrong.push({ path: mutation.path, how: mutation.how, outcome })
    }
    expect(wrong).toEqual([])
    expect(kept()).toBe(before)
  })

  test('after all of it, serves its devices, and the token enrols its TPM once', async () => {
    process.stderr.write(`${tried} changed messages of the ceremony\n`)
    expect(tried).toBeGreaterThan(500)
    bystander.wire.send(await bystander.device.batch())
    expect((await nextAck(bystander.wire)).sequence).toBe(1)
    const wire = await ceremonyOf(tpm, honest.attestation)
    expect((await wire.nextOf('welcome')).payload).toMatchObject({ status: 'accepted', tier: 'tpm-attested' })
    wire.send(await device(theirs).sign('activation', honest.activation))
    expect(await wire.refusal()).toBe('FRAME_UNEXPECTED')
    const late = await ceremonyOf(theirs, strangers.attestation[0] as object) // as it was made
    expect(await late.refusal()).toBe('TOKEN_USED')
  })
})
