import { createHash, createPublicKey } from 'node:crypto'
import { toBase64Url } from '../../../src/base/bytes.ts'
import { readDelegations } from '../../../src/crypto/delegation.ts'
import { splitJws, verifyJws } from '../../../src/crypto/jws.ts'
import type { AttestationResult } from '../../../src/protocol/attestation-result.ts'
import { newTestId, startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { seedDevice } from '../../support/directory/seeded-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'

let directory: TestDirectory
let token: string
beforeEach(async () => {
  directory = await startTestDirectory()
  const service = { kind: 'service', name: 'vpn', role: 'decide', ttlMs: 3_600_000 } as const
  token = directory.services.principals.add(service, 'adm_test').token
})
afterEach(() => directory[Symbol.asyncDispose]())

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
    directory.store.results.put(device, {
      ...{ verdict: 'compliant', tier: 'software', reasons: [], proven: [], reported: [] },
      ...{ appraisedAt: now, validUntil: now + 3_600_000 },
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
      ...{ ok: true, device, owner: 'ada@example.org', matched, verdict: 'compliant', reasons: [], tier: 'software' },
      ...{ presence: 'connected', issuedAt: now, validUntil: now + 3_600_000, jws: expect.any(String) },
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
    directory.services.devices.retire(device, 'stolen', 'adm_test')
    const { json } = await ask(device)
    expect(json).toMatchObject({ ok: false })
    expect(json).not.toHaveProperty('presence')
    expect((await ask('gone')).status).toBe(404)
  })

  test('retired, with a good result that was left behind', async () => {
    const device = await seed()
    directory.store.devices.retire(device)
    expect((await ask(device)).json).toMatchObject({ ok: false, verdict: 'compliant' })
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
  test('is by the key of the authority, which the root key delegated, over the members of the answer', async () => {
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
  test('for a minute at most, for this user only, and never beyond the end of the verdict', async () => {
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
