import { createHash, createPublicKey } from 'node:crypto'
import { toBase64Url } from '../../../src/base/bytes.ts'
import { readDelegations } from '../../../src/crypto/delegation.ts'
import { splitJws, verifyJws } from '../../../src/crypto/jws.ts'
import type { AttestationResult } from '../../../src/protocol/messages/attestation-result.ts'
import type { CreatedStop } from '../../../src/protocol/nouns/agents/stops.ts'
import type { DeviceVerdict } from '../../../src/protocol/nouns/devices/verdict.ts'
import { newTestId, startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { seedDevice } from '../../support/directory/seeded-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { frozen, nothing, answer as report, work } from '../stops/stop-fixture.ts'

let directory: TestDirectory
let token: string
directoryForAll(async (started) => {
  directory = started
  const service = { kind: 'service', name: 'vpn', role: 'decide', ttlMs: 3_600_000 } as const
  token = (await directory.services.principals.add(service, 'adm_test')).token
})

interface Named {
  readonly hostname?: string
  readonly serial?: string
  readonly owner?: string
  readonly result?: Partial<AttestationResult> | null
}

let seeds = 0
/** @param named.result null: the device was not appraised yet. */
async function seed({ hostname = 'laptop-1', serial, owner = 'alice@example.org', result = {} }: Named = {}) {
  const { device } = await seedDevice(directory, testKey(`verdict ${seeds++}`))
  const label = { hostname, platform: 'linux', arch: 'x64', ...(serial === undefined ? {} : { serial }) }
  directory.database
    .prepare('UPDATE devices SET label_json = ?, owner = ? WHERE id = ?')
    .run(JSON.stringify(label), owner, device)
  const now = directory.clock.now()
  if (result === null) directory.database.prepare('DELETE FROM results WHERE device = ?').run(device)
  else {
    await directory.store.results.put(device, {
      verdict: 'compliant',
      tier: 'software',
      reasons: [],
      proven: [],
      reported: [],
      appraisedAt: now,
      validUntil: now + 3_600_000,
      ...result,
    })
  }
  return device
}

const ask = (reference: string, headers: Readonly<Record<string, string>> = {}) =>
  directory.ask('GET', `/api/v1/devices/${encodeURIComponent(reference)}/verdict`, { token, headers })
const asJose = (reference: string) => ask(reference, { accept: 'application/jose' })

test.each([
  ['id', (id: string) => id],
  ['host', () => 'laptop-1'],
  ['host', () => 'LAPTOP-1'],
  ['serial', () => 'C02XK1'],
  ['owner', () => 'ada@example.org'],
])('a device is found by its %s', async (matched, reference) => {
  const device = await seed({ serial: 'C02XK1', owner: 'ada@example.org' })
  await seed({ hostname: 'other', serial: 'other', owner: 'bob@example.org' })
  directory.connected.add(device)
  const { status, json } = await ask(reference(device))
  const now = directory.clock.now()
  expect({ status, json }).toEqual({
    status: 200,
    json: {
      ok: true,
      device,
      owner: 'ada@example.org',
      matched,
      verdict: 'compliant',
      reasons: [],
      tier: 'software',
      stops: { standing: 0, answered: 0, required: false },
      presence: 'connected',
      issuedAt: now,
      validUntil: now + 3_600_000,
      jws: expect.any(String),
    },
  })
})

describe('no device passes as good that is not', () => {
  const reason = { check: 'disk.root-encrypted', state: 'fail', reason: 'no' } as const
  test.each<[string, Partial<AttestationResult> | null, string]>([
    ['not compliant', { verdict: 'not-compliant', reasons: [reason] }, 'not-compliant'],
    ['unknown', { verdict: 'unknown' }, 'unknown'],
    ['stored as stale', { verdict: 'stale' }, 'stale'],
    ['not appraised', null, 'unknown'],
  ])('%s', async (_name, result, verdict) => {
    const { json } = await ask(await seed({ result }))
    expect(json).toMatchObject({ ok: false, verdict })
  })

  test('after the end of its result', async () => {
    const device = await seed()
    await directory.clock.advance(3_600_001)
    token = directory.token
    const answer = await ask(device)
    expect(answer.json).toMatchObject({ ok: false, verdict: 'stale', validUntil: directory.clock.now() - 1 })
    expect(answer.headers['cache-control']).toBe('private, max-age=0, must-revalidate')
  })

  test('retired, by id: it has no presence; by name it is gone', async () => {
    const device = await seed({ hostname: 'gone' })
    await directory.services.devices.retire(device, 'stolen', 'adm_test')
    const { json } = await ask(device)
    expect(json).toMatchObject({ ok: false })
    expect(json).not.toHaveProperty('presence')
    expect((await ask('gone')).status).toBe(404)
  })

  test('retired, with a good result that was left behind', async () => {
    const device = await seed()
    await directory.store.devices.retire(device)
    expect((await ask(device)).json).toMatchObject({ ok: false, verdict: 'compliant' })
  })
})

describe('stops', () => {
  const stop = async (selector: object, kind = 'freeze') => {
    const answer = await directory.ask('POST', '/api/v1/stops', { body: { kind, selector, reason: 'r' } })
    return (answer.json as CreatedStop).stop?.id ?? ''
  }
  const release = (id: string) => directory.ask('POST', `/api/v1/stops/${id}/release`, { body: { reason: 'over' } })
  const answered = async (device: string) => {
    const { ok, verdict, stops } = (await ask(device)).json as DeviceVerdict
    return { ok, verdict, ...stops }
  }
  const weighStops = (word: string, ...lines: readonly string[]) =>
    directory.services.policies.set(['schema: surety/policy@1', ...lines, `stop-answers: ${word}`].join('\n'), {
      actor: 'adm_test',
      force: true,
    })
  const good = { ok: true, verdict: 'compliant' }

  test('an unanswered one shows, and by default does not count', async () => {
    const device = await seed()
    const other = await seed({ hostname: 'laptop-2' })
    directory.connected.add(device)
    const [mine] = [
      await stop({ device }),
      await stop({ device }),
      await stop({ device: other }),
      await stop({ device }, 'drill'),
    ]
    const [first] = (await work(directory)).filter((order) => order.stop?.id === mine)
    expect(await answered(device)).toEqual({ ...good, standing: 2, answered: 0, required: false })
    if (first === undefined) throw new Error('no order')
    await report(directory, first, { stop: frozen(1, 1) })
    expect(await answered(device)).toEqual({ ...good, standing: 2, answered: 1, required: false })
    expect(await answered(other)).toEqual({ ...good, standing: 1, answered: 0, required: false })
  })

  test('an unanswered one excludes the device if policy says, until answer or release', async () => {
    const device = await seed()
    await weighStops('required')
    directory.connected.add(device)
    const ids = [await stop({ device }), await stop({ device }, 'retire')]
    expect(await answered(device)).toEqual({ ok: true, verdict: 'compliant', standing: 0, answered: 0, required: true })
    const orders = await work(directory)
    expect(await answered(device)).toEqual({
      ok: false,
      verdict: 'compliant',
      standing: 2,
      answered: 0,
      required: true,
    })
    for (const order of orders.slice(0, 1)) await report(directory, order, { stop: nothing })
    // A device that could not stop everything has not answered.
    for (const order of orders.slice(1)) await report(directory, order, { outcome: 'failed', code: 'STOP_INCOMPLETE' })
    expect(await answered(device)).toMatchObject({ ok: false, standing: 2, answered: 1 })
    const unanswered = orders[1]?.stop?.id ?? ''
    expect(ids).toContain(unanswered)
    await release(unanswered)
    expect(await answered(device)).toMatchObject({ ok: true, standing: 1, answered: 1 })
    await weighStops('advisory')
    expect(await answered(device)).toMatchObject({ ok: true, required: false })
  })

  test('they are signed, and a new one is another answer to a cache', async () => {
    const device = await seed()
    const { etag = '' } = (await ask(device)).headers
    await stop({ device })
    await work(directory)
    const changed = await ask(device, { 'if-none-match': String(etag) })
    expect(changed.status).toBe(200)
    const { payload } = splitJws('verdict', (changed.json as DeviceVerdict).jws)
    expect(JSON.parse(payload)).toMatchObject({ stops: { standing: 1, answered: 0 } })
  })

  test('what waits for a second person, and what has ended, does not count', async () => {
    const device = await seed()
    for (const other of ['a', 'b']) await seed({ hostname: other })
    const waiting = await startTestDirectory({ stops: { confirmAbove: 0, emergency: true } })
    await using _ = waiting
    const { device: alone } = await seedDevice(waiting, testKey('alone'))
    await waiting.ask('POST', '/api/v1/stops', { body: { kind: 'freeze', selector: { all: true }, reason: 'r' } })
    await work(waiting)
    const verdict = (await waiting.ask('GET', `/api/v1/devices/${alone}/verdict`)).json
    expect(verdict).toMatchObject({ stops: { standing: 0, answered: 0 } })
    const until = directory.clock.now() + 60_000
    await directory.ask('POST', '/api/v1/stops', { body: { kind: 'freeze', selector: { device }, reason: 'r', until } })
    await work(directory)
    expect(await answered(device)).toMatchObject({ standing: 1 })
    await directory.clock.advance(60_001)
    expect(await answered(device)).toMatchObject({ standing: 0 })
  })
})

describe('a name that is not one device is refused', () => {
  test.each([
    ['two hosts', { hostname: 'same' }, { hostname: 'SAME' }, 'same', '2 devices match "same" by host: '],
    ['a host and an owner', { hostname: 'ada' }, { owner: 'ada' }, 'ada', '2 devices match "ada" by host and owner: '],
    ['a host and a serial', { hostname: 'X1' }, { serial: 'X1' }, 'X1', '2 devices match "X1" by host and serial: '],
  ])('%s: with their number, and no id', async (_name, first, second, reference, message) => {
    const devices = [await seed(first), await seed(second)]
    const { status, json, text } = await ask(reference)
    expect({ status, json }).toMatchObject({
      status: 409,
      json: { code: 'CONFLICT', detail: expect.stringContaining(message) },
    })
    for (const device of devices) expect(text).not.toContain(device)
  })

  test.each([
    ['an unknown name', 'nowhere'],
    ['the beginning of a host name', 'lapto'],
    ['a pattern', 'laptop%'],
    ['an id of no device', newTestId('dev')],
    ['SQL', "x' OR '1'='1"],
    ['a null byte', 'laptop-1\0'],
  ])('%s', async (_name, reference) => {
    await seed()
    const { status, json } = await ask(reference)
    expect({ status, json }).toMatchObject({ status: 404, json: { code: 'DEVICE_UNKNOWN' } })
  })

  test('the beginning of an id', async () => {
    const device = await seed()
    expect((await ask(device.slice(0, 12))).status).toBe(404)
  })

  test('a long one', async () => expect((await ask('a'.repeat(257))).status).toBe(400))

  test('a device that calls itself like the id of another is not that one', async () => {
    const good = await seed({ hostname: 'good' })
    await seed({ hostname: good, result: { verdict: 'not-compliant' } })
    expect((await ask(good)).json).toMatchObject({ ok: true, device: good, matched: 'id' })
    const absent = newTestId('dev')
    await seed({ hostname: absent })
    expect((await ask(absent)).status).toBe(404)
  })
})

describe('the signature', () => {
  test('is signed by the key that the root delegated, over the members of the answer', async () => {
    const device = await seed()
    const { json } = await ask(device)
    const { jws, ...members } = json as Readonly<Record<string, unknown>> & { readonly jws: string }
    const { verdicts, pins } = (await directory.ask('GET', '/api/v1/authority', { token })).json as {
      readonly verdicts: { readonly publicKey: string; readonly delegation: string; readonly root: string }
      readonly pins: { readonly root: string }
    }
    const key = createPublicKey(verdicts.publicKey)
    expect(JSON.parse(verifyJws(splitJws('verdict', jws), key))).toEqual({ type: 'verdict', ...members })
    const root = Buffer.from(verdicts.root, 'base64url')
    expect(toBase64Url(createHash('sha256').update(root).digest())).toBe(pins.root)
    const rootKey = createPublicKey({ key: root, format: 'der', type: 'spki' })
    const init = { rootKey, purpose: 'acknowledgements', now: directory.clock.now() } as const
    const [delegated] = readDelegations([verdicts.delegation], init)
    expect(delegated?.key.equals(key)).toBe(true)
  })

  test('is the whole answer as application/jose', async () => {
    const answer = await asJose(await seed())
    expect(answer.headers['content-type']).toBe('application/jose')
    const key = createPublicKey(directory.authority.acknowledgementKey)
    expect(JSON.parse(verifyJws(splitJws('verdict', answer.text), key))).toMatchObject({ ok: true })
  })

  test('does not fit a changed answer, nor another kind of message', async () => {
    const { text } = await asJose(await seed({ result: { verdict: 'not-compliant' } }))
    const key = createPublicKey(directory.authority.acknowledgementKey)
    const [header, payload = '', signature] = text.split('.')
    const forged = Buffer.from(payload, 'base64url').toString().replace('"ok":false', '"ok":true')
    const changed = `${header}.${Buffer.from(forged).toString('base64url')}.${signature}`
    expect(() => verifyJws(splitJws('verdict', changed), key)).toThrow()
    expect(() => splitJws('ack', text)).toThrow()
  })
})

describe('caching', () => {
  test('for a minute at most, for this user only, and never after the verdict ends', async () => {
    const now = directory.clock.now()
    const long = await ask(await seed())
    const short = await ask(await seed({ hostname: 'b', result: { validUntil: now + 5_999 } }))
    expect([long, short].map(({ headers }) => headers['cache-control'])).toEqual([
      'private, max-age=60, must-revalidate',
      'private, max-age=5, must-revalidate',
    ])
    expect(long.headers.vary).toBe('accept, authorization')
  })

  test('an unchanged verdict is 304, a changed one is not', async () => {
    const device = await seed()
    const etag = String((await ask(device)).headers.etag)
    await directory.clock.advance(1000)
    expect(await ask(device, { 'if-none-match': `"x", ${etag}` })).toMatchObject({ status: 304, text: '' })
    expect((await ask(device, { 'if-none-match': etag, accept: 'application/jose' })).status).toBe(200)
    expect((await ask(device, { 'if-none-match': etag.slice(0, -2) })).status).toBe(200)
    directory.connected.add(device)
    expect((await ask(device, { 'if-none-match': etag })).status).toBe(200)
  })

  test('no other answer of the API is kept', async () => {
    for (const path of ['/api/v1/authority', '/api/v1/devices/nowhere/verdict']) {
      expect((await directory.ask('GET', path, { token })).headers['cache-control']).toBe('no-store')
    }
  })
})
