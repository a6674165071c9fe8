import { toBase64Url } from '../../../src/base/bytes.ts'
import type { Attestation } from '../../../src/protocol/messages/frames.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { type ScriptedDevice, type Wire, ZEROS } from '../../support/directory/scripted-device.ts'
import { FakeClock } from '../../support/fake-clock.ts'

/** What the directory answers to a token hello. */
async function refusalOfToken(device: ScriptedDevice, enrolment: string): Promise<string> {
  const wire = await device.dial()
  wire.send(device.helloToken(enrolment))
  return wire.refusal()
}

/** What it answers to an enrolment whose attestation was spoilt. */
async function refusalOfAttestation(
  running: RunningDirectory,
  spoil: (attestation: Attestation, device: ScriptedDevice, wire: Wire) => object | Promise<object>,
): Promise<string> {
  const device = running.device()
  const wire = await device.dial()
  wire.send(device.helloToken(await running.token()))
  const honest = device.attestation(await device.challenge(wire), wire, 'enrol')
  wire.send(await device.sign('attestation', await spoil(honest, device, wire)))
  return wire.refusal()
}

let running: RunningDirectory
beforeAll(async () => {
  running = await runningDirectory()
})
afterAll(() => running[Symbol.asyncDispose]())

describe('tokens', () => {
  test('an unknown token and a wrong secret are the same refusal', async () => {
    const device = running.device()
    const { id, enrolment } = await running.tokenWithId()
    const wire = await device.dial()
    wire.send(device.hello({ epoch: 0, token: { id, secret: toBase64Url(new Uint8Array(32)) } }))
    expect(await wire.refusal()).toBe('TOKEN_UNKNOWN')
    const wire2 = await device.dial()
    wire2.send(device.hello({ token: { id: `tok_${'A'.repeat(22)}`, secret: toBase64Url(new Uint8Array(32)) } }))
    expect(await wire2.refusal()).toBe('TOKEN_UNKNOWN')
    expect((await device.enrol(enrolment)).welcome.status).toBe('accepted')
  })

  test('a revoked token is refused', async () => {
    const { id, enrolment } = await running.tokenWithId()
    await running.directory.services.tokens.revoke(id, 'test')
    expect(await refusalOfToken(running.device(), enrolment)).toBe('TOKEN_REVOKED')
  })

  test('a token revoked between hello and attestation is refused, and makes nothing', async () => {
    const { id, enrolment } = await running.tokenWithId()
    const device = running.device()
    const wire = await device.dial()
    wire.send(device.helloToken(enrolment))
    const challenge = await device.challenge(wire)
    await running.directory.services.tokens.revoke(id, 'test')
    wire.send(await device.sign('attestation', device.attestation(challenge, wire, 'enrol')))
    expect(await wire.refusal()).toBe('TOKEN_REVOKED')
    expect(running.rows('SELECT * FROM devices WHERE token = ?', id)).toEqual([])
  })

  test('an expired token is refused', async () => {
    const clock = new FakeClock(Date.now())
    await using own = await runningDirectory({}, { clock })
    const enrolment = await own.token({ ttlMs: 1000 })
    clock.jump(1000)
    expect(await refusalOfToken(own.device(), enrolment)).toBe('TOKEN_EXPIRED')
  })

  test('an expired token with which one device may ask again enrols no other', async () => {
    const clock = new FakeClock(Date.now())
    await using own = await runningDirectory({}, { clock })
    const enrolment = await own.token({ ttlMs: 1000, uses: 2, unbound: true })
    const { wire: unconfirmed } = await own.device().enrol(enrolment)
    clock.jump(1000)
    const device = own.device()
    const wire = await device.dial()
    wire.send(device.helloToken(enrolment))
    wire.send(await device.sign('attestation', device.attestation(await device.challenge(wire), wire, 'enrol')))
    expect(await wire.refusal()).toBe('TOKEN_EXPIRED')
    unconfirmed.close()
  })

  test('refuses a used token at once from its device, and before that from other keys', async () => {
    const { id, enrolment } = await running.tokenWithId()
    const device = running.device()
    const { wire } = await device.enrol(enrolment)
    const thief = running.device()
    const theirs = await thief.dial()
    theirs.send(thief.helloToken(enrolment))
    theirs.send(await thief.sign('attestation', thief.attestation(await thief.challenge(theirs), theirs, 'enrol')))
    expect(await theirs.refusal()).toBe('TOKEN_USED')
    wire.send(await device.batch())
    await wire.nextOf('ack')
    expect(await refusalOfToken(running.device(), enrolment)).toBe('TOKEN_USED')
    expect(running.rows('SELECT used FROM tokens WHERE id = ?', id)).toEqual([{ used: 1 }])
  })

  test('a lost welcome: the same keys with the same token get the same device', async () => {
    const enrolment = await running.token()
    const device = running.device()
    const { wire, welcome } = await device.enrol(enrolment)
    wire.close()
    device.id = undefined
    const again = await device.enrol(enrolment)
    expect({ device: again.welcome.device, epoch: again.welcome.epoch }).toEqual({
      device: welcome.device,
      epoch: welcome.epoch,
    })
    again.wire.close()
  })

  test('a token for another serial number is refused before any signature is looked at', async () => {
    const device = running.device()
    const wire = await device.dial()
    wire.send(device.helloToken(await running.token({ serial: 'S-2' })))
    const honest = device.attestation(await device.challenge(wire), wire, 'enrol')
    const signed = await device.sign('attestation', honest)
    wire.send(`${signed.slice(0, -86)}${'A'.repeat(86)}`)
    expect(await wire.refusal()).toBe('TOKEN_SERIAL_MISMATCH')
  })

  test('a token with two uses enrols two devices, and no third', async () => {
    const { enrolment } = await running.tokenWithId({ uses: 2, unbound: true })
    for (const device of [running.device(), running.device()]) {
      const { wire } = await device.enrol(enrolment)
      wire.send(await device.batch())
      await wire.nextOf('ack')
      wire.close()
    }
    expect(await refusalOfToken(running.device(), enrolment)).toBe('TOKEN_USED')
  })

  test('secrets are nowhere in the database', async () => {
    const enrolment = await running.token()
    const secret = JSON.parse(Buffer.from(enrolment.split('.')[1] ?? '', 'base64url').toString()).secret
    expect(
      JSON.stringify([...running.rows('SELECT * FROM tokens'), ...running.rows('SELECT * FROM activity')]),
    ).not.toContain(secret)
  })
})

describe('an enrolment is refused', () => {
  test('when its tier is below the minimum of the token', async () => {
    const device = running.device()
    const wire = await device.dial()
    wire.send(device.helloToken(await running.token({ minimumTier: 'tpm' })))
    wire.send(await device.sign('attestation', device.attestation(await device.challenge(wire), wire, 'enrol')))
    expect(await wire.refusal()).toBe('TIER_TOO_LOW')
    expect(running.rows("SELECT detail_json AS json FROM activity WHERE kind = 'enrolment-refused'")).toContainEqual({
      json: expect.stringContaining('TIER_TOO_LOW'),
    })
  })

  test.each<[string, string, Parameters<typeof refusalOfAttestation>[1]]>([
    ['with the nonce of nobody', 'NONCE_UNKNOWN', (honest) => ({ ...honest, nonce: ZEROS })],
    ['bound to something else', 'ATTESTATION_BINDING_MISMATCH', (honest) => ({ ...honest, binding: ZEROS })],
    [
      'with another posture than was bound',
      'ATTESTATION_BINDING_MISMATCH',
      (honest) => ({ ...honest, posture: honest.nonce }),
    ],
    ['with a claim of evidence', 'FRAME_MALFORMED', (honest) => ({ ...honest, sequence: 3 })],
    ['without saying what its keys are', 'FRAME_MALFORMED', ({ enrolment: _, ...honest }) => honest],
    ['without a label', 'FRAME_MALFORMED', ({ label: _, ...honest }) => honest],
    ['for the purpose of another message', 'FRAME_MALFORMED', (honest) => ({ ...honest, purpose: 'attest' })],
    ['with a member nobody knows', 'FRAME_MALFORMED', (honest) => ({ ...honest, extra: 1 })],
    [
      'signed by another key than it claims',
      'SIGNATURE_INVALID',
      (honest) => {
        const claim = { keyKind: 'software' as const, applicationKey: toBase64Url(running.device().spki) }
        return { ...honest, enrolment: claim }
      },
    ],
    [
      'with a key that is none',
      'KEY_MALFORMED',
      (honest) => ({ ...honest, enrolment: { keyKind: 'software', applicationKey: 'AAAA' } }),
    ],
    [
      'made on another connection',
      'ATTESTATION_BINDING_MISMATCH',
      async (_honest, device, wire) => {
        const other = await device.dial()
        other.send(device.helloToken(await running.token()))
        const theirs = await device.challenge(other)
        const relayed = device.attestation({ ...theirs, nonce: _honest.nonce }, other, 'enrol')
        other.close()
        return wire === other ? {} : relayed
      },
    ],
  ])('%s', async (_, code, spoil) => expect(await refusalOfAttestation(running, spoil)).toBe(code))

  test('for ever, without filling the record', async () => {
    const { id, enrolment } = await running.tokenWithId()
    for (let i = 0; i < 103; i++) {
      const device = running.device()
      const wire = await device.dial()
      wire.send(device.helloToken(enrolment))
      await device.challenge(wire)
      wire.send('no attestation')
      await wire.refusal()
    }
    const kept = running.rows(
      "SELECT detail_json AS json FROM activity WHERE kind = 'enrolment-refused' AND detail_json LIKE ?",
      `%${id}%`,
    )
    expect(kept).toHaveLength(100)
    expect(kept.filter(({ json }) => String(json).includes('"moreNotKept":true'))).toHaveLength(1)
  })

  test('when the second frame is no attestation', async () => {
    const device = running.device()
    const wire = await device.dial()
    wire.send(device.helloToken(await running.token()))
    await device.challenge(wire)
    wire.send(await device.batch({ sub: `dev_${'A'.repeat(22)}` }))
    expect(await wire.refusal()).toBe('SIGNATURE_HEADER_REFUSED')
  })
})

describe('a known key with a new token', () => {
  async function knownDevice() {
    const device = running.device()
    const { wire } = await device.enrol(await running.token())
    wire.send(await device.batch({ findings: [{ check: 'os.supported', state: 'pass', detail: 'ok' }] }))
    await wire.nextOf('ack')
    return { device, wire }
  }

  test('waits for a human; approved, it is the same device in a new epoch', async () => {
    const { device, wire: older } = await knownDevice()
    const reinstalled = device.clone()
    const { wire, welcome } = await reinstalled.enrol(await running.token())
    const reEnrolment = welcome.reEnrolment ?? ''
    expect(welcome).toMatchObject({ status: 'pending', device: device.id, epoch: 2, sequence: 0, head: ZEROS })

    Object.assign(reinstalled, { sequence: 0, head: ZEROS })
    expect(await reinstalled.refused()).toBe('ENROLMENT_PENDING')

    await running.directory.services.reEnrolments.settle(reEnrolment, 'approve', 'test')
    expect(await wire.closed).toBe(1000)
    expect(await older.refusal()).toBe('EPOCH_MISMATCH')
    const back = await reinstalled.connect()
    expect(back.welcome).toMatchObject({ status: 'accepted', device: device.id, epoch: 2, sequence: 0 })
    back.wire.close()

    expect(await device.refused()).toBe('EPOCH_MISMATCH')
    expect(running.rows('SELECT check_name FROM findings WHERE device = ?', device.id ?? '')).toEqual([])
  })

  test('denied, it learns so, and the old epoch continues', async () => {
    const { device, wire: older } = await knownDevice()
    const reinstalled = device.clone()
    const { welcome } = await reinstalled.enrol(await running.token())
    await running.directory.services.reEnrolments.settle(welcome.reEnrolment ?? '', 'deny', 'test')
    Object.assign(reinstalled, { sequence: 0, head: ZEROS })
    expect(await reinstalled.refused()).toBe('ENROLMENT_DENIED')
    older.send(await device.batch())
    expect((await older.nextOf('ack')).payload.sequence).toBe(2)
    const approve = () => running.directory.services.reEnrolments.settle(welcome.reEnrolment ?? '', 'approve', 'test')
    expect(await codeThrown(approve)).toBe('CONFLICT')
  })

  test('one connection waits for a re-enrolment: the newest', async () => {
    const { device } = await knownDevice()
    const token = await running.token()
    const { wire, welcome } = await device.clone().enrol(token)
    const { wire: newer, welcome: same } = await device.clone().enrol(token)
    expect(same.reEnrolment).toBe(welcome.reEnrolment)
    expect(await wire.refusal()).toBe('SESSION_SUPERSEDED')
    await running.directory.services.reEnrolments.settle(welcome.reEnrolment ?? '', 'deny', 'test')
    expect(await newer.closed).toBe(1000)
  })

  test('while it waits it may say nothing', async () => {
    const { device } = await knownDevice()
    const { wire } = await device.clone().enrol(await running.token())
    wire.send(await device.batch())
    expect(await wire.refusal()).toBe('ENROLMENT_PENDING')
  })
})

describe('at once', () => {
  const statusOf = (device: ScriptedDevice, enrolment: string) =>
    device.enrol(enrolment).then(
      ({ welcome }) => welcome.status,
      () => 'refused',
    )

  test('of two devices with the last use of a token one enrols', async () => {
    const { id, enrolment } = await running.tokenWithId()
    const both = await Promise.all([statusOf(running.device(), enrolment), statusOf(running.device(), enrolment)])
    expect(both.toSorted()).toEqual(['accepted', 'refused'])
    expect((await running.directory.store.tokens.get(id))?.used).toBe(1)
  })

  test('one device that enrols twice is one device, and uses its token once', async () => {
    const { id, enrolment } = await running.tokenWithId()
    const device = running.device()
    const both = await Promise.all([device.enrol(enrolment), device.clone().enrol(enrolment)])
    expect(new Set(both.map(({ welcome }) => welcome.device)).size).toBe(1)
    expect((await running.directory.store.tokens.get(id))?.used).toBe(1)
  })

  test('of two decisions on a re-enrolment one counts', async () => {
    const device = running.device()
    await device.enrol(await running.token())
    const { welcome } = await device.enrol(await running.token())
    const settle = (outcome: 'approve' | 'deny') =>
      running.directory.services.reEnrolments.settle(welcome.reEnrolment ?? '', outcome, 'test')
    const [approved, denied] = await Promise.allSettled([settle('approve'), settle('deny')])
    expect([approved?.status, denied?.status]).toEqual(['fulfilled', 'rejected'])
  })
})
