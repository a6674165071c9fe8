import { toBase64Url } from '../../../src/base/bytes.ts'
import type { RunningDirectory } from '../../support/directory/running-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { type Ceremonies, ceremonies, certificate, GOOD, other, signedBy } from './ceremonies.ts'

let stage: Ceremonies
beforeAll(async () => {
  stage = await ceremonies()
})
afterAll(() => stage[Symbol.asyncDispose]())

describe('a token', () => {
  const enrolling = async (
    init: Parameters<RunningDirectory['tokenWithId']>[0] & {
      minimumTier?: 'software' | 'tpm' | 'tpm-attested'
      serial?: string
    },
  ) => {
    const token = await stage.running.token(init)
    return { token, place: await stage.challenged(GOOD, { token }) }
  }
  const helloWith = async (token: string) => {
    const device = stage.running.device()
    const wire = await device.dial()
    wire.send(device.helloToken(token))
    return wire.refusal()
  }

  test('that is used, expired, revoked or unknown is refused at hello and at activation', async () => {
    const used = await enrolling({ minimumTier: 'tpm' })
    await stage.attest(used.place)
    await stage.activate(used.place)
    const { device } = (await used.place.wire.nextOf('welcome')).payload
    const thief = { ...GOOD, endorsementKey: other, certificate: await certificate({ publicKey: other.spki }) }
    const late = await stage.challenged(thief, { token: used.token })
    await stage.attest(late, thief)
    await stage.activate(late)
    // The same application key in another TPM is not the device whose welcome may have been lost.
    expect(await late.wire.refusal()).toBe('TOKEN_USED')
    expect(stage.running.rows('SELECT tier FROM devices WHERE id = ?', String(device))).toEqual([
      { tier: 'tpm-attested' },
    ])

    const expiring = await enrolling({ ttlMs: 1000 })
    await stage.attest(expiring.place)
    stage.clock.jump(1000)
    await stage.activate(expiring.place)
    expect(await expiring.place.wire.refusal()).toBe('TOKEN_EXPIRED')
    expect(await helloWith(expiring.token)).toBe('TOKEN_EXPIRED')

    const { id, enrolment } = await stage.running.tokenWithId()
    const place = await stage.challenged(GOOD, { token: enrolment })
    await stage.attest(place)
    await place.wire.nextOf('credential')
    const secret = stage.dice.last
    stage.running.directory.services.tokens.revoke(id, 'test')
    place.wire.send(
      await signedBy('activation', { type: 'activation', nonce: place.challenge.nonce, secret: toBase64Url(secret) }),
    )
    expect(await place.wire.refusal()).toBe('TOKEN_REVOKED')
    expect(await helloWith(enrolment)).toBe('TOKEN_REVOKED')
  })

  test.each(['tpm', 'tpm-attested'] as const)(
    'of minimum tier %s does not enrol a software key',
    async (minimumTier) => {
      const device = stage.running.device()
      const wire = await device.dial()
      wire.send(device.helloToken(await stage.running.token({ minimumTier })))
      wire.send(await device.sign('attestation', device.attestation(await device.challenge(wire), wire, 'enrol')))
      expect(await wire.refusal()).toBe('TIER_TOO_LOW')
    },
  )

  test('for the device of another owner does not move a known TPM: a human decides', async () => {
    const enrolled = await stage.enrolHonest()
    const row = () => stage.running.rows('SELECT id, owner, epoch, application_key FROM devices WHERE id = ?', enrolled)
    const before = row()
    const known = {
      ...GOOD,
      endorsementKey: testKey('another TPM'),
      applicationKey: testKey('a thief’s application key'),
    }
    const tpm = { ...known, certificate: await certificate({ publicKey: known.endorsementKey.spki }) }
    const { enrolment } = stage.running.directory.services.tokens.create(
      { owner: 'eve@example.org', ttlMs: 60_000, minimumTier: 'tpm' },
      'test',
    )
    const place = await stage.challenged(tpm, { token: enrolment })
    await stage.attest(place, tpm)
    await stage.activate(place, undefined, tpm.applicationKey)
    expect((await place.wire.nextOf('welcome')).payload).toMatchObject({ status: 'pending', device: enrolled })
    expect(row()).toEqual(before)
    place.wire.close()
  })
})
