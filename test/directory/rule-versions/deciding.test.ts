import { randomBytes } from 'node:crypto'
import { silentLog } from '../../../src/base/log.ts'
import { registrations } from '../../../src/directory/registrations/registrations.ts'
import { decideSome, type RuleActs } from '../../../src/directory/rule-versions/deciding.ts'
import { ruleActs } from '../../../src/directory/rule-versions/rule-acts.ts'
import { rules } from '../../../src/directory/rule-versions/rules.ts'
import { matchSome } from '../../../src/directory/seen/rematching.ts'
import { registerStops } from '../../../src/directory/stops/register-stops.ts'
import { STOPS_INIT, twoPersons } from '../../../src/directory/stops/two-persons.ts'
import { Changes } from '../../../src/directory/workers/changes.ts'
import { DEVICE, OTHER_DEVICE } from '../../contracts/stores/seeds.ts'
import { unknownAgent } from '../../support/protocol/sample-sightings.ts'
import { ADA, claude, OWNER, openSeen, type SeenFixture } from '../seen/seen-fixture.ts'

let fixture: SeenFixture
let ruled: Awaited<ReturnType<typeof rules>>
beforeEach(async () => {
  fixture = await openSeen()
  ruled = await rules({ store: fixture.store, clock, log: silentLog, changes: new Changes() })
})
afterEach(() => fixture.database.close())

const clock = { now: () => fixture.clock.at }
const random = (bytes: number) => new Uint8Array(randomBytes(bytes))

function acts(): RuleActs {
  const { store } = fixture
  const holding = registerStops({ store, random, twoPersons: twoPersons({ store, clock }, STOPS_INIT) })
  const registered = registrations({ store, clock, random, registerStops: holding, changes: new Changes() })
  return ruleActs({ clock, registrations: registered, stops: holding, changes: new Changes() })
}

/** Lets rules decide and matches again until nothing is left. */
async function work(changes: Partial<RuleActs> = {}): Promise<void> {
  const { store } = fixture
  const deciding = { store, clock, rules: ruled, ruleActs: { ...acts(), ...changes } }
  for (let steps = 0; ; steps++) {
    const decided = await decideSome(deciding)
    const matched = await matchSome({ store, clock, log: silentLog })
    if (!decided && !matched) return
    if (steps > 1_000) throw new Error('the work does not end')
  }
}

const set = (text: string) => ruled.set(`schema: surety/rules@1\nrules:\n${text}`, { actor: 'adm_test', force: false })
const REGISTER =
  '  - {name: mine, match: {product: claude-code}, action: register, template: {purpose: coding, review-after: 9d}}'
const confirm = async (device = DEVICE) => {
  await fixture.store.accounts.seen(device, ADA, { at: 10 })
  await fixture.store.accounts.confirm({ device, userId: ADA.id }, { human: OWNER, at: 11, by: 'adm' })
}

test('a rule registers what it matches for the human of the account, and records it', async () => {
  const { report, seen, store, events } = fixture
  await confirm()
  await report(DEVICE, [claude('1')])
  await work()
  expect((await seen())?.state).toBe('unknown')
  await set(REGISTER)
  await work()
  const registration = await store.registrations.get((await seen())?.registration ?? '')
  expect(registration).toMatchObject({
    state: 'active',
    owner: OWNER,
    purpose: 'coding',
    reviewAt: 10 + 9 * 86_400_000,
    criteria: { products: ['claude-code'], human: OWNER },
    creator: { person: { id: 'rule:mine@1', name: 'rule mine' } },
  })
  expect(await events('rule-decided')).toMatchObject([
    { device: DEVICE, facts: { rule: 'mine', version: 1, action: 'register', registration: registration?.id } },
  ])
  // It matches by itself from now on.
  await confirm(OTHER_DEVICE)
  await report(OTHER_DEVICE, [claude('2')])
  await work()
  expect([(await seen(OTHER_DEVICE))?.registration, (await events('rule-decided')).length]).toEqual([
    registration?.id,
    1,
  ])
})

test('without a human nothing is registered, until the account is confirmed', async () => {
  const { report, seen, events } = fixture
  await set(REGISTER)
  await report(DEVICE, [claude('1')])
  await work()
  expect([(await seen())?.state, (await events('rule-could-not')).length]).toEqual(['unknown', 1])
  expect((await events('rule-could-not'))[0]).toMatchObject({ facts: { code: 'OWNER_REQUIRED', rule: 'mine' } })
  await work()
  expect((await events('rule-could-not')).length).toBe(1)
  await confirm()
  await work()
  expect((await seen())?.state).toBe('registered')
})

test('a rule blocks on the device where it fits, and its stop is released as any other', async () => {
  const { report, seen, store } = fixture
  await set('  - {name: no, match: {known: false}, action: block, reason: Ask the help desk.}')
  await report(DEVICE, [unknownAgent('1', { user: ADA, name: 'deskbot' }), claude('2')])
  await work()
  const blocked = await seen(DEVICE, 'unknown/deskbot')
  expect(blocked?.state).toBe('blocked')
  const [stop] = (await store.stops.list({ limit: 9 }, 10)).items
  expect(stop).toMatchObject({
    kind: 'freeze',
    state: 'standing',
    selector: { device: DEVICE, product: 'deskbot' },
    reason: 'Ask the help desk.',
    created: { by: { name: 'rule no' } },
    twoPersons: false,
  })
  expect((await seen())?.state).toBe('unknown')
})

test('a quarantined agent is registered and held', async () => {
  const { report, seen, store } = fixture
  await set(
    `  - {name: look, match: {known: false}, action: quarantine, reason: Looked at., template: {purpose: x, owner: ${(await store.humans.get(OWNER))?.userName}}}`,
  )
  await report(DEVICE, [unknownAgent('1', { user: ADA, name: 'deskbot' })])
  await work()
  const registration = await store.registrations.get((await seen(DEVICE, 'unknown/deskbot'))?.registration ?? '')
  expect(registration).toMatchObject({ state: 'quarantined', stateReason: 'Looked at.', criteria: { device: DEVICE } })
  expect(await store.stops.get(registration?.stop ?? '')).toMatchObject({ kind: 'freeze', state: 'standing' })
})

test('a rule does not touch what a human decided, nor what it should ask about', async () => {
  const { report, seen, store, events } = fixture
  await set(
    '  - {name: ask, match: {product: claude-code}, action: ask}\n  - {name: no, match: {known: true}, action: block, reason: r}',
  )
  await report(DEVICE, [claude('1')])
  await work()
  expect([(await seen())?.state, await events('rule-decided')]).toEqual(['unknown', []])
  const ignored = { by: 'adm', at: 10, reason: 'known' }
  const before = await seen()
  if (before === undefined) throw new Error('it was not seen')
  await store.seen.update({ ...before, state: 'ignored', ignored, decidedBy: 'adm', decidedAt: 10 })
  await set('  - {name: no, match: {known: true}, action: block, reason: r}')
  await work()
  expect([(await seen())?.state, (await store.stops.list({ limit: 9 }, 10)).items]).toEqual(['ignored', []])
})

test('rules look again when labels, groups or the agent change, and only then', async () => {
  const { report, seen, store, database } = fixture
  await set('  - {name: lab, match: {label: {site: lab}}, action: block, reason: r}')
  await report(DEVICE, [claude('1')])
  await work()
  expect(await store.ruleSubjects.isDue()).toBe(false)
  await report(DEVICE, [claude('1')])
  expect(await store.ruleSubjects.isDue()).toBe(false)
  await store.devices.putLabels(DEVICE, { site: 'lab' })
  expect(await store.ruleSubjects.isDue()).toBe(true)
  await work()
  expect((await seen())?.state).toBe('blocked')
  expect(database.prepare('SELECT count(*) AS n FROM rules_due').get()?.n).toBe(0)
})

test('a failure that is no refusal undoes the step and is tried again', async () => {
  const { report, seen, store, events } = fixture
  await confirm()
  await report(DEVICE, [claude('1')])
  await set(REGISTER)
  const failing: Partial<RuleActs> = {
    async register() {
      throw new TypeError('power cut')
    },
  }
  await expect(() => work(failing)).rejects.toThrow('power cut')
  expect([(await seen())?.state, (await store.registrations.counts()).active, await events('rule-decided')]).toEqual([
    'unknown',
    0,
    [],
  ])
  await work()
  expect([(await seen())?.state, (await store.registrations.counts()).active]).toEqual(['registered', 1])
})

test('new rules look at all that is unknown, in steps', async () => {
  const { report, store, database } = fixture
  const names = Array.from({ length: 230 }, (_, at) => `bot-${at}`)
  await report(
    DEVICE,
    names.map((name, at) => unknownAgent('1', { user: ADA, name, id: at.toString(16).padStart(32, '0') })),
  )
  await work()
  await set('  - {name: no, match: {known: false, autonomy: [unknown, asks, autonomous]}, action: ask}')
  const deciding = { store, clock, log: silentLog, rules: ruled, ruleActs: acts() }
  let steps = 1
  while (await decideSome(deciding)) steps++
  expect(steps).toBeGreaterThan(4)
  expect(database.prepare('SELECT after FROM rules_pass').get()?.after).toBeNull()
})
