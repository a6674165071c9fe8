import { recordedDecisions } from '../../../src/directory/access/recorded-decisions.ts'
import type { Happening } from '../../../src/directory/record/entry.ts'
import type { EntryView } from '../../../src/protocol/nouns/directory/record.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { type AccessWorld, askDecision, question, seedAccess } from './access-fixture.ts'

/** Every answer to a question of access is in the record, and before it is answered. */

let directory: TestDirectory
let world: AccessWorld
beforeEach(async () => {
  directory = await startTestDirectory()
  world = await seedAccess(directory)
})
afterEach(() => directory[Symbol.asyncDispose]())

const ask = (changes = {}) => askDecision(directory, world.token, question(world, changes))
/** Oldest first. */
const decided = async (): Promise<readonly EntryView[]> =>
  (await directory.store.record.list({ act: 'access-decided', limit: 500 })).items.toReversed()
const MINUTES = 60_000

test('an entry says who asked what about whom, the answer, its rules and the policy', async () => {
  await ask()
  const [entry, ...others] = await decided()
  expect(others).toEqual([])
  expect(entry).toMatchObject({
    actorKind: 'service',
    subject: world.ada,
    device: world.device,
    agent: world.agent,
    outcome: 'allow',
    policy: 0,
    details: { rules: expect.arrayContaining([expect.any(String)]), verdict: 'compliant' },
  })
  expect(entry?.address).toEqual(expect.any(String))
  expect(JSON.parse(String(entry?.details?.asked))).toMatchObject({
    subject: { type: 'user', id: 'ada@example.org' },
    action: { name: 'read' },
    context: { agent: world.agent, device: world.device },
  })
  const { bytes } =
    directory.database.prepare("SELECT bytes FROM record_entries WHERE act = 'access-decided'").get() ?? {}
  expect(Buffer.from(bytes as Uint8Array).toString()).not.toContain('ada@example.org')
})

test('one of several, and one of a proxy, is an entry too', async () => {
  const headers = { authorization: `Bearer ${world.token}` }
  const evaluations = ['crm', 'wiki'].map((id) => ({ resource: { type: 'application', id } }))
  const body = { ...question(world), evaluations }
  await directory.ask('POST', '/access/v1/evaluations', { token: world.token, body })
  expect(await decided()).toHaveLength(2)
  await directory.ask('GET', '/access/v1/gate', {
    token: world.token,
    headers: { ...headers, 'x-surety-subject': 'eve', 'x-surety-action': 'GET', 'x-surety-resource': 'crm' },
  })
  expect((await decided()).at(-1)).toMatchObject({ outcome: 'deny', details: { rules: ['subject-unknown'] } })
})

test('a repeated answer is counted, and its count is an entry ten minutes later', async () => {
  for (let times = 0; times < 5; times++) await ask()
  expect(await decided()).toHaveLength(1)
  await directory.clock.advance(9 * MINUTES)
  await directory.services.decisions.settle()
  expect(await decided()).toHaveLength(1)
  await ask()
  const lastAt = directory.clock.now()
  await directory.clock.advance(2 * MINUTES)
  await directory.services.decisions.settle()
  const [first, count, ...others] = await decided()
  expect(others).toEqual([])
  expect(first?.details).not.toHaveProperty('times')
  expect(count).toMatchObject({ time: lastAt, outcome: 'allow', details: { times: 5, since: first?.time } })
  await ask()
  expect(await decided()).toHaveLength(3)
  await directory.services.decisions.settle()
  expect(await decided()).toHaveLength(3)
})

test.each([
  ['another subject', { subject: { type: 'user', id: 'eve' } }],
  ['another action', { action: { name: 'delete' } }],
  ['another resource', { resource: { type: 'application', id: 'wiki' } }],
  ['no agent', { context: {} }],
])('%s is another entry', async (_, changes) => {
  await ask()
  await ask(changes)
  expect(await decided()).toHaveLength(2)
})

test('another answer to the same question is an entry at once', async () => {
  await ask()
  const stop = { kind: 'freeze', selector: { device: world.device }, reason: 'incident 42' }
  expect((await directory.ask('POST', '/api/v1/stops', { body: stop })).status).toBe(201)
  await ask()
  expect((await decided()).map(({ outcome }) => outcome)).toEqual(['allow', 'deny'])
})

test('what cannot be recorded is not answered', async () => {
  directory.database.exec(
    "CREATE TRIGGER no_more BEFORE INSERT ON record_entries BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
  )
  const { status, text } = await directory.ask('POST', '/access/v1/evaluation', {
    token: world.token,
    body: question(world),
  })
  expect(status).toBeGreaterThanOrEqual(400)
  expect(text).not.toContain('decision')
  directory.database.exec('DROP TRIGGER no_more')
  expect(await ask()).toMatchObject({ decision: true })
  expect(await decided()).toHaveLength(1)
})

describe('with a store that fails', () => {
  const DECIDED = {
    request: { subject: { type: 'user', id: 'ada' }, action: { name: 'read' }, resource: { type: 'file', id: 'a' } },
    policy: { saidTags: new Set<string>() },
    version: 1,
    isAllowed: false,
    reasons: [],
    facts: { unknown: 'subject-unknown', reason: 'r' },
  } as never

  test('counts stay until they are an entry, and those who wait are all refused', async () => {
    let fails = false
    let now = 0
    const added: Happening[] = []
    const decisions = recordedDecisions({
      store: {
        record: { add: async (one) => void added.push(one), list: async () => ({ items: [] }) },
        async transaction(work) {
          const before = added.length
          const result = await work()
          if (fails) {
            added.length = before
            throw new Error('the disk is full')
          }
          return result
        },
      },
      clock: { now: () => now },
    })
    fails = true
    const both = await Promise.allSettled([decisions.enter(DECIDED), decisions.enter(DECIDED)])
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    fails = false
    for (let times = 0; times < 3; times++) await decisions.enter(DECIDED)
    now = 11 * MINUTES
    fails = true
    await expect(decisions.settle()).rejects.toThrow('full')
    fails = false
    await decisions.settle()
    expect(added.map(({ details }) => details?.times)).toEqual([undefined, 2])
  })
})
