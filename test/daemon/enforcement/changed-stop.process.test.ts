import { agentOf, stopOf, testEnforcement } from '../../support/daemon/test-enforcement.ts'
import { countingAgent } from '../../support/processes/counting-agent.ts'
import { CGROUP2, freezerName } from '../../support/processes/test-freezer.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const asRoot = CGROUP2 === undefined ? describe.skip : describe

asRoot('an order for a stop in force', () => {
  test('with another selector releases the rest, unless another stop holds it', async () => {
    using folder = temporaryFolder()
    await using agent = await countingAgent(folder.path, 'a')
    await using other = await countingAgent(folder.path, 'b')
    await using third = await countingAgent(folder.path, 'c')
    await using stops = await testEnforcement({ folder: folder.path, name: freezerName() })
    const [inside, outside] = [agentOf(agent, { workspace: '/srv/a' }), agentOf(other, { workspace: '/srv/b' })]
    const both = agentOf(third, { workspace: '/srv/b' })
    stops.scanned([inside, outside, both])
    const stop = stopOf({ selector: { select: 'match', workspaces: ['/srv/b'] } })
    const second = stopOf({ selector: { select: 'agent', agent: both.id } })
    expect((await stops.enforcement.stop(stop)).receipt).toMatchObject({ agentCount: 2 })
    await stops.enforcement.stop(second)
    const changed = { ...stop, selector: { select: 'match' as const, workspaces: ['/srv/a'] } }
    expect((await stops.enforcement.stop(changed)).receipt).toMatchObject({
      agentCount: 1,
      agents: [{ agent: inside.id }],
    })
    expect([await agent.writes(), await third.writes()]).toEqual([false, false])
    await other.goesOn()
    await stops.enforcement.release([second.id])
    await third.goesOn()
    await stops.enforcement.release([stop.id])
    await agent.goesOn()
  })
})
