import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EnforcementComponents } from '../../../../src/daemon/enforcement/enforcement.ts'
import { MAX_STOPS_BYTES, stopsReader } from '../../../../src/daemon/enforcement/stops/stops-file.ts'
import { stateFile } from '../../../../src/daemon/state/state-file.ts'
import { agentOf, stopOf, testEnforcement } from '../../../support/daemon/test-enforcement.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { countingAgent } from '../../../support/processes/counting-agent.ts'
import { CGROUP2, freezerName } from '../../../support/processes/test-freezer.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { waitFor } from '../../../support/wait-for.ts'

const asRoot = CGROUP2 === undefined ? describe.skip : describe

function fileIn(folder: string) {
  return stateFile(
    { clock: new FakeClock(), onSetAside: () => undefined },
    { folder, name: 'stops.json', reader: stopsReader, maxBytes: MAX_STOPS_BYTES },
  )
}

asRoot('a stop', () => {
  test('is kept over the death of the daemon, with what it holds', async () => {
    using folder = temporaryFolder()
    const init = { folder: folder.path, name: freezerName() }
    await using agent = await countingAgent(folder.path, 'a')
    const first = await testEnforcement(init)
    const found = [agentOf(agent)]
    first.scanned(found)
    const stop = stopOf()
    await first.enforcement.stop(stop)
    await first.die()
    expect(await agent.writes()).toBe(false)
    await using second = await testEnforcement(init)
    expect(second.enforcement.stops).toEqual([stop])
    second.scanned(found)
    expect(await agent.writes()).toBe(false)
    await using late = await countingAgent(folder.path, 'b')
    second.scanned([...found, agentOf(late)])
    await waitFor('the stop of a new agent', () => second.events.length > 0)
    expect(await late.writes()).toBe(false)
    await second.enforcement.release([stop.id])
    await agent.goesOn()
    await late.goesOn()
  })

  test('that was not written down leaves nothing frozen after a death', async () => {
    using folder = temporaryFolder()
    const init = { folder: folder.path, name: freezerName() }
    await using agent = await countingAgent(folder.path, 'a')
    const first = await testEnforcement(init)
    const found = [agentOf(agent)]
    first.scanned(found)
    await first.enforcement.stop(stopOf())
    await first.die()
    // As a daemon that was killed between the freeze and the write.
    writeFileSync(join(folder.path, 'stops.json'), '')
    await using second = await testEnforcement(init)
    expect(await agent.writes()).toBe(false)
    second.scanned(found)
    await agent.goesOn()
  })

  test('that only froze stays so until a scan names its agent', async () => {
    using folder = temporaryFolder()
    const name = freezerName()
    await using agent = await countingAgent(folder.path, 'a')
    const first = await testEnforcement({ folder: folder.path, name })
    const found = agentOf(agent)
    first.scanned([found])
    await first.enforcement.stop(stopOf())
    const { stops } = first.enforcement
    await first.die()
    const frozen = agent.count()
    // As a daemon that was killed before it wrote down what the stop holds.
    await fileIn(folder.path).write({ schema: 'surety/stops@1', bootId: 'boot', stops: [...stops], held: [] })
    await using second = await testEnforcement({ folder: folder.path, name })
    for (const ms of [1_000, 1_000, 1_000]) await second.clock.advance(ms)
    second.scanned([found])
    await waitFor('the agent to be held', () => second.enforcement.held.length === 1)
    expect(await agent.writes()).toBe(false)
    expect(agent.count()).toBe(frozen)
  })

  test('that is released is on disk as let go a second later, or at the end', async () => {
    using folder = temporaryFolder()
    const name = freezerName()
    await using agent = await countingAgent(folder.path, 'a')
    const first = await testEnforcement({ folder: folder.path, name })
    first.scanned([agentOf(agent)])
    const onDisk = async () => (await fileIn(folder.path).read())?.held.map(({ stops }) => stops)
    const stop = stopOf()
    await first.enforcement.stop(stop)
    await first.enforcement.release([stop.id])
    expect([first.enforcement.held, await onDisk()]).toEqual([[], [[]]])
    await waitFor('the write', async () => {
      await first.clock.advance(1_000)
      return (await onDisk())?.length === 0
    })
    await first.enforcement.stop(stop)
    await first.enforcement.release([stop.id])
    await first.die()
    expect(await onDisk()).toEqual([])
  })

  test('whose release was interrupted releases the agent with its network', async () => {
    using folder = temporaryFolder()
    const name = freezerName()
    await using agent = await countingAgent(folder.path, 'a')
    await using other = await countingAgent(folder.path, 'b')
    const first = await testEnforcement({ folder: folder.path, name })
    const [released, kept] = [agentOf(agent), agentOf(other)]
    first.scanned([released, kept])
    const [one, two] = [released, kept].map(({ id }) => stopOf({ selector: { select: 'agent', agent: id } }))
    for (const stop of [one, two]) if (stop !== undefined) await first.enforcement.stop(stop)
    const { stops, held } = first.enforcement
    await first.die()
    // As a daemon that was killed after the write and before anything else.
    const left = held.map((each) => (each.agent === released.id ? { ...each, stops: [] } : each))
    await fileIn(folder.path).write({ schema: 'surety/stops@1', bootId: 'boot', stops: stops.slice(1), held: left })
    const restored: number[] = []
    const network: EnforcementComponents['network'] = {
      cut: async () => ({ network: 'cut' }),
      async restore(processes) {
        for (const { pid } of processes) restored.push(pid)
      },
      remove: async () => undefined,
    }
    await using second = await testEnforcement({ folder: folder.path, name, network })
    second.scanned([released, kept])
    await agent.goesOn()
    await waitFor('its network', () => restored.includes(agent.pid))
    expect(restored).not.toContain(other.pid)
    expect(second.enforcement.held.map((each) => each.agent)).toEqual([kept.id])
    expect(await other.writes()).toBe(false)
  })

  test('forgets what it held in an earlier boot, and stays in force', async () => {
    using folder = temporaryFolder()
    const name = freezerName()
    await using agent = await countingAgent(folder.path, 'a')
    const first = await testEnforcement({ folder: folder.path, name })
    first.scanned([agentOf(agent)])
    await first.enforcement.stop(stopOf())
    await first.die()
    await using second = await testEnforcement({ folder: folder.path, name, bootId: 'another boot' })
    expect([second.enforcement.held.length, second.enforcement.stops.length]).toEqual([0, 1])
  })
})
