import { MOST_ACTIONS } from '../../../src/directory/actions/take-in-actions.ts'
import { LIMITS } from '../../../src/protocol/limits.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { sampleAction } from '../../support/protocol/sample-actions.ts'
import { enrolled, sendAndAck } from '../evidence/enrolled-device.ts'

/** Actions in signed evidence, over the wire. */

let running: RunningDirectory
beforeAll(async () => {
  running = await runningDirectory()
})
afterAll(() => running[Symbol.asyncDispose]())

/** Each test has ids of its own: they are unique in a directory. */
let used = 0
const fresh = (count: number, change: Parameters<typeof sampleAction>[1] = {}) =>
  Array.from({ length: count }, () => sampleAction(used++, change))

const kept = (device = '') =>
  running.rows('SELECT id, decision FROM actions WHERE device = ? ORDER BY number', device).map(({ id }) => id)
const events = (device = '', kind = 'action-denied') =>
  running
    .rows('SELECT detail_json FROM activity WHERE device = ? AND kind = ? ORDER BY id', device, kind)
    .map(({ detail_json }) => JSON.parse(String(detail_json)))

test('keeps each action, and records those that did not happen', async () => {
  const { device, wire } = await enrolled(running)
  const [allowed] = fresh(1)
  const [denied] = fresh(1, { decision: 'denied', rules: ['no-push', 'no-root'] })
  const [approved] = fresh(1, { decision: 'approved' })
  const actions = [allowed, denied, approved].flatMap((action) => action ?? [])
  await sendAndAck(wire, await device.batch({ actions, actionsDropped: 7 }))
  expect(kept(device.id)).toEqual(actions.map(({ id }) => id))
  expect(events(device.id)).toEqual([
    {
      action: denied?.id,
      decision: 'denied',
      client: 'claude-code',
      tool: 'Bash',
      user: 'ada',
      rules: 'no-push, no-root',
      deviceTime: denied?.time,
    },
  ])
  expect(events(device.id, 'actions-dropped')).toEqual([{ count: 7 }])
})

test('an id that comes again is neither kept nor recorded twice', async () => {
  const { device, wire } = await enrolled(running)
  const [action] = fresh(1, { decision: 'refused' })
  const actions = action === undefined ? [] : [action, action]
  await sendAndAck(wire, await device.batch({ actions }))
  await sendAndAck(wire, await device.batch({ actions }))
  expect([kept(device.id), events(device.id).length]).toEqual([[action?.id], 1])
})

test('a device can neither take nor change an action of another one', async () => {
  const [first, second] = [await enrolled(running), await enrolled(running)]
  const [action] = fresh(1)
  const actions = action === undefined ? [] : [action]
  await sendAndAck(first.wire, await first.device.batch({ actions }))
  const forged = actions.map((one) => ({ ...one, decision: 'denied' as const, outcome: 'failed' as const }))
  await sendAndAck(second.wire, await second.device.batch({ actions: forged }))
  expect([kept(first.device.id), kept(second.device.id)]).toEqual([[action?.id], []])
  expect([events(first.device.id), events(second.device.id)]).toEqual([[], []])
  const [row] = running.rows('SELECT decision, json FROM actions WHERE id = ?', action?.id ?? '')
  expect([row?.decision, JSON.parse(String(row?.json))]).toEqual(['allowed', action])
})

const MALFORMED: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['an unknown member', { command: 'rm -rf /' }],
  ['no such decision', { decision: 'ignored' }],
  ['no such client', { client: 'a client' }],
  ['the session as the client names it', { session: '0198f3c2-aaaa-7000-8000-000000000000' }],
  ['an id of another kind', { id: 'apr_MDEyMzQ1Njc4OTo7PD0-Pw' }],
  ['nine rules', { rules: Array(9).fill('a') }],
  ['arguments that are too long', { arguments: 'x'.repeat(2_049) }],
  ['arguments that are no text', { arguments: { command: 'ls' } }],
  ['a hash of another length', { hash: 'abc' }],
  ['a time that is no whole number', { time: 1.5 }],
  ['a user without an id', { user: { name: 'ada' } }],
]

test.each(MALFORMED)('evidence is refused whose action has %s', async (_, change) => {
  const { device, wire } = await enrolled(running)
  const [action] = fresh(1)
  wire.send(await device.batch({ actions: [{ ...action, ...change }] as never })) // what no honest device sends
  expect(await wire.refusal()).toBe('FRAME_MALFORMED')
  expect(kept(device.id)).toEqual([])
})

test('evidence is refused that has more actions than a batch may have', async () => {
  const { device, wire } = await enrolled(running)
  wire.send(await device.batch({ actions: fresh(LIMITS.actions + 1) }))
  expect(await wire.refusal()).toBe('FRAME_MALFORMED')
  expect(kept(device.id)).toEqual([])
})

test('keeps the newest of a device up to the bound', async () => {
  const { device, wire } = await enrolled(running)
  const [other] = [await enrolled(running)]
  const others = fresh(1)
  await sendAndAck(other.wire, await other.device.batch({ actions: others }))
  const all = fresh(MOST_ACTIONS + 3)
  for (let from = 0; from < all.length; from += LIMITS.actions) {
    await sendAndAck(wire, await device.batch({ actions: all.slice(from, from + LIMITS.actions) }))
  }
  expect(kept(device.id)).toEqual(all.slice(3).map(({ id }) => id))
  expect(kept(other.device.id)).toEqual(others.map(({ id }) => id))
})

test('an agent that tries a thousand times fills no list of events', async () => {
  const { device, wire } = await enrolled(running)
  const all = fresh(1_000, { decision: 'denied' })
  for (let from = 0; from < all.length; from += LIMITS.actions) {
    await sendAndAck(wire, await device.batch({ actions: all.slice(from, from + LIMITS.actions) }))
  }
  expect(kept(device.id)).toHaveLength(1_000)
  const recorded = events(device.id)
  expect(recorded).toHaveLength(100)
  expect(recorded.at(-1)).toMatchObject({ moreNotKept: true })
})
