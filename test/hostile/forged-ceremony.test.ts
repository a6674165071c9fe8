import { sign } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fromBase64Url, toBase64Url } from '../../src/base/bytes.ts'
import { bindingOf } from '../../src/crypto/binding.ts'
import { sha256, ZERO_HASH } from '../../src/crypto/hash.ts'
import { signJws } from '../../src/crypto/jws.ts'
import { ATTRIBUTE } from '../../src/crypto/tpm/public-area.ts'
import type { Challenge } from '../../src/protocol/frames.ts'
import type { JwsKind } from '../../src/protocol/jws-types.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { KEY_USAGE, makeAuthority, makeEndorsementCertificate, YEAR_MS } from '../support/certificates.ts'
import {
  ATTRIBUTES,
  endorsementPublicOf,
  type ForgedStatement,
  type ForgedTpm,
  forgeCertify,
  forgeClaim,
} from '../support/forged-claim.ts'
import { forgeQuote } from '../support/forged-tpm.ts'
import { type RunningDirectory, runningDirectory } from '../support/running-directory.ts'
import { nextAck, type Wire, ZEROS } from '../support/scripted-device.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { testKey } from '../support/test-keys.ts'
import { nonceDice } from './nonce-dice.ts'

/** Ceremonies in which everything holds, and is signed by whoever should sign it, but for one lie. */

const root = testKey('maker of TPMs')
const sub = testKey('factory of the maker')
const other = testKey('somebody else')
const ROOT = 'CN=Maker Root'
const SUB = 'CN=Maker Factory'
/** The directory's TLS certificates are of today. */
const NOW = Date.now()
const VALID = { notBefore: NOW - YEAR_MS, notAfter: NOW + YEAR_MS }
const NONCE = sha256('the nonce of every challenge')

const endorsementKey = testKey('endorsement key')
const attestationKey = testKey('attestation key')
const applicationKey = testKey('application key')

const rootCertificate = await makeAuthority({ subject: ROOT, issuer: ROOT, signer: root, key: root, ...VALID })
const factory = (init: Partial<Parameters<typeof makeAuthority>[0]> = {}) =>
  makeAuthority({ subject: SUB, issuer: ROOT, signer: root, key: sub, ...VALID, ...init })
const certificate = (init: Partial<Parameters<typeof makeEndorsementCertificate>[0]> = {}) =>
  makeEndorsementCertificate({ issuer: SUB, signer: sub, publicKey: endorsementKey.spki, ...VALID, ...init })

const GOOD: ForgedTpm = {
  ...{ endorsementKey, attestationKey, applicationKey, attributes: ATTRIBUTES },
  ...{ certificate: await certificate(), chain: [await factory()] },
}

const folder = temporaryFolder()
const dice = nonceDice(NONCE)
let running: RunningDirectory
let clock: FakeClock
beforeAll(async () => {
  const anchors = join(folder.path, 'anchors')
  await mkdir(anchors)
  await writeFile(join(anchors, 'maker.der'), rootCertificate)
  clock = new FakeClock(NOW)
  running = await runningDirectory({ trustAnchorsFolder: anchors }, { clock, random: dice.random })
})
afterAll(async () => {
  await running[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const signedBy = (kind: JwsKind, payload: object, key = applicationKey) =>
  signJws(kind, payload, async (message) => sign('sha256', message, { key: key.privateKey, dsaEncoding: 'ieee-p1363' }))

interface Place {
  readonly wire: Wire
  readonly challenge: Challenge
  readonly binding: Uint8Array<ArrayBuffer>
}

/** Challenged, as whoever has `tpm`. */
async function challenged(
  tpm: ForgedTpm = GOOD,
  init: { readonly token?: string; readonly at?: RunningDirectory; readonly loaded?: boolean } = {},
): Promise<Place> {
  const at = init.at ?? running
  const token = init.token ?? (await at.token({ minimumTier: 'tpm-attested' }))
  const device = at.device()
  const wire = await device.dial()
  if (init.loaded === true) dice.load()
  wire.send(device.helloToken(token))
  const challenge = await device.challenge(wire)
  return { wire, challenge, binding: bindingFor(tpm, { challenge, wire, at }) }
}

function bindingFor(
  tpm: ForgedTpm,
  { challenge, wire, at }: { challenge: Challenge; wire: Wire; at: RunningDirectory },
) {
  const bytes = (text: string) => fromBase64Url(text) ?? new Uint8Array()
  return bindingOf({
    ...{ purpose: 'enrol', epoch: 0, sequence: 0, head: ZERO_HASH, posture: ZERO_HASH },
    ...{ nonce: bytes(challenge.nonce), exporter: wire.exporter(), directoryCa: bytes(at.directory.pins.ca) },
    subject: sha256(endorsementPublicOf(tpm.endorsementKey, tpm.attributes.endorsement)),
  })
}

const attestationOf = ({ challenge, binding }: Omit<Place, 'wire'>, { claim, quote }: ForgedStatement) => ({
  ...{ type: 'attestation', purpose: 'enrol', nonce: challenge.nonce, binding: toBase64Url(binding) },
  ...{ epoch: 0, sequence: 0, head: ZEROS, posture: ZEROS, quote, enrolment: claim },
  label: { hostname: 'laptop', platform: 'linux', arch: 'x64' },
})

type Spoil = (honest: ForgedStatement, place: Place, tpm: ForgedTpm) => ForgedStatement | Promise<ForgedStatement>

async function attest(place: Place, tpm: ForgedTpm = GOOD, spoil: Spoil = (honest) => honest): Promise<void> {
  const { binding, challenge, wire } = place
  const honest = await forgeClaim(tpm, { certify: binding, quote: binding }, challenge.pcrs)
  wire.send(await signedBy('attestation', attestationOf(place, await spoil(honest, place, tpm)), tpm.applicationKey))
}

/** Sends the secret that the directory drew, which a TPM would have taken out of the credential. */
async function activate({ wire, challenge }: Place, secret?: Uint8Array, key = applicationKey): Promise<void> {
  await wire.nextOf('credential')
  const activation = { type: 'activation', nonce: challenge.nonce, secret: toBase64Url(secret ?? dice.last) }
  wire.send(await signedBy('activation', activation, key))
}

const kept = () =>
  JSON.stringify([running.rows('SELECT * FROM devices'), running.rows('SELECT id FROM tokens WHERE used > 0')])

async function refusalOf(tpm: ForgedTpm, spoil?: Spoil): Promise<string> {
  const before = kept()
  const place = await challenged(tpm)
  await attest(place, tpm, spoil)
  const code = await place.wire.refusal()
  expect(kept()).toBe(before)
  return code
}

let enrolled: string
test('where nothing is a lie the device is enrolled', async () => {
  const tpm = {
    ...GOOD,
    applicationKey: testKey('an application key of its own'),
    endorsementKey: testKey('another TPM'),
  }
  const own = { ...tpm, certificate: await certificate({ publicKey: tpm.endorsementKey.spki }) }
  const place = await challenged(own)
  await attest(place, own)
  await activate(place, undefined, own.applicationKey)
  const welcome = (await place.wire.nextOf('welcome')).payload
  expect(welcome).toMatchObject({ status: 'accepted', tier: 'tpm-attested' })
  enrolled = String(welcome.device)
})

const without = (key: keyof typeof ATTRIBUTES, name: keyof typeof ATTRIBUTE): ForgedTpm => ({
  ...GOOD,
  attributes: { ...ATTRIBUTES, [key]: ATTRIBUTES[key] & ~ATTRIBUTE[name] },
})
const withIt = (key: keyof typeof ATTRIBUTES, name: keyof typeof ATTRIBUTE): ForgedTpm => ({
  ...GOOD,
  attributes: { ...ATTRIBUTES, [key]: ATTRIBUTES[key] | ATTRIBUTE[name] },
})
const KEPT = ['fixedTpm', 'fixedParent', 'sensitiveDataOrigin'] as const

test.each<[string, ForgedTpm]>([
  ...(['restricted', 'sign', ...KEPT] as const).map((name): [string, ForgedTpm] => [
    `an attestation key that is not ${name}`,
    without('attestation', name),
  ]),
  ['an attestation key that decrypts', withIt('attestation', 'decrypt')],
  ...(['sign', ...KEPT] as const).map((name): [string, ForgedTpm] => [
    `an application key that is not ${name}`,
    without('application', name),
  ]),
  ['an application key that is restricted', withIt('application', 'restricted')],
  ['an application key that decrypts', withIt('application', 'decrypt')],
  ...(['restricted', 'decrypt', ...KEPT] as const).map((name): [string, ForgedTpm] => [
    `an endorsement key that is not ${name}`,
    without('endorsement', name),
  ]),
  ['an endorsement key that signs', withIt('endorsement', 'sign')],
])('%s', async (_, tpm) => expect(await refusalOf(tpm)).toBe('ATTESTATION_KEY_ATTRIBUTES'))

test('an attestation key that may sign with any scheme', async () => {
  const tpm: ForgedTpm = { ...GOOD, attestationArea: { scheme: undefined } }
  expect(await refusalOf(tpm)).toBe('KEY_UNSUPPORTED')
})

test.each<[string, string, () => Promise<Partial<ForgedTpm>>]>([
  [
    'signed by another key under the name of the factory',
    'CERTIFICATE_CHAIN_INVALID',
    async () => ({ certificate: await certificate({ signer: other }) }),
  ],
  [
    'of a factory that the maker did not sign',
    'CERTIFICATE_CHAIN_INVALID',
    async () => ({ chain: [await factory({ signer: other })] }),
  ],
  [
    'of a factory whose certificate is no authority',
    'CERTIFICATE_CHAIN_INVALID',
    async () => ({ chain: [await factory({ ca: false })] }),
  ],
  [
    'of a factory that may not sign certificates',
    'CERTIFICATE_CHAIN_INVALID',
    async () => ({ chain: [await factory({ keyUsage: KEY_USAGE.digitalSignature })] }),
  ],
  ['of a factory that is not told', 'TIER_TOO_LOW', async () => ({ chain: [] })],
  [
    'of another maker',
    'TIER_TOO_LOW',
    async () => ({ chain: [], certificate: await certificate({ issuer: 'CN=Nobody', signer: other }) }),
  ],
  [
    'of a maker with the name of ours',
    'CERTIFICATE_CHAIN_INVALID',
    async () => ({ chain: [], certificate: await certificate({ issuer: ROOT, signer: other }) }),
  ],
  [
    'that has expired',
    'CERTIFICATE_EXPIRED',
    async () => ({ certificate: await certificate({ notAfter: NOW - 1000 }) }),
  ],
  [
    'that has not begun',
    'CERTIFICATE_EXPIRED',
    async () => ({ certificate: await certificate({ notBefore: NOW + YEAR_MS / 2 }) }),
  ],
  [
    'of a factory that has expired',
    'CERTIFICATE_EXPIRED',
    async () => ({ chain: [await factory({ notAfter: NOW - 1000 })] }),
  ],
  [
    'of another endorsement key',
    'ATTESTATION_EK_MISMATCH',
    async () => ({ certificate: await certificate({ publicKey: other.spki }) }),
  ],
  ['that is an authority', 'CERTIFICATE_CHAIN_INVALID', async () => ({ certificate: await certificate({ ca: true }) })],
  [
    'for another use',
    'CERTIFICATE_CHAIN_INVALID',
    async () => ({ certificate: await certificate({ extendedKeyUsage: ['1.3.6.1.5.5.7.3.1'] }) }),
  ],
  [
    'with a critical extension that nobody understands',
    'CERTIFICATE_CHAIN_INVALID',
    async () => ({ certificate: await certificate({ unknownCritical: '1.2.3.4' }) }),
  ],
])('an endorsement certificate %s is refused with %s', async (_, code, change) =>
  expect(await refusalOf({ ...GOOD, ...(await change()) })).toBe(code),
)

const bytesOf = (text: string) => fromBase64Url(text) ?? new Uint8Array()
const counters = { clock: 1, resetCount: 1, restartCount: 0, safe: true, firmwareVersion: '0'.repeat(16) }

test.each<[string, string, Spoil]>([
  [
    'a certification of another key of this TPM',
    'ATTESTATION_CERTIFY_INVALID',
    async ({ claim, quote }, { binding }) => {
      const subjectPublic = bytesOf(claim.attestationPublic)
      return { quote, claim: { ...claim, certify: await forgeCertify(attestationKey, { subjectPublic, binding }) } }
    },
  ],
  [
    'a certification by another attestation key',
    'ATTESTATION_CERTIFY_INVALID',
    async ({ claim, quote }, { binding }) => {
      const subjectPublic = bytesOf(claim.applicationPublic)
      return { quote, claim: { ...claim, certify: await forgeCertify(other, { subjectPublic, binding }) } }
    },
  ],
  [
    'a certification that was signed as data from outside',
    'ATTESTATION_CERTIFY_INVALID',
    async ({ claim, quote }, { binding }) => {
      const made = { subjectPublic: bytesOf(claim.applicationPublic), binding, magic: 0x00544347 }
      return { quote, claim: { ...claim, certify: await forgeCertify(attestationKey, made) } }
    },
  ],
  [
    'a certification of another moment',
    'ATTESTATION_BINDING_MISMATCH',
    async ({ claim, quote }) => {
      const made = { subjectPublic: bytesOf(claim.applicationPublic), binding: sha256('another binding') }
      return { quote, claim: { ...claim, certify: await forgeCertify(attestationKey, made) } }
    },
  ],
  [
    'a quote of another moment',
    'ATTESTATION_BINDING_MISMATCH',
    async ({ claim, quote: { pcrs } }) => ({
      claim,
      quote: await forgeQuote(attestationKey, { binding: sha256('another binding'), counters, pcrs }),
    }),
  ],
  [
    'a quote by another attestation key',
    'ATTESTATION_QUOTE_INVALID',
    async ({ claim, quote: { pcrs } }, { binding }) => ({
      claim,
      quote: await forgeQuote(other, { binding, counters, pcrs }),
    }),
  ],
  [
    'a quote of fewer PCRs',
    'ATTESTATION_PCR_MISMATCH',
    async ({ claim, quote: { pcrs } }, { binding }) => {
      const { 7: _, ...fewer } = pcrs
      return { claim, quote: await forgeQuote(attestationKey, { binding, counters, pcrs: fewer }) }
    },
  ],
  [
    'a quote of fewer PCRs, with values for all',
    'ATTESTATION_PCR_MISMATCH',
    async ({ claim, quote: { pcrs } }, { binding }) => {
      const { 7: _, ...fewer } = pcrs
      return { claim, quote: { ...(await forgeQuote(attestationKey, { binding, counters, pcrs: fewer })), pcrs } }
    },
  ],
  [
    'other PCR values than were quoted',
    'ATTESTATION_PCR_MISMATCH',
    ({ claim, quote }) => ({ claim, quote: { ...quote, pcrs: { ...quote.pcrs, 7: 'ab'.repeat(32) } } }),
  ],
  [
    'the endorsement key of another TPM, whose certificate is right',
    'ATTESTATION_BINDING_MISMATCH',
    async ({ claim, quote }) => ({
      quote,
      claim: {
        ...claim,
        endorsementPublic: toBase64Url(endorsementPublicOf(other)),
        endorsementCertificate: toBase64Url(await certificate({ publicKey: other.spki })),
      },
    }),
  ],
  [
    'a software key in the place of the certified one',
    'SIGNATURE_INVALID',
    ({ claim, quote }) => ({ quote, claim: { ...claim, applicationKey: toBase64Url(other.spki) } }),
  ],
])('%s is refused with %s', async (_, code, spoil) => expect(await refusalOf(GOOD, spoil)).toBe(code))

describe('the credential', () => {
  test('of another attestation key, on another connection, is not this one', async () => {
    const theirs = { ...GOOD, attestationKey: other }
    const first = await challenged(theirs)
    await attest(first, theirs)
    await first.wire.nextOf('credential')
    const secret = dice.last
    const place = await challenged()
    await attest(place)
    await activate(place, secret)
    expect(await place.wire.refusal()).toBe('ATTESTATION_CREDENTIAL_WRONG')
    first.wire.close()
  })

  test.each<[string, string, (place: Place) => Promise<string>]>([
    [
      'is activated by another key',
      'SIGNATURE_INVALID',
      async ({ challenge }) =>
        signedBy('activation', { type: 'activation', nonce: challenge.nonce, secret: toBase64Url(dice.last) }, other),
    ],
    [
      'is activated for another nonce',
      'NONCE_UNKNOWN',
      async () =>
        signedBy('activation', { type: 'activation', nonce: toBase64Url(NONCE), secret: toBase64Url(dice.last) }),
    ],
    [
      'is answered with zeros',
      'ATTESTATION_CREDENTIAL_WRONG',
      async ({ challenge }) => signedBy('activation', { type: 'activation', nonce: challenge.nonce, secret: ZEROS }),
    ],
    [
      'is answered with another attestation',
      'SIGNATURE_HEADER_REFUSED',
      async (place) => {
        const honest = await forgeClaim(GOOD, { certify: place.binding, quote: place.binding }, place.challenge.pcrs)
        return signedBy('attestation', attestationOf(place, honest))
      },
    ],
  ])('that %s is refused with %s', async (_, code, answer) => {
    const before = kept()
    const place = await challenged()
    await attest(place)
    await place.wire.nextOf('credential')
    place.wire.send(await answer(place))
    expect(await place.wire.refusal()).toBe(code)
    expect(kept()).toBe(before)
  })

  test('is not waited for for ever: before it nothing is enrolled', async () => {
    const before = kept()
    const place = await challenged()
    await attest(place)
    await place.wire.nextOf('credential')
    place.wire.close()
    await place.wire.closed
    expect(kept()).toBe(before)
  })
})

describe('a ceremony of a TPM that is carried', () => {
  /** What was said once, said again elsewhere, as if it had been made there. */
  async function carried(to: Place, statement: ForgedStatement, binding: Uint8Array<ArrayBuffer>): Promise<string> {
    to.wire.send(await signedBy('attestation', attestationOf({ ...to, binding }, statement)))
    return to.wire.refusal()
  }

  test('to another directory that gives the same nonce', async () => {
    await using second = await runningDirectory({}, { clock, random: dice.random })
    const [here, there] = [
      await challenged(GOOD, { loaded: true }),
      await challenged(GOOD, { loaded: true, at: second }),
    ]
    expect(here.challenge.nonce).toBe(there.challenge.nonce)
    const made = await forgeClaim(GOOD, { certify: here.binding, quote: here.binding }, here.challenge.pcrs)
    expect(await carried(there, made, here.binding)).toBe('ATTESTATION_BINDING_MISMATCH')
    here.wire.close()
  })

  test('to another connection that gives the same nonce', async () => {
    const [one, two] = [await challenged(GOOD, { loaded: true }), await challenged(GOOD, { loaded: true })]
    const made = await forgeClaim(GOOD, { certify: one.binding, quote: one.binding }, one.challenge.pcrs)
    expect(await carried(two, made, one.binding)).toBe('ATTESTATION_BINDING_MISMATCH')
    expect(await carried({ ...(await challenged(GOOD, { loaded: true })) }, made, two.binding)).toBe(
      'ATTESTATION_BINDING_MISMATCH',
    )
    one.wire.close()
  })

  test('to another device: its keys certified and quoted for the binding of this one', async () => {
    const place = await challenged()
    const theirs = { ...GOOD, endorsementKey: other, certificate: await certificate({ publicKey: other.spki }) }
    const made = await forgeClaim(theirs, { certify: place.binding, quote: place.binding }, place.challenge.pcrs)
    expect(await carried(place, made, place.binding)).toBe('ATTESTATION_BINDING_MISMATCH')
  })

  test('to another moment', async () => {
    const [then, now] = [await challenged(), await challenged()]
    const made = await forgeClaim(GOOD, { certify: then.binding, quote: then.binding }, then.challenge.pcrs)
    expect(await carried(now, made, then.binding)).toBe('ATTESTATION_BINDING_MISMATCH')
    const old = await challenged()
    old.wire.send(await signedBy('attestation', attestationOf(then, made)))
    expect(await old.wire.refusal()).toBe('NONCE_UNKNOWN')
    then.wire.close()
  })
})

describe('a token', () => {
  const enrolling = async (
    init: Parameters<RunningDirectory['tokenWithId']>[0] & {
      minimumTier?: 'software' | 'tpm' | 'tpm-attested'
      serial?: string
    },
  ) => {
    const token = await running.token(init)
    return { token, place: await challenged(GOOD, { token }) }
  }
  const helloWith = async (token: string) => {
    const device = running.device()
    const wire = await device.dial()
    wire.send(device.helloToken(token))
    return wire.refusal()
  }

  test('that is used, expired, revoked or unknown is refused at the hello, and between hello and activation', async () => {
    const used = await enrolling({ minimumTier: 'tpm' })
    await attest(used.place)
    await activate(used.place)
    const { device } = (await used.place.wire.nextOf('welcome')).payload
    const thief = { ...GOOD, endorsementKey: other, certificate: await certificate({ publicKey: other.spki }) }
    const late = await challenged(thief, { token: used.token })
    await attest(late, thief)
    await activate(late)
    // The same application key in another TPM is not the device whose welcome may have been lost.
    expect(await late.wire.refusal()).toBe('TOKEN_USED')
    expect(running.rows('SELECT tier FROM devices WHERE id = ?', String(device))).toEqual([{ tier: 'tpm-attested' }])

    const expiring = await enrolling({ ttlMs: 1000 })
    await attest(expiring.place)
    clock.jump(1000)
    await activate(expiring.place)
    expect(await expiring.place.wire.refusal()).toBe('TOKEN_EXPIRED')
    expect(await helloWith(expiring.token)).toBe('TOKEN_EXPIRED')

    const { id, enrolment } = await running.tokenWithId()
    const place = await challenged(GOOD, { token: enrolment })
    await attest(place)
    await place.wire.nextOf('credential')
    const secret = dice.last
    await running.directory.actions.revokeToken(id, 'test')
    place.wire.send(
      await signedBy('activation', { type: 'activation', nonce: place.challenge.nonce, secret: toBase64Url(secret) }),
    )
    expect(await place.wire.refusal()).toBe('TOKEN_REVOKED')
    expect(await helloWith(enrolment)).toBe('TOKEN_REVOKED')
  })

  test.each(['tpm', 'tpm-attested'] as const)(
    'of minimum tier %s does not enrol a software key',
    async (minimumTier) => {
      const device = running.device()
      const wire = await device.dial()
      wire.send(device.helloToken(await running.token({ minimumTier })))
      wire.send(await device.sign('attestation', device.attestation(await device.challenge(wire), wire, 'enrol')))
      expect(await wire.refusal()).toBe('TIER_TOO_LOW')
    },
  )

  test('for the device of another owner does not move a known TPM: a human decides', async () => {
    const row = () => running.rows('SELECT id, owner, epoch, application_key FROM devices WHERE id = ?', enrolled)
    const before = row()
    const known = {
      ...GOOD,
      endorsementKey: testKey('another TPM'),
      applicationKey: testKey('a thief’s application key'),
    }
    const tpm = { ...known, certificate: await certificate({ publicKey: known.endorsementKey.spki }) }
    const { enrolment } = await running.directory.actions.createToken(
      { owner: 'eve@example.org', ttlMs: 60_000, minimumTier: 'tpm' },
      'test',
    )
    const place = await challenged(tpm, { token: enrolment })
    await attest(place, tpm)
    await activate(place, undefined, tpm.applicationKey)
    expect((await place.wire.nextOf('welcome')).payload).toMatchObject({ status: 'pending', device: enrolled })
    expect(row()).toEqual(before)
    place.wire.close()
  })
})

test('after all of that the directory serves its devices', async () => {
  const device = running.device()
  const { wire } = await device.enrol(await running.token())
  wire.send(await device.batch())
  expect((await nextAck(wire)).sequence).toBe(1)
})
