import type { Challenge } from '../../../src/protocol/messages/frames.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import type { ScriptedDevice, Wire } from '../../support/directory/scripted-device.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { speakingTo } from './relayed.ts'

let running: RunningDirectory
let other: RunningDirectory
beforeAll(async () => {
  running = await runningDirectory()
  other = await runningDirectory()
})
afterAll(async () => {
  await running[Symbol.asyncDispose]()
  await other[Symbol.asyncDispose]()
})

describe('an enrolment is refused that was made', () => {
  async function enrolling(device: ScriptedDevice, relay: (wire: Wire, challenge: Challenge) => Promise<string>) {
    const wire = await device.dial()
    wire.send(device.helloToken(await running.token()))
    wire.send(await relay(wire, await device.challenge(wire)))
    return wire.refusal()
  }

  test('for another directory', async () => {
    const device = running.device()
    const code = await enrolling(device, (wire, challenge) =>
      device.sign('attestation', speakingTo(other, device).attestation(challenge, wire, 'enrol')),
    )
    expect(code).toBe('ATTESTATION_BINDING_MISMATCH')
  })

  test('of another key, whose owner signed it', async () => {
    const [device, theirs] = [running.device(), running.device()]
    const code = await enrolling(device, (wire, challenge) => {
      const { binding } = device.attestation(challenge, wire, 'enrol')
      return theirs.sign('attestation', { ...theirs.attestation(challenge, wire, 'enrol'), binding })
    })
    expect(code).toBe('ATTESTATION_BINDING_MISMATCH')
  })

  test('at another moment: word for word with a new token', async () => {
    const device = running.device()
    const wire = await device.dial()
    wire.send(device.helloToken(await running.token()))
    const signed = await device.sign('attestation', device.attestation(await device.challenge(wire), wire, 'enrol'))
    wire.send(signed)
    await wire.nextOf('welcome')
    expect(await enrolling(running.device(), async () => signed)).toBe('NONCE_UNKNOWN')
  })

  test('with a token that expired since the hello', async () => {
    const clock = new FakeClock(Date.now())
    await using own = await runningDirectory({}, { clock })
    const device = own.device()
    const wire = await device.dial()
    wire.send(device.helloToken(await own.token({ ttlMs: 1000 })))
    const challenge = await device.challenge(wire)
    clock.jump(1000)
    wire.send(await device.sign('attestation', device.attestation(challenge, wire, 'enrol')))
    expect(await wire.refusal()).toBe('TOKEN_EXPIRED')
    expect(own.rows('SELECT id FROM devices')).toEqual([])
  })

  test('with the token of another directory', async () => {
    const device = running.device()
    const wire = await device.dial()
    wire.send(device.helloToken(await other.token()))
    expect(await wire.refusal()).toBe('TOKEN_UNKNOWN')
  })

  test('by the third of three who share a token for two at once', async () => {
    const { id, enrolment } = await running.tokenWithId({ uses: 2, unbound: true })
    const waiting = await Promise.all(
      [running.device(), running.device(), running.device()].map(async (device) => {
        const wire = await device.dial()
        wire.send(device.helloToken(enrolment))
        const made = device.attestation(await device.challenge(wire), wire, 'enrol')
        return { wire, signed: await device.sign('attestation', made) }
      }),
    )
    for (const { wire, signed } of waiting) wire.send(signed)
    const outcomes = await Promise.all(
      waiting.map(async ({ wire }) => {
        const { kind, payload } = await wire.next()
        return kind === 'refusal' ? payload.code : kind
      }),
    )
    expect(outcomes.sort()).toEqual(['TOKEN_USED', 'welcome', 'welcome'])
    expect(running.rows('SELECT id FROM devices WHERE token = ?', id)).toHaveLength(2)
  })
})
