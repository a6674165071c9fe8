import { compactVerify, importJWK } from 'jose'
import { takeInApprovals } from '../../../src/directory/approvals/take-in-approvals.ts'
import { parseEnrolmentString } from '../../../src/protocol/messages/enrolment-string.ts'
import { newTestId, startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { AGENT_KEY, DEVICE_KEY, HOSTILE_NAME, seedDevice } from '../../support/directory/seeded-directory.ts'
import { sampleRequest } from '../../support/protocol/approval-samples.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { ask, CATALOGUE, refusal } from '../http/documented-answers.ts'

let directory: TestDirectory

let seeded: Awaited<ReturnType<typeof seedDevice>>
beforeAll(async () => {
  directory = await startTestDirectory()
  seeded = await seedDevice(directory)
  await directory.services.catalogues.set(CATALOGUE, 'adm')
})
afterAll(() => directory[Symbol.asyncDispose]())

test('returns a device with verdict, findings and first failures, as JSON only', async () => {
  const { status, json, headers } = await ask(directory, 'GET', 'getDevice', `/devices/${seeded.device}`)
  const now = directory.clock.now()
  expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'application/json; charset=utf-8' })
  expect(json).toEqual({
    id: seeded.device,
    owner: 'alice@example.org',
    label: { hostname: HOSTILE_NAME, platform: 'linux', arch: 'x64' },
    tier: 'software',
    epoch: 1,
    status: 'active',
    forked: false,
    enrolledAt: now,
    lastSeenAt: now,
    presence: 'silent',
    result: {
      verdict: 'not-compliant',
      tier: 'software',
      reasons: [{ check: 'disk.root-encrypted', state: 'fail', reason: HOSTILE_NAME, since: now - 5000 }],
      proven: ['possession of the device key'],
      reported: ['posture'],
      attestedAt: now,
      appraisedAt: now,
      validUntil: now + 3_600_000,
    },
    attestation: { attestedAt: now },
    notes: ['the key is in no hardware'],
    findings: [
      { check: 'disk.root-encrypted', state: 'fail', explanation: HOSTILE_NAME, since: now - 5000, reportedAt: now },
      { check: 'os.supported', state: 'pass', explanation: 'Debian 13', reportedAt: now },
    ],
    inventory: {
      hostname: HOSTILE_NAME,
      platform: 'linux',
      arch: 'x64',
      osName: 'Debian',
      osVersion: '13',
      kernel: '6.12',
    },
    health: [{ code: 'SPOOL_FULL', remedy: 'make room', since: now }],
    tamperSigns: [],
    unprocessed: [{ part: 'sightings', sequence: 1, message: 'too many', since: now }],
    head: { sequence: 1, hash: seeded.hash },
  })
})

test('findings, sightings, sources and orders of a device', async () => {
  const now = directory.clock.now()
  const of = async (operation: string, rest: string) =>
    (await ask(directory, 'GET', operation, `/devices/${seeded.device}/${rest}`)).json
  expect(await of('listFindings', 'findings')).toMatchObject({ items: [{ since: now - 5000 }, { state: 'pass' }] })
  expect(await of('listSources', 'sources')).toEqual({
    items: [{ source: 'processes', state: 'parsed', items: 3, durationMs: 1.5 }],
  })
  expect(await of('listSightings', 'sightings?kind=extension')).toMatchObject({
    items: [{ sighting: { kind: 'extension', name: HOSTILE_NAME }, firstSeenAt: now, lastSeenAt: now }],
  })
  expect(await of('listSightings', 'sightings?kind=agent&limit=1')).toMatchObject({
    items: [{ sighting: { id: '0'.repeat(32) } }],
    next: '0'.repeat(32),
  })
  expect(await of('listSightings', `sightings?kind=agent&cursor=${'0'.repeat(32)}`)).toMatchObject({
    items: [{ sighting: { id: '2'.repeat(32) } }],
  })
  expect(await of('listSightings', 'sightings?state=gone')).toEqual({ items: [] })
  await directory.store.sightings.end(seeded.device, ['2'.repeat(32)], now)
  expect(await of('listSightings', 'sightings?state=gone')).toMatchObject({
    items: [{ sighting: { id: '2'.repeat(32) }, goneAt: now }],
  })
})

test('archived evidence verifies with plain jose and the published key', async () => {
  const list = (await ask(directory, 'GET', 'listEvidence', `/devices/${seeded.device}/evidence`)).json
  const now = directory.clock.now()
  expect(list).toEqual({
    items: [{ epoch: 1, sequence: 1, hash: seeded.hash, receivedAt: now, sizeBytes: seeded.evidence.length }],
  })
  const raw = await ask(directory, 'GET', 'getEvidence', `/devices/${seeded.device}/evidence/1/1`)
  expect({ status: raw.status, type: raw.headers['content-type'], text: raw.text }).toEqual({
    status: 200,
    type: 'application/jose',
    text: seeded.evidence,
  })
  const jwk = (await ask(directory, 'GET', 'getDeviceKey', `/devices/${seeded.device}/key`)).json
  expect(jwk).toEqual({
    kty: 'EC',
    crv: 'P-256',
    x: DEVICE_KEY.jwk.x,
    y: DEVICE_KEY.jwk.y,
    alg: 'ES256',
    use: 'sig',
    kid: seeded.device,
  })
  expect((await ask(directory, 'GET', 'getDeviceKey', `/devices/${seeded.device}/key?epoch=1`)).json).toEqual(jwk)
  expect((await ask(directory, 'GET', 'getDeviceKey', `/devices/${seeded.device}/key?epoch=2`)).json).toEqual(
    refusal('NOT_FOUND'),
  )
  const { payload, protectedHeader } = await compactVerify(raw.text, await importJWK(Object(jwk), 'ES256'))
  expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'eat+jwt' })
  expect(JSON.parse(new TextDecoder().decode(payload))).toMatchObject({ sub: seeded.device, sequence: 1 })
})

test('lists, pages and returns a batch at any position, also behind a gap', async () => {
  const { device, evidence, hash } = await seedDevice(directory, testKey('a device that leaps'))
  const [last, before] = [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 1]
  for (const sequence of [before, last]) {
    await directory.store.evidence.putBatch({ device, epoch: 1, sequence, hash, previous: hash, compact: evidence }, 1)
  }
  const list = async (query: string) =>
    (await ask(directory, 'GET', 'listEvidence', `/devices/${device}/evidence?${query}`)).json
  expect(await list('limit=1')).toMatchObject({ items: [{ sequence: last }], next: `1.${last}` })
  expect(await list(`cursor=1.${last}`)).toMatchObject({ items: [{ sequence: before }, { sequence: 1 }] })
  const { text } = await ask(directory, 'GET', 'getEvidence', `/devices/${device}/evidence/1/${last}`)
  expect(text).toBe(evidence)
})

test('an order is issued, delivered and listed', async () => {
  directory.connected.add(seeded.device)
  const path = `/devices/${seeded.device}/orders`
  const { status, json } = await ask(directory, 'POST', 'issueOrder', path, { kind: 'attest', reason: 'audit' })
  const now = directory.clock.now()
  const order = Object(json)
  expect({ status, order }).toEqual({
    status: 201,
    order: {
      id: order.id,
      number: 1,
      kind: 'attest',
      reason: 'audit',
      createdAt: now,
      createdBy: (await directory.store.principals.list())[0]?.id,
      notAfter: now + 24 * 3_600_000,
      status: 'pending',
    },
  })
  expect(directory.delivered).toEqual([expect.stringContaining(seeded.device)])
  directory.connected.delete(seeded.device)
  await ask(directory, 'POST', 'issueOrder', path, { kind: 'collect', reason: 'audit' })
  expect((await ask(directory, 'GET', 'listOrders', `${path}?limit=1`)).json).toMatchObject({
    items: [{ number: 2 }],
    next: '2',
  })
  expect((await ask(directory, 'GET', 'listOrders', `${path}?cursor=2`)).json).toEqual({ items: [order] })
})

test('a verdict is stale once its time has passed: in one device, lists and counts', async () => {
  await using fresh = await startTestDirectory()
  const { device } = await seedDevice(fresh)
  const at = async (path: string) => Object((await fresh.ask('GET', `/api/v1${path}`)).json)
  const views = async () => ({
    one: (await at(`/devices/${device}`)).result.verdict,
    list: (await at('/devices')).items.map(({ verdict }: { verdict: string }) => verdict),
    filtered: (await at('/devices?verdict=stale')).items.length,
    counted: (await at('/summary')).devices.byVerdict,
  })
  const counts = { compliant: 0, 'not-compliant': 0, unknown: 0, stale: 0 }
  const good = {
    one: 'not-compliant',
    list: ['not-compliant'],
    filtered: 0,
    counted: { ...counts, 'not-compliant': 1 },
  }
  const stale = { one: 'stale', list: ['stale'], filtered: 1, counted: { ...counts, stale: 1 } }
  expect(await views()).toEqual(good)
  // The very last millisecond, and the one after.
  await fresh.clock.advance(3_600_000)
  expect(await views()).toEqual(good)
  await fresh.clock.advance(1)
  expect(await views()).toEqual(stale)
  // Set back to what synchronisation may do, and beyond.
  fresh.clock.jump(-3_600_001 - 60_000)
  expect(await views()).toEqual(good)
  fresh.clock.jump(-1)
  expect(await views()).toEqual(stale)
})

test('a list continues where its page ended', async () => {
  await using fresh = await startTestDirectory()
  const ids: string[] = []
  for (let i = 0; i < 5; i++) ids.push((await seedDevice(fresh, testKey(`page ${i}`))).device)
  const seen: string[] = []
  let cursor = ''
  do {
    const { json } = await fresh.ask('GET', `/api/v1/devices?limit=2${cursor}`)
    const { items, next } = Object(json)
    seen.push(...items.map(({ id }: { id: string }) => id))
    cursor = next === undefined ? '' : `&cursor=${next}`
  } while (cursor !== '')
  expect(seen).toEqual(ids.toSorted())
})

/** Of nouns that only devices or time bring about. */
const ABSENT = { claims: newTestId('clm'), inbox: newTestId('sga'), reviews: newTestId('rev') }

test('no GET tells a secret: of a token, of its hash, of an administrator', async () => {
  const { secret } = parseEnrolmentString(seeded.secret)
  const hashes = [
    (await directory.store.tokens.get(seeded.token))?.secretHash,
    ...(await directory.store.principals.list()).map(({ tokenHash }) => Buffer.from(tokenHash).toString('base64url')),
  ]
  const by = { id: 'adm_test', name: 'test' }
  const drill = { kind: 'drill', selector: { all: true }, reason: 'r' } as const
  const { stop } = await directory.services.stops.create(drill, by)
  const made = async (path: string, body: object) => {
    const { text } = await directory.ask('POST', `/api/v1${path}`, { body })
    return /"id":"([a-z]+_[^"]+)"/.exec(text)?.[1] ?? ''
  }
  const requests = [{ ...sampleRequest, until: 2 ** 42 }]
  await takeInApprovals(directory.store, seeded.device, { requests, at: directory.clock.now() })
  const ids: Readonly<Record<string, string>> = {
    stops: stop?.id ?? '',
    humans: await made('/humans', { userName: 'ada', displayName: 'Ada' }),
    groups: await made('/groups', { name: 'developers' }),
    'service-accounts': await made('/service-accounts', {
      name: 'builder',
      purpose: 'builds',
      owner: 'ada',
      expiresAt: directory.clock.now() + 86_400_000,
    }),
    registrations: await made('/registrations', { name: 'r', purpose: 'p', criteria: { products: ['codex'] } }),
    webhooks: await made('/webhooks', { url: 'https://hooks.example.org/surety', events: ['agent-unknown'] }),
    entries: /"id":"([^"]+)"/.exec((await directory.ask('GET', '/api/v1/entries')).text)?.[1] ?? '',
    events: '1',
    approvals: sampleRequest.id,
    actions: (await directory.store.actions.list({})).items[0]?.id ?? '',
    ...ABSENT,
  }
  const paths = directory.routes
    // A stream does not end.
    .filter(({ method, path }) => method === 'GET' && path !== '/live')
    .map(({ path }) =>
      path
        .replace('{id}', ids[path.split('/')[1] ?? ''] ?? seeded.device)
        .replace('{epoch}', '1')
        .replace('{sequence}', '1')
        .replace('{sighting}', '0'.repeat(32))
        .replace('{key}', AGENT_KEY)
        .replace(/\/difference$/, '/difference?from=0')
        .replace(/^\/search$/, '/search?q=a')
        .replace(/^\/changes$/, `/changes?since=${directory.clock.now() - 1_000}`),
    )
  expect(paths.length).toBeGreaterThanOrEqual(22)
  for (const path of paths) {
    const { status, text } = await directory.ask('GET', `/api/v1${path}`)
    const there = !Object.hasOwn(ABSENT, path.split('/')[1] ?? '') || path.split('/').length === 2
    expect({ path, status }).toEqual({ path, status: there ? 200 : 404 })
    for (const hidden of [secret, directory.token, ...hashes]) expect(text).not.toContain(hidden)
  }
})
