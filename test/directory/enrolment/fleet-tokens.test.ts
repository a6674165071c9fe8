import { come } from '../../support/directory/come.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'

/** Tokens of many uses: each device has one. */

let running: RunningDirectory
beforeAll(async () => {
  running = await runningDirectory()
})
afterAll(() => running[Symbol.asyncDispose]())

const fleetToken = (init: object = {}) => running.tokenWithId({ uses: 3, ...init })
const used = (id: string) => running.rows('SELECT used FROM tokens WHERE id = ?', id)[0]?.used
const pending = async (token: string) =>
  (await running.directory.store.pendingDevices.list({ status: 'pending', limit: 100 })).items.filter(
    (one) => one.token === token,
  )
const outcomes = async (enrolment: string, ...serials: readonly (string | undefined)[]) => {
  const all: string[] = []
  for (const serial of serials) {
    const { outcome, wire } = await come(running, enrolment, serial === undefined ? {} : { serial })
    wire.close()
    all.push(outcome)
  }
  return all
}

test('as many devices enrol as it has uses, each with a serial number of its own', async () => {
  const { id, enrolment } = await fleetToken()
  expect(await outcomes(enrolment, 'S1', 'S2', 'S3', 'S4')).toEqual(['accepted', 'accepted', 'accepted', 'TOKEN_USED'])
  expect(used(id)).toBe(3)
})

test('a serial number that came before waits for a human, and takes no second use', async () => {
  const { id, enrolment } = await fleetToken()
  const first = await come(running, enrolment, { serial: 'S1' })
  // However it is spelled.
  expect(await outcomes(enrolment, ' s1 ')).toEqual(['pending'])
  expect(used(id)).toBe(1)
  expect(await pending(id)).toMatchObject([
    { why: 'used-before', notes: [`${first.device.id} used the token with the same serial number`] },
  ])
  // The device that was first is not touched.
  first.wire.send(await first.device.batch())
  expect((await first.wire.nextOf('ack')).payload).toMatchObject({ sequence: 1 })
})

test('one serial number can make a human decide five times, not more', async () => {
  const { id, enrolment } = await fleetToken()
  expect(await outcomes(enrolment, ...Array(7).fill('S1'))).toEqual([
    'accepted',
    ...Array(4).fill('pending'),
    ...Array(2).fill('TOKEN_USED'),
  ])
  expect(used(id)).toBe(1)
  // The others are not kept out by it.
  expect(await outcomes(enrolment, 'S2')).toEqual(['accepted'])
})

test('a device without a TPM and without a serial number waits, and takes a use', async () => {
  const { id, enrolment } = await fleetToken()
  expect(await outcomes(enrolment, undefined, '   ', 'S1', 'S2')).toEqual([
    'pending',
    'pending',
    'accepted',
    'TOKEN_USED',
  ])
  expect((await pending(id)).map(({ why }) => why)).toEqual(['no-serial', 'no-serial'])
  expect(used(id)).toBe(3)
})

test('a reinstalled device is accepted as another one beside the first', async () => {
  const { enrolment } = await fleetToken()
  const first = await come(running, enrolment, { serial: 'S1' })
  const again = await come(running, enrolment, { serial: 'S1' })
  await running.directory.services.pendingDevices.settle(again.device.id ?? '', { outcome: 'accept' }, 'adm')
  expect(await again.wire.closed).toBe(1000)
  expect((await again.device.connect()).welcome.status).toBe('accepted')
  expect((await running.directory.store.devices.get(first.device.id ?? ''))?.status).toBe('active')
})

test('a refused device gives its serial number back', async () => {
  const { id, enrolment } = await fleetToken({ pending: 'all' })
  const thief = await come(running, enrolment, { serial: 'S1' })
  await running.directory.services.pendingDevices.settle(thief.device.id ?? '', { outcome: 'refuse' }, 'adm')
  await come(running, enrolment, { serial: 'S1' })
  expect(await pending(id)).toMatchObject([{ why: 'token', notes: [] }])
})

test('two devices race for the last use: one gets it', async () => {
  const { id, enrolment } = await fleetToken({ uses: 2 })
  expect(await outcomes(enrolment, 'S0')).toEqual(['accepted'])
  const racing = await Promise.all(['S1', 'S2', 'S3', 'S4'].map((serial) => come(running, enrolment, { serial })))
  expect(racing.map(({ outcome }) => outcome).toSorted()).toEqual([...Array(3).fill('TOKEN_USED'), 'accepted'])
  expect(used(id)).toBe(2)
  expect(running.rows('SELECT 1 FROM devices WHERE token = ?', id)).toHaveLength(2)
})

test('two devices race with one serial number: one waits', async () => {
  const { id, enrolment } = await fleetToken()
  const racing = await Promise.all(['S1', 'S1', 'S1'].map((serial) => come(running, enrolment, { serial })))
  expect(racing.map(({ outcome }) => outcome).toSorted()).toEqual(['accepted', 'pending', 'pending'])
  expect(used(id)).toBe(1)
})

test('a claim that was listened to is worth nothing on another connection', async () => {
  const { id, enrolment } = await fleetToken()
  const device = running.device()
  const wire = await device.dial()
  wire.send(device.helloToken(enrolment))
  const recorded = await device.sign('attestation', device.attestation(await device.challenge(wire), wire, 'enrol'))
  const thief = await device.dial()
  thief.send(device.helloToken(enrolment))
  await device.challenge(thief)
  thief.send(recorded)
  expect(await thief.refusal()).toBe('NONCE_UNKNOWN')
  wire.send(recorded)
  expect((await wire.nextOf('welcome')).payload).toMatchObject({ status: 'accepted' })
  wire.send(recorded)
  expect(await wire.refusal()).toBe('NONCE_UNKNOWN')
  expect(used(id)).toBe(1)
})

test('a revoked token enrols no device any more, and refuses no device that enrolled', async () => {
  const { id, enrolment } = await fleetToken()
  const first = await come(running, enrolment, { serial: 'S1' })
  first.wire.send(await first.device.batch())
  await first.wire.nextOf('ack')
  await running.directory.services.tokens.revoke(id, 'adm')
  expect(await outcomes(enrolment, 'S2', 'S1')).toEqual(['TOKEN_REVOKED', 'TOKEN_REVOKED'])
  first.wire.send(await first.device.batch())
  expect((await first.wire.nextOf('ack')).payload).toMatchObject({ sequence: 2 })
})

test('a token that does not tell devices apart admits those of one serial number', async () => {
  const { id, enrolment } = await fleetToken({ unbound: true })
  expect(await outcomes(enrolment, 'S1', 'S1', undefined, 'S1')).toEqual([
    ...['accepted', 'accepted', 'accepted'],
    'TOKEN_USED',
  ])
  expect(used(id)).toBe(3)
})

test('serial numbers of one token mean nothing to another one', async () => {
  const [one, two] = [await fleetToken(), await fleetToken()]
  expect(await outcomes(one.enrolment, 'S1')).toEqual(['accepted'])
  expect(await outcomes(two.enrolment, 'S1')).toEqual(['accepted'])
})
