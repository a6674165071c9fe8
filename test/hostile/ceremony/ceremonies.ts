import { sign } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fromBase64Url, toBase64Url } from '../../../src/base/bytes.ts'
import { bindingOf } from '../../../src/crypto/binding.ts'
import { sha256, ZERO_HASH } from '../../../src/crypto/hash.ts'
import { signJws } from '../../../src/crypto/jws.ts'
import type { Challenge } from '../../../src/protocol/messages/frames.ts'
import type { JwsKind } from '../../../src/protocol/messages/jws-types.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { type Wire, ZEROS } from '../../support/directory/scripted-device.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { makeAuthority, makeEndorsementCertificate, YEAR_MS } from '../../support/tpm/certificates.ts'
import {
  endorsementPublicOf,
  type ForgedStatement,
  type ForgedTpm,
  forgeClaim,
} from '../../support/tpm/forged-claim.ts'
import { nonceDice } from './nonce-dice.ts'

/** Ceremonies of a TPM that is forged: everything in them is signed by the right key. */

const root = testKey('maker of TPMs')
const sub = testKey('factory of the maker')
export const other = testKey('somebody else')
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
const factory = await makeAuthority({ subject: SUB, issuer: ROOT, signer: root, key: sub, ...VALID })
export const certificate = (init: Partial<Parameters<typeof makeEndorsementCertificate>[0]> = {}) =>
  makeEndorsementCertificate({ issuer: SUB, signer: sub, publicKey: endorsementKey.spki, ...VALID, ...init })

export const GOOD: ForgedTpm = {
  endorsementKey,
  attestationKey,
  applicationKey,
  certificate: await certificate(),
  chain: [factory],
}

export const signedBy = (kind: JwsKind, payload: object, key = applicationKey) =>
  signJws(kind, payload, async (message) => sign('sha256', message, { key: key.privateKey, dsaEncoding: 'ieee-p1363' }))

interface Place {
  readonly wire: Wire
  readonly challenge: Challenge
  readonly binding: Uint8Array<ArrayBuffer>
}

function bindingFor(
  tpm: ForgedTpm,
  { challenge, wire, at }: { challenge: Challenge; wire: Wire; at: RunningDirectory },
) {
  return bindingOf({
    purpose: 'enrol',
    epoch: 0,
    sequence: 0,
    head: ZERO_HASH,
    posture: ZERO_HASH,
    nonce: bytesOf(challenge.nonce),
    exporter: wire.exporter(),
    directoryCa: bytesOf(at.directory.pins.ca),
    subject: sha256(endorsementPublicOf(tpm.endorsementKey)),
  })
}

export const attestationOf = ({ challenge, binding }: Omit<Place, 'wire'>, { claim, quote }: ForgedStatement) => ({
  type: 'attestation',
  purpose: 'enrol',
  nonce: challenge.nonce,
  binding: toBase64Url(binding),
  epoch: 0,
  sequence: 0,
  head: ZEROS,
  posture: ZEROS,
  quote,
  enrolment: claim,
  label: { hostname: 'laptop', platform: 'linux', arch: 'x64' },
})

const bytesOf = (text: string) => fromBase64Url(text) ?? new Uint8Array()

/** A directory that trusts the maker, and what it is told in a ceremony. */
export async function ceremonies() {
  const folder = temporaryFolder()
  const dice = nonceDice(NONCE)
  const anchors = join(folder.path, 'anchors')
  await mkdir(anchors)
  await writeFile(join(anchors, 'maker.der'), rootCertificate)
  const clock = new FakeClock(NOW)
  const running = await runningDirectory({ trustAnchorsFolder: anchors }, { clock, random: dice.random })

  /** Challenged, as the holder of `tpm`. */
  async function challenged(tpm: ForgedTpm = GOOD, init: { readonly token?: string } = {}): Promise<Place> {
    const token = init.token ?? (await running.token({ minimumTier: 'tpm-attested' }))
    const device = running.device()
    const wire = await device.dial()
    wire.send(device.helloToken(token))
    const challenge = await device.challenge(wire)
    return { wire, challenge, binding: bindingFor(tpm, { challenge, wire, at: running }) }
  }

  async function attest(place: Place, tpm: ForgedTpm = GOOD): Promise<void> {
    const { binding, challenge, wire } = place
    const honest = await forgeClaim(tpm, binding, challenge.pcrs)
    wire.send(await signedBy('attestation', attestationOf(place, honest), tpm.applicationKey))
  }

  /** Sends the secret that the directory drew, which a TPM would have taken out of the credential. */
  async function activate({ wire, challenge }: Place, secret?: Uint8Array, key = applicationKey): Promise<void> {
    await wire.nextOf('credential')
    const activation = { type: 'activation', nonce: challenge.nonce, secret: toBase64Url(secret ?? dice.last) }
    wire.send(await signedBy('activation', activation, key))
  }

  const kept = () =>
    JSON.stringify([running.rows('SELECT * FROM devices'), running.rows('SELECT id FROM tokens WHERE used > 0')])

  /** A device with a TPM of its own, about which nothing is a lie. @returns its id. */
  async function enrolHonest(): Promise<string> {
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
    return String(welcome.device)
  }

  return {
    running,
    dice,
    challenged,
    attest,
    activate,
    kept,
    enrolHonest,
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}

export type Ceremonies = Awaited<ReturnType<typeof ceremonies>>
