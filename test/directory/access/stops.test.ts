import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { answer, frozen, nothing, type StopApi, stopApi, work } from '../stops/stop-fixture.ts'
import { type AccessWorld, askDecision, question, rulesIn, seedAccess } from './access-fixture.ts'

/** A stop in force, answered or not, is never allowed. */

let directory: TestDirectory
let world: AccessWorld
let api: StopApi
directoryForAll(async (started) => {
  directory = started
  world = await seedAccess(started)
  api = stopApi(started)
})

const ask = (changes = {}) => askDecision(directory, world.token, question(world, changes))
const stop = (selector: object) => api.stopped({ kind: 'freeze', selector, reason: 'incident' })

describe('a stop that concerns the agent denies', () => {
  test.each<[string, () => object]>([
    ['of everything', () => ({ all: true })],
    ['of the device', () => ({ device: world.device })],
    ['of the registration', () => ({ registration: world.agent })],
    ['of the product', () => ({ product: 'claude-code' })],
    ['of the product on the device', () => ({ product: 'claude-code', device: world.device })],
    ['of the user of the system', () => ({ user: 'ada' })],
    ['of the sighting', () => ({ device: world.device, agent: 'a'.repeat(32) })],
    ['of the owner', () => ({ human: world.ada })],
  ])('%s: before an order, before its answer, and after it', async (_, selector) => {
    expect((await ask()).decision).toBe(true)
    const { id } = await stop(selector())
    const denied = { decision: false, context: { stops: [id], reasons: [{ rule: 'stopped' }] } }
    expect(await ask()).toMatchObject(denied)
    const orders = await work(directory)
    expect(await ask()).toMatchObject(denied)
    for (const order of orders) await answer(directory, order, { stop: frozen(1, 1) })
    expect(orders).not.toEqual([])
    expect(await ask()).toMatchObject(denied)
    await api.ask('POST', `/stops/${id}/release`, { reason: 'over' })
    expect((await ask()).decision).toBe(true)
  })

  test('of a group of the owner', async () => {
    const { json } = await directory.ask('POST', '/api/v1/groups', { body: { name: 'engineering' } })
    const { id } = json as { id: string }
    await directory.store.groups.addMember(id, world.ada)
    await stop({ group: id })
    expect(rulesIn(await ask())).toEqual(['stopped'])
  })

  test('a suspended registration', async () => {
    await directory.ask('POST', `/api/v1/registrations/${world.agent}/transitions`, {
      body: { to: 'suspended', reason: 'r' },
    })
    const answered = await ask()
    expect({ decision: answered.decision, rules: rulesIn(answered) }).toEqual({
      decision: false,
      rules: ['stopped', 'registered'],
    })
  })
})

describe('a stop of something else does not concern it', () => {
  test.each<[string, () => object]>([
    ['of another product', () => ({ product: 'codex' })],
    ['of another user', () => ({ user: 'bob' })],
    ['of another person', () => ({ human: world.bob })],
  ])('%s', async (_, selector) => {
    await stop(selector())
    await work(directory)
    expect((await ask()).decision).toBe(true)
  })

  test('a drill, a stop that has ended, and one that was released', async () => {
    await api.create({ kind: 'drill', selector: { all: true }, reason: 'drill' })
    expect((await ask()).decision).toBe(true)
    const until = directory.clock.now() + 60_000
    await api.create({ kind: 'freeze', selector: { all: true }, reason: 'incident', until })
    expect((await ask()).decision).toBe(false)
    await directory.clock.advance(60_000)
    expect((await ask()).decision).toBe(true)
  })
})

describe('a request that names no agent', () => {
  const withoutAgent = () => ask({ context: { device: world.device } })

  test.each([
    ['has not answered', undefined, ['stopped']],
    ['has frozen something', frozen(1, 1), ['stopped']],
    ['had nothing to freeze', nothing, ['none']],
  ])('is stopped by a product of a device that %s', async (_, receipt, rules) => {
    await stop({ product: 'codex' })
    const orders = await work(directory)
    for (const order of receipt === undefined ? [] : orders)
      await answer(directory, order, receipt === undefined ? {} : { stop: receipt })
    expect(rulesIn(await withoutAgent())).toEqual(rules)
  })

  test('is stopped by a stop of everything, also without a device', async () => {
    await stop({ all: true })
    expect(rulesIn(await ask({ context: {} }))).toEqual(['stopped'])
  })
})
