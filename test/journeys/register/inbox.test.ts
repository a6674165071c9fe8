import { list as listOf, show as showOf } from '../../../src/admin/nouns/call.ts'
import { inbox } from '../../../src/protocol/nouns/agents/inbox.ts'
import { registrationReader } from '../../../src/protocol/nouns/agents/registrations.ts'
import type { SeenAgentView } from '../../../src/protocol/nouns/agents/seen-agents.ts'
import { world } from '../../faults/world/device-and-directory.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { CGROUP2 } from '../../support/processes/test-freezer.ts'
import { waitFor } from '../../support/wait-for.ts'
import { startAgent } from './counting-product.ts'

/** An agent from its first sighting to its suspension: real programs, and a product that nothing else here runs. */

const PRODUCT = 'amp'
const asRoot = CGROUP2 === undefined ? test.skip : test

const patiently = <T>(until: (seen: T) => boolean) => ({
  until,
  withinMs: scaledMs(60_000),
  everyMs: 100,
  show: (seen: T) => JSON.stringify(seen).slice(0, 4_000),
})

asRoot(
  'an unknown agent is in the inbox, registered, drifts, is suspended and frozen',
  async () => {
    await using here = await world()
    await here.startDirectory({ env: { SURETY_DIRECTORY_REGISTER_ON_DEVIATION: 'suspend' } })
    await here.invite('software')
    await here.startDaemon()
    await here.untilSettled()
    await here.suretyDirectory('humans', 'add', 'ada', '--email', 'ada@example.org')
    using first = startAgent(here.folder, 'first', PRODUCT)

    const list = () => listOf(here.api, inbox, { product: PRODUCT })
    const { items } = await waitFor(
      'the agent in the inbox',
      list,
      patiently(({ items: [one] }) => one?.executable?.includes('/first/') === true),
    )
    expect(items).toMatchObject([{ state: 'unknown', running: 1, proposedOwner: { name: expect.any(String) } }])
    const id = items[0]?.id ?? ''
    await here.suretyDirectory('inbox', 'register', id, '--purpose', 'counts', '--any-workspace')
    const show = () => showOf(here.api, inbox, id)
    const registered = await show()
    expect(registered).toMatchObject({ state: 'registered', deviations: [], registration: { id: expect.any(String) } })
    await first.goesOn()

    using second = startAgent(here.folder, 'second', PRODUCT)
    await waitFor(
      'the deviation',
      show,
      patiently(({ deviations }: SeenAgentView) => deviations.includes('executable-changed')),
    )
    const registration = registered.registration?.id ?? ''
    const { stateReason } = await waitFor(
      'the suspension',
      () => here.api.ask('GET', `/registrations/${registration}`, registrationReader),
      patiently(({ state }) => state === 'suspended'),
    )
    expect(stateReason).toContain('executable-changed')
    for (const agent of [first, second]) {
      await waitFor(
        'the freeze',
        () => agent.grows(),
        patiently((grows) => !grows),
      )
    }
    expect((await list()).items).toEqual([])
    const kinds = ['agent-unknown', 'agent-registered', 'agent-deviated', 'registration-suspended']
    for (const kind of kinds) expect(await here.suretyDirectory('events', 'list', '--kind', kind)).toContain(kind)
  },
  scaledMs(300_000),
)
