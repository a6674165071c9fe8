import type { Attestation } from '../../../src/protocol/messages/frames.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { type ScriptedDevice, type Wire, ZEROS } from '../../support/directory/scripted-device.ts'
import { signAnything } from '../besieged-directory.ts'
import { compliant, eventsOf, type Known, LENIENT } from '../known-device.ts'

/** A device signs an attestation that cannot be taken: the good verdict that it had does not outlive it. */

let running: RunningDirectory
beforeAll(async () => {
  running = await runningDirectory({ policy: LENIENT })
})
afterAll(() => running[Symbol.asyncDispose]())

const renewal = JSON.stringify({ type: 'renew', reason: 'timer', sequence: 0, head: ZEROS })

/** On a connection that goes on, or a new one: an attestation to the challenge at hand, made by `spoil`. */
const PLACES: Readonly<Record<string, (known: Known) => Promise<Wire>>> = {
  'asked for anew': async ({ wire }) => {
    wire.send(renewal)
    return wire
  },
  'on a new connection': async ({ device }) => {
    const wire = await device.dial()
    wire.send(device.hello())
    return wire
  },
}

const SPOILT: readonly (readonly [string, string, (honest: Attestation) => object | string])[] = [
  ['does not fit its schema', 'FRAME_MALFORMED', (honest) => ({ ...honest, quote: 7 })],
  ['has no nonce that can be read', 'FRAME_MALFORMED', ({ nonce: _, ...rest }) => ({ nonce: [], ...rest })],
  ['nests too deep', 'INPUT_TOO_DEEP', (honest) => ({ ...honest, x: JSON.parse('['.repeat(20) + ']'.repeat(20)) })],
  ['is spelt in another way', 'INPUT_NOT_CANONICAL', (honest) => JSON.stringify(honest, undefined, 1)],
  ['is of another device', 'FRAME_MALFORMED', (honest) => ({ ...honest, device: `dev_${'A'.repeat(22)}` })],
  ['is of no device', 'FRAME_MALFORMED', ({ device: _, ...rest }) => rest],
  ['is of another epoch', 'EPOCH_MISMATCH', (honest) => ({ ...honest, epoch: 2 })],
  ['is for enrolment', 'FRAME_MALFORMED', (honest) => ({ ...honest, purpose: 'enrol' })],
  [
    'brings an enrolment',
    'FRAME_MALFORMED',
    (honest) => ({ ...honest, enrolment: { keyKind: 'software', applicationKey: 'A'.repeat(122) } }),
  ],
  ['is bound to something else', 'ATTESTATION_BINDING_MISMATCH', (honest) => ({ ...honest, binding: ZEROS })],
]

describe.each(Object.keys(PLACES))('%s', (place) => {
  const attesting = async (known: Known) => {
    const wire = (await PLACES[place]?.(known)) ?? known.wire
    return { wire, honest: known.device.attestation(await known.device.challenge(wire), wire) }
  }
  const signed = (device: ScriptedDevice, payload: object | string) =>
    signAnything(device, 'attestation', { payload: typeof payload === 'string' ? payload : JSON.stringify(payload) })

  test.each(SPOILT)(
    'an attestation that %s ends the good verdict, is recorded; the next repairs it',
    async (_, code, spoil) => {
      const known = await compliant(running)
      const { device, id } = known
      const { wire, honest } = await attesting(known)
      wire.send(await signed(device, spoil(honest)))
      expect(await wire.refusal()).toBe(code)
      const reason = { check: 'attestation', state: 'fail', reason: `the newest attestation was refused: ${code}` }
      expect(running.result(id)).toMatchObject({ verdict: 'not-compliant', reasons: [reason] })
      expect(eventsOf(running, id)).toEqual([{ kind: 'attestation-refused', json: expect.stringContaining(code) }])
      ;(await device.connect()).wire.close()
      expect(running.result(id).verdict).toBe('compliant')
    },
  )

  test.each<[string, string, (own: ScriptedDevice, honest: Attestation) => Promise<string>]>([
    ['nobody signed', 'FRAME_MALFORMED', (_, honest) => signed(running.device(), { ...honest, quote: 7 })],
    [
      'is a signed one with another payload',
      'FRAME_MALFORMED',
      async (own, honest) => {
        const [header, , signature] = (await signed(own, honest)).split('.')
        return [header, Buffer.from('{}').toString('base64url'), signature].join('.')
      },
    ],
    ['answers another challenge', 'NONCE_UNKNOWN', (own, honest) => signed(own, { ...honest, nonce: ZEROS })],
    [
      'answers another challenge, and is of another device',
      'NONCE_UNKNOWN',
      (own, honest) => signed(own, { ...honest, nonce: ZEROS, device: `dev_${'A'.repeat(22)}` }),
    ],
  ])('an attestation that %s says nothing of the device', async (_, code, make) => {
    const known = await compliant(running)
    const { wire, honest } = await attesting(known)
    wire.send(await make(known.device, honest))
    expect(await wire.refusal()).toBe(code)
    const { verdict } = running.result(known.id)
    expect({ verdict, events: eventsOf(running, known.id) }).toEqual({ verdict: 'compliant', events: [] })
  })
})
