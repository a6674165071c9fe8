import { fromBase64Url } from '../../../src/base/bytes.ts'
import type { Attestation, Challenge } from '../../../src/protocol/messages/frames.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { nextAck, type ScriptedDevice, type Wire, ZEROS } from '../../support/directory/scripted-device.ts'
import { withSignature } from '../../support/protocol/raw-jws.ts'
import { speakingTo } from './relayed.ts'

/** True words said elsewhere: to another directory, on another connection, by another device, at another moment. */

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

async function enrolled(directory: RunningDirectory): Promise<{ device: ScriptedDevice; wire: Wire }> {
  const device = directory.device()
  const { wire } = await device.enrol(await directory.token())
  return { device, wire }
}

/** A connection on which the directory waits for the attestation of `device`. */
async function challenged(device: ScriptedDevice): Promise<{ wire: Wire; challenge: Challenge }> {
  const wire = await device.dial()
  wire.send(device.hello())
  return { wire, challenge: await device.challenge(wire) }
}

/** The same wire, but the attestation made for it is bound to the TLS connection of another. */
function overConnection(wire: Wire, theirs: Wire): Wire {
  return { ...wire, exporter: () => theirs.exporter() }
}

type Relay = (relay: {
  readonly device: ScriptedDevice
  readonly wire: Wire
  readonly challenge: Challenge
}) => Promise<string>

describe('an attestation is refused that was made', () => {
  test.each<[string, string, Relay]>([
    [
      'for another directory, to which the challenge was passed on',
      'ATTESTATION_BINDING_MISMATCH',
      async ({ device, challenge }) => {
        const theirs = await other.device().dial()
        const made = speakingTo(other, device).attestation(challenge, theirs)
        theirs.close()
        return device.sign('attestation', made)
      },
    ],
    [
      'for another directory, even on this very connection',
      'ATTESTATION_BINDING_MISMATCH',
      ({ device, wire, challenge }) =>
        device.sign('attestation', speakingTo(other, device).attestation(challenge, wire)),
    ],
    [
      'for the challenge of another directory',
      'NONCE_UNKNOWN',
      async ({ device, wire }) => {
        const stranger = await enrolled(other)
        const theirs = await challenged(stranger.device)
        theirs.wire.close()
        return device.sign('attestation', device.attestation(theirs.challenge, wire))
      },
    ],
    [
      'on another connection, to which the challenge was passed on',
      'ATTESTATION_BINDING_MISMATCH',
      async ({ device, wire, challenge }) => {
        const theirs = await device.dial()
        const made = device.attestation(challenge, overConnection(wire, theirs))
        theirs.close()
        return device.sign('attestation', made)
      },
    ],
    [
      'for the challenge of another connection',
      'NONCE_UNKNOWN',
      async ({ device, wire }) => {
        const theirs = await challenged(device)
        const made = device.attestation(theirs.challenge, wire)
        theirs.wire.close()
        return device.sign('attestation', made)
      },
    ],
    [
      'as if there were no connection to be bound to',
      'ATTESTATION_BINDING_MISMATCH',
      ({ device, wire, challenge }) =>
        device.sign('attestation', device.attestation({ ...challenge, channelBinding: 'off' }, wire)),
    ],
    [
      'by another device, under its own name',
      'FRAME_MALFORMED',
      async ({ wire, challenge }) => {
        const { device: theirs } = await enrolled(running)
        return theirs.sign('attestation', theirs.attestation(challenge, wire))
      },
    ],
    [
      'by another device, under this one’s name',
      'DEVICE_UNKNOWN',
      async ({ device, wire, challenge }) => {
        const { device: theirs } = await enrolled(running)
        return theirs.sign('attestation', device.attestation(challenge, wire))
      },
    ],
    [
      'about another device',
      'ATTESTATION_BINDING_MISMATCH',
      async ({ device, wire, challenge }) => {
        const { device: theirs } = await enrolled(running)
        const { id, sequence, head } = device
        const made = Object.assign(theirs, { sequence, head }).attestation(challenge, wire)
        return device.sign('attestation', { ...made, device: id })
      },
    ],
    [
      'to enrol',
      'FRAME_MALFORMED',
      ({ device, wire, challenge }) => device.sign('attestation', device.attestation(challenge, wire, 'enrol')),
    ],
    [
      'to enrol, and says that it was not',
      'ATTESTATION_BINDING_MISMATCH',
      ({ device, wire, challenge }) => {
        const made = device.attestation(challenge, wire, 'enrol')
        const { enrolment: _, label: __, ...rest }: Attestation = made
        const { id, epoch, sequence, head } = device
        return device.sign('attestation', { ...rest, purpose: 'attest', device: id, epoch, sequence, head })
      },
    ],
    [
      'for an earlier place in the chain',
      'ATTESTATION_BINDING_MISMATCH',
      ({ device, wire, challenge }) => {
        const earlier = Object.assign(device.clone(), { sequence: 0, head: ZEROS })
        const { sequence, head } = device
        return device.sign('attestation', { ...earlier.attestation(challenge, wire), sequence, head })
      },
    ],
    [
      'in another epoch',
      'EPOCH_MISMATCH',
      ({ device, wire, challenge }) =>
        device.sign('attestation', Object.assign(device.clone(), { epoch: 2 }).attestation(challenge, wire)),
    ],
    [
      'in another epoch, and says that it was not',
      'ATTESTATION_BINDING_MISMATCH',
      ({ device, wire, challenge }) => {
        const made = Object.assign(device.clone(), { epoch: 2 }).attestation(challenge, wire)
        return device.sign('attestation', { ...made, epoch: 1 })
      },
    ],
  ])('%s', async (_, code, relay) => {
    const { device, wire: first } = await enrolled(running)
    first.send(await device.batch())
    await nextAck(first)
    const { wire, challenge } = await challenged(device)
    wire.send(await relay({ device, wire, challenge }))
    expect(await wire.refusal()).toBe(code)
    // The liar's connection is no session: the device's own goes on.
    first.send(await device.batch())
    expect((await nextAck(first)).sequence).toBe(2)
  })

  test('at another moment: word for word on a new connection', async () => {
    const { device } = await enrolled(running)
    const { wire, challenge } = await challenged(device)
    const signed = await device.sign('attestation', device.attestation(challenge, wire))
    wire.send(signed)
    await wire.nextOf('welcome')
    const { wire: later } = await challenged(device)
    later.send(signed)
    expect(await later.refusal()).toBe('NONCE_UNKNOWN')
  })

  test('on another connection, also without channel binding: a nonce has one connection', async () => {
    await using loose = await runningDirectory({ devices: { host: '127.0.0.1', port: 0, channelBinding: 'off' } })
    const { device, wire: first } = await enrolled(loose)
    const [ours, theirs] = [await challenged(device), await challenged(device)]
    ours.wire.send(await device.sign('attestation', device.attestation(theirs.challenge, ours.wire)))
    expect(await ours.wire.refusal()).toBe('NONCE_UNKNOWN')
    for (const wire of [first, theirs.wire]) wire.close()
  })

  test('before another, for a challenge that was replaced', async () => {
    const { device, wire } = await enrolled(running)
    const renew = JSON.stringify({ type: 'renew', reason: 'timer', sequence: 0, head: ZEROS })
    wire.send(renew)
    const first = await device.challenge(wire)
    wire.send(renew)
    await device.challenge(wire)
    wire.send(await device.sign('attestation', device.attestation(first, wire)))
    expect(await wire.refusal()).toBe('NONCE_UNKNOWN')
  })
})

describe('evidence is refused', () => {
  test('of another device, word for word', async () => {
    const [ours, theirs] = [await enrolled(running), await enrolled(running)]
    ours.wire.send(await theirs.device.batch())
    expect(await ours.wire.refusal()).toBe('SIGNATURE_INVALID')
  })

  test('that was said to another directory with the same key', async () => {
    const { device, wire } = await enrolled(running)
    const twin = speakingTo(other, device)
    const { wire: theirs } = await twin.enrol(await other.token())
    const said = await Object.assign(twin, { sequence: 0, head: ZEROS }).batch()
    wire.send(said)
    expect(await wire.refusal()).toBe('FRAME_MALFORMED')
    theirs.close()
  })

  test('with the other signature that the same key and message have', async () => {
    const order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')
    const { device, wire } = await enrolled(running)
    const said = await device.batch()
    wire.send(said)
    await nextAck(wire)
    const mirrored = withSignature(said, (signature) => {
      const s = order - BigInt(`0x${signature.subarray(32).toString('hex')}`)
      return Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')])
    })
    expect(fromBase64Url(mirrored.split('.')[2] ?? '')).toHaveLength(64)
    wire.send(mirrored)
    expect(await wire.refusal()).toBe('EVIDENCE_FORKED')
    expect(running.rows('SELECT jws FROM evidence WHERE device = ?', device.id ?? '')).toEqual([{ jws: said }])
  })

  test('of an earlier epoch, with the keys that are still those of the device', async () => {
    const { device, wire } = await enrolled(running)
    wire.send(await device.batch())
    await nextAck(wire)
    const old = await device.batch()
    const { welcome } = await device.clone().enrol(await running.token())
    await running.directory.services.reEnrolments.settle(welcome.reEnrolment ?? '', 'approve', 'test')
    const { wire: again } = await Object.assign(device.clone(), { epoch: 2, sequence: 0, head: ZEROS }).connect()
    again.send(old)
    expect(await again.refusal()).toBe('EPOCH_MISMATCH')
  })
})
