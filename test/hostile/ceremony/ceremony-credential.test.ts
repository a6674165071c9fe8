import { toBase64Url } from '../../../src/base/bytes.ts'
import { runningDirectory } from '../../support/directory/running-directory.ts'
import { ZEROS } from '../../support/directory/scripted-device.ts'
import { type ForgedStatement, forgeClaim } from '../../support/tpm/forged-claim.ts'
import {
  attestationOf,
  type Ceremonies,
  ceremonies,
  certificate,
  GOOD,
  NONCE,
  other,
  type Place,
  signedBy,
} from './ceremonies.ts'

let stage: Ceremonies
beforeAll(async () => {
  stage = await ceremonies()
})
afterAll(() => stage[Symbol.asyncDispose]())

describe('the credential', () => {
  test('of another attestation key, on another connection, is not this one', async () => {
    const theirs = { ...GOOD, attestationKey: other }
    const first = await stage.challenged(theirs)
    await stage.attest(first, theirs)
    await first.wire.nextOf('credential')
    const secret = stage.dice.last
    const place = await stage.challenged()
    await stage.attest(place)
    await stage.activate(place, secret)
    expect(await place.wire.refusal()).toBe('ATTESTATION_CREDENTIAL_WRONG')
    first.wire.close()
  })

  test.each<[string, string, (place: Place) => Promise<string>]>([
    [
      'is activated by another key',
      'SIGNATURE_INVALID',
      async ({ challenge }) =>
        signedBy(
          'activation',
          { type: 'activation', nonce: challenge.nonce, secret: toBase64Url(stage.dice.last) },
          other,
        ),
    ],
    [
      'is activated for another nonce',
      'NONCE_UNKNOWN',
      async () =>
        signedBy('activation', { type: 'activation', nonce: toBase64Url(NONCE), secret: toBase64Url(stage.dice.last) }),
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
    const before = stage.kept()
    const place = await stage.challenged()
    await stage.attest(place)
    await place.wire.nextOf('credential')
    place.wire.send(await answer(place))
    expect(await place.wire.refusal()).toBe(code)
    expect(stage.kept()).toBe(before)
  })

  test('is not waited for for ever: before it nothing is enrolled', async () => {
    const before = stage.kept()
    const place = await stage.challenged()
    await stage.attest(place)
    await place.wire.nextOf('credential')
    place.wire.close()
    await place.wire.closed
    expect(stage.kept()).toBe(before)
  })
})

describe('a ceremony of a TPM that is carried', () => {
  /** What was said once, said again elsewhere, as if it had been made there. */
  async function carried(to: Place, statement: ForgedStatement, binding: Uint8Array<ArrayBuffer>): Promise<string> {
    to.wire.send(await signedBy('attestation', attestationOf({ ...to, binding }, statement)))
    return to.wire.refusal()
  }

  test('to another directory that gives the same nonce', async () => {
    await using second = await runningDirectory({}, { clock: stage.clock, random: stage.dice.random })
    const [here, there] = [
      await stage.challenged(GOOD, { loaded: true }),
      await stage.challenged(GOOD, { loaded: true, at: second }),
    ]
    expect(here.challenge.nonce).toBe(there.challenge.nonce)
    const made = await forgeClaim(GOOD, { certify: here.binding, quote: here.binding }, here.challenge.pcrs)
    expect(await carried(there, made, here.binding)).toBe('ATTESTATION_BINDING_MISMATCH')
    here.wire.close()
  })

  test('to another connection that gives the same nonce', async () => {
    const [one, two] = [await stage.challenged(GOOD, { loaded: true }), await stage.challenged(GOOD, { loaded: true })]
    const made = await forgeClaim(GOOD, { certify: one.binding, quote: one.binding }, one.challenge.pcrs)
    expect(await carried(two, made, one.binding)).toBe('ATTESTATION_BINDING_MISMATCH')
    expect(await carried({ ...(await stage.challenged(GOOD, { loaded: true })) }, made, two.binding)).toBe(
      'ATTESTATION_BINDING_MISMATCH',
    )
    one.wire.close()
  })

  test('to another device: its keys certified and quoted for the binding of this one', async () => {
    const place = await stage.challenged()
    const theirs = { ...GOOD, endorsementKey: other, certificate: await certificate({ publicKey: other.spki }) }
    const made = await forgeClaim(theirs, { certify: place.binding, quote: place.binding }, place.challenge.pcrs)
    expect(await carried(place, made, place.binding)).toBe('ATTESTATION_BINDING_MISMATCH')
  })

  test('to another moment', async () => {
    const [then, now] = [await stage.challenged(), await stage.challenged()]
    const made = await forgeClaim(GOOD, { certify: then.binding, quote: then.binding }, then.challenge.pcrs)
    expect(await carried(now, made, then.binding)).toBe('ATTESTATION_BINDING_MISMATCH')
    const old = await stage.challenged()
    old.wire.send(await signedBy('attestation', attestationOf(then, made)))
    expect(await old.wire.refusal()).toBe('NONCE_UNKNOWN')
    then.wire.close()
  })
})
