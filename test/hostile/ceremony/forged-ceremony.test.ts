import { toBase64Url } from '../../../src/base/bytes.ts'
import { nextAck } from '../../support/directory/scripted-device.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { forgeClaim } from '../../support/tpm/forged-claim.ts'
import { attestationOf, type Ceremonies, ceremonies, certificate, GOOD, other, signedBy } from './ceremonies.ts'

/**
 * Enrolments of a forged TPM that no change of one field makes (`ceremony.test.ts`): everything is signed by the right key. Each
 * mixes two ceremonies, or two devices. What one TPM may say wrong is in `test/crypto/tpm`, chains of certificates in `test/vectors`.
 */

let stage: Ceremonies
let honest: string
beforeAll(async () => {
  stage = await ceremonies()
  honest = await stage.enrolHonest()
})
afterAll(() => stage[Symbol.asyncDispose]())

/** Another TPM of the same maker, as good as ours. */
const otherTpm = { ...GOOD, endorsementKey: other, certificate: await certificate({ publicKey: other.spki }) }

const activationFor = (nonce: string) => ({ type: 'activation', nonce, secret: toBase64Url(stage.dice.last) })

test('an honest TPM is enrolled', () => {
  expect(honest).toMatch(/^dev_/)
})

test('refuses keys of one TPM beside the endorsement key and certificate of another', async () => {
  const before = stage.kept()
  const place = await stage.challenged()
  const theirs = await forgeClaim(otherTpm, place.binding, place.challenge.pcrs)
  place.wire.send(await signedBy('attestation', attestationOf(place, theirs)))
  expect(await place.wire.refusal()).toBe('ATTESTATION_BINDING_MISMATCH')
  expect(stage.kept()).toBe(before)
})

describe('a credential', () => {
  test('of another ceremony is refused', async () => {
    const first = await stage.challenged()
    await stage.attest(first)
    await first.wire.nextOf('credential')
    const secret = stage.dice.last
    const place = await stage.challenged()
    await stage.attest(place)
    await stage.activate(place, secret)
    expect(await place.wire.refusal()).toBe('ATTESTATION_CREDENTIAL_WRONG')
    first.wire.close()
  })

  test('that another key activates is refused', async () => {
    const place = await stage.challenged()
    await stage.attest(place)
    await place.wire.nextOf('credential')
    place.wire.send(await signedBy('activation', activationFor(place.challenge.nonce), other))
    expect(await place.wire.refusal()).toBe('SIGNATURE_INVALID')
  })

  test('that is answered with an attestation is refused', async () => {
    const place = await stage.challenged()
    await stage.attest(place)
    await place.wire.nextOf('credential')
    await stage.attest(place)
    expect(await place.wire.refusal()).toBe('SIGNATURE_HEADER_REFUSED')
  })

  test('that is never activated enrols nothing', async () => {
    const before = stage.kept()
    const place = await stage.challenged()
    await stage.attest(place)
    await place.wire.nextOf('credential')
    place.wire.close()
    await place.wire.closed
    expect(stage.kept()).toBe(before)
  })
})

describe('a known key or TPM', () => {
  test('a used token enrols no other TPM with the same application key', async () => {
    const token = await stage.running.token({ minimumTier: 'tpm' })
    const used = await stage.challenged(GOOD, { token })
    await stage.attest(used)
    await stage.activate(used)
    const { device } = (await used.wire.nextOf('welcome')).payload
    const late = await stage.challenged(otherTpm, { token })
    await stage.attest(late, otherTpm)
    await stage.activate(late)
    // Only the same keys may ask again, in case their welcome was lost.
    expect(await late.wire.refusal()).toBe('TOKEN_USED')
    const rows = stage.running.rows('SELECT tier FROM devices WHERE id = ?', String(device))
    expect(rows).toEqual([{ tier: 'tpm-attested' }])
  })

  test('a token of another owner takes no known TPM: a human decides', async () => {
    const row = () => stage.running.rows('SELECT id, owner, epoch, application_key FROM devices WHERE id = ?', honest)
    const before = row()
    const applicationKey = testKey('a thief’s application key')
    const endorsementKey = testKey('another TPM')
    const known = { ...GOOD, endorsementKey, applicationKey }
    const tpm = { ...known, certificate: await certificate({ publicKey: endorsementKey.spki }) }
    const token = await stage.running.token({ owner: 'eve@example.org', minimumTier: 'tpm' })
    const place = await stage.challenged(tpm, { token })
    await stage.attest(place, tpm)
    await stage.activate(place, undefined, applicationKey)
    expect((await place.wire.nextOf('welcome')).payload).toMatchObject({ status: 'pending', device: honest })
    expect(row()).toEqual(before)
    place.wire.close()
  })
})

test('after all of that the directory serves its devices', async () => {
  const device = stage.running.device()
  const { wire } = await device.enrol(await stage.running.token())
  wire.send(await device.batch())
  expect((await nextAck(wire)).sequence).toBe(1)
})
