import { randomBytes } from 'node:crypto'
import { localStops, type StopCaller, stopsFor } from '../../../src/daemon/enforcement/local-stops.ts'
import type { StopEvent } from '../../../src/protocol/stop.ts'
import { agentOf, stopOf, type TestEnforcement, testEnforcement } from '../../support/daemon/test-enforcement.ts'
import { countingAgent } from '../../support/processes/counting-agent.ts'
import { CGROUP2, freezerName } from '../../support/processes/test-freezer.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const asRoot = CGROUP2 === undefined ? describe.skip : describe
const ROOT: StopCaller = { userId: '0', isRoot: true }
const ADA: StopCaller = { userId: '1000', isRoot: false }
const BOB: StopCaller = { userId: '1001', isRoot: false }
const bobs = { user: { id: '1001', name: 'bob' } }

function localOf({ enforcement }: TestEnforcement, agents: readonly ReturnType<typeof agentOf>[]) {
  const events: StopEvent[] = []
  const list = () =>
    agents.flatMap(({ id, name, catalogueId, user, process }) =>
      process === undefined ? [] : [{ id, name, catalogueId, user, process, programs: [], packages: [] }],
    )
  const report = (event: StopEvent) => void events.push(event)
  return { events, ...localStops({ enforcement, agents: { list }, now: Date.now, random: randomBytes, report }) }
}

asRoot('a stop by a user of the device', () => {
  test('holds their own agents, and only they and root release it', async () => {
    using folder = temporaryFolder()
    await using own = await countingAgent(folder.path, 'a')
    await using other = await countingAgent(folder.path, 'b')
    await using stops = await testEnforcement({ folder: folder.path, name: freezerName() })
    const agents = [agentOf(own), agentOf(other, bobs)]
    stops.scanned(agents)
    const local = localOf(stops, agents)
    const { receipt } = await local.freeze({ reason: 'it loops' }, ADA)
    expect(receipt).toMatchObject({ agentCount: 1, agents: [{ user: 'ada' }] })
    await other.goesOn()
    expect(await own.writes()).toBe(false)
    expect(stops.events).toMatchObject([{ kind: 'frozen', stop: 'local', by: 'ada', reason: 'it loops', user: 'ada' }])
    expect(stopsFor(stops, BOB)).toEqual({ standing: [], held: [], heldCount: 0 })
    expect(stopsFor(stops, ADA)).toMatchObject({ standing: [{ stop: 'local', releasable: true }], heldCount: 1 })
    await expect(local.release({}, BOB)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await local.release({}, ADA)
    await own.goesOn()
    await local.freeze({}, ADA)
    await local.release({}, ROOT)
    await own.goesOn()
    expect(stops.events.map(({ kind }) => kind)).toEqual(['frozen', 'released', 'frozen', 'released'])
  })

  test('of one agent leaves the others alone, and is made once', async () => {
    using folder = temporaryFolder()
    await using own = await countingAgent(folder.path, 'a')
    await using other = await countingAgent(folder.path, 'b')
    await using stops = await testEnforcement({ folder: folder.path, name: freezerName() })
    const agents = [agentOf(own), agentOf(other)]
    stops.scanned(agents)
    const local = localOf(stops, agents)
    const agent = agents[0]?.id ?? ''
    for (const _ of [1, 2]) await local.freeze({ agent }, ADA)
    expect(stops.enforcement.stops).toHaveLength(1)
    await other.goesOn()
    expect(await own.writes()).toBe(false)
    await expect(local.release({ agent: agents[1]?.id }, ADA)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await local.release({ agent }, ADA)
    await own.goesOn()
  })

  test('cannot be for an agent of another user, or for none', async () => {
    using folder = temporaryFolder()
    await using other = await countingAgent(folder.path, 'b')
    await using stops = await testEnforcement({ folder: folder.path, name: freezerName() })
    const agents = [agentOf(other, bobs)]
    stops.scanned(agents)
    const local = localOf(stops, agents)
    for (const agent of [agents[0]?.id, 'f'.repeat(32)])
      await expect(local.freeze({ agent }, ADA)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(stops.enforcement.stops).toEqual([])
    await other.goesOn()
  })

  test('of all cannot be released for one', async () => {
    using folder = temporaryFolder()
    await using own = await countingAgent(folder.path, 'a')
    await using stops = await testEnforcement({ folder: folder.path, name: freezerName() })
    const agents = [agentOf(own)]
    stops.scanned(agents)
    const local = localOf(stops, agents)
    await local.freeze({}, ADA)
    await expect(local.release({ agent: agents[0]?.id }, ADA)).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(await own.writes()).toBe(false)
  })

  test.each([
    ['a user', ADA],
    ['root', ROOT],
  ])('%s cannot release what the directory has stopped, and the attempt is reported', async (_, caller) => {
    using folder = temporaryFolder()
    await using own = await countingAgent(folder.path, 'a')
    await using stops = await testEnforcement({ folder: folder.path, name: freezerName() })
    const agents = [agentOf(own)]
    stops.scanned(agents)
    const local = localOf(stops, agents)
    const stop = stopOf()
    await stops.enforcement.stop(stop)
    await local.freeze({}, ADA)
    for (const agent of [agents[0]?.id, undefined].slice(0, caller === ADA ? 1 : 2)) {
      await local.release({ agent }, caller).catch(() => undefined)
      expect(await own.writes()).toBe(false)
    }
    await expect(local.release({ agent: agents[0]?.id }, caller)).rejects.toMatchObject({ code: 'NOT_PERMITTED' })
    expect(local.events.at(-1)).toMatchObject({ kind: 'refused', stop: stop.id })
    expect(stopsFor(stops, caller).standing.filter(({ releasable }) => !releasable)).toMatchObject([{ stop: stop.id }])
  })

  test('what root has stopped is not released by a user', async () => {
    using folder = temporaryFolder()
    await using own = await countingAgent(folder.path, 'a')
    await using stops = await testEnforcement({ folder: folder.path, name: freezerName() })
    const agents = [agentOf(own)]
    stops.scanned(agents)
    const local = localOf(stops, agents)
    await local.freeze({}, ROOT)
    await expect(local.release({}, ADA)).rejects.toMatchObject({
      code: 'NOT_PERMITTED',
      message: 'stopped by root: ask an administrator of this device to release it',
    })
    expect(await own.writes()).toBe(false)
    await local.release({}, ROOT)
    await own.goesOn()
  })
})
