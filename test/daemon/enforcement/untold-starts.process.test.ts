import type { Freezer } from '../../../src/system/freezer/freezer.ts'
import { agentOf, stopOf, testEnforcement } from '../../support/daemon/test-enforcement.ts'
import { countingAgent } from '../../support/processes/counting-agent.ts'
import { CGROUP2, freezerName, testFreezer } from '../../support/processes/test-freezer.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

const asRoot = CGROUP2 === undefined ? describe.skip : describe

asRoot('a stop', () => {
  test('looks for later starts where the system does not report them', async () => {
    using folder = temporaryFolder()
    const scans: string[] = []
    using known = testFreezer({ name: freezerName() })
    const freezer = new Proxy<Freezer>(known, {
      get(of, name: keyof Freezer) {
        if (name === 'knowsForks') return false
        const value = of[name]
        return typeof value === 'function' ? value.bind(of) : value
      },
    })
    const scan = async () => void scans.push('scan')
    await using stops = await testEnforcement({ folder: folder.path, name: freezerName(), freezer, scan })
    await stops.clock.advance(5_000)
    expect(scans).toEqual([])
    await stops.enforcement.stop(stopOf())
    await using agent = await countingAgent(folder.path, 'a')
    await waitFor('a scan each second', async () => {
      stops.scanned([])
      await stops.clock.advance(1_000)
      return scans.length > 1
    })
    stops.scanned([agentOf(agent)])
    await waitFor('the stop of what started later', () => stops.events.length > 0)
    expect(await agent.writes()).toBe(false)
  })

  test('waits right after a start until it is known what runs', async () => {
    using folder = temporaryFolder()
    await using agent = await countingAgent(folder.path, 'a')
    const found = agentOf(agent)
    let scans = 0
    await using stops = await testEnforcement({
      folder: folder.path,
      name: freezerName(),
      async scan() {
        scans++
        stops.scanned([found])
      },
    })
    expect((await stops.enforcement.stop(stopOf())).receipt).toMatchObject({ agentCount: 1, processCount: 2 })
    expect(await agent.writes()).toBe(false)
    await stops.enforcement.stop(stopOf())
    expect(scans).toBe(1)
  })
})
