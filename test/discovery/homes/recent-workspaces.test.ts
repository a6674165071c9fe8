import { MAX_WORKED_IN, WorkedIn } from '../../../src/discovery/homes/recent-workspaces.ts'
import type { AgentSighting } from '../../../src/protocol/sighting.ts'
import type { ProcessDetails, ProcessStanding } from '../../../src/system/processes/process-details.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { fixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'
import { ALICE, discoveryOf, NODE_TITLED_PI, processesOf } from '../discovered-device.ts'
import { NPX } from '../mcp/found-servers.ts'

const STANDING: ProcessStanding = {
  cgroup: undefined,
  loginUserId: undefined,
  auditSession: undefined,
  pidNamespace: undefined,
  rootMount: undefined,
  workingFolder: '/home/alice/code/app',
}
const signal = new AbortController().signal

function at(workspace: string | undefined, more: Partial<AgentSighting> = {}): AgentSighting {
  const common = { id: '1'.repeat(32), evidence: [], agentKind: 'cli-agent', name: 'one' }
  const where = workspace === undefined ? {} : { workspace }
  return { kind: 'agent', ...common, state: 'running', user: { id: '1000', name: 'alice' }, ...where, ...more }
}

test('keeps folders by person, also when no agent works there any more', () => {
  const workedIn = new WorkedIn({ clock: new FakeClock() })
  workedIn.see([at('/w/b'), at('/w/a'), at('/w/c', { user: { id: '1001', name: 'bob' } })])
  workedIn.see([])
  workedIn.see([at('/w/b')])
  expect(['1000', '1001', '1002'].map((id) => workedIn.of(id))).toEqual([['/w/a', '/w/b'], ['/w/c'], []])
})

test.each([
  ['of an agent that works nowhere', at(undefined)],
  ['of a container', at('/w', { container: { kind: 'docker', id: '1' } })],
])('none %s', (_, agent) => {
  const workedIn = new WorkedIn({ clock: new FakeClock() })
  workedIn.see([agent])
  expect(workedIn.of('1000')).toEqual([])
})

test('the folder that was worked in longest ago is forgotten for one more', () => {
  const workedIn = new WorkedIn({ clock: new FakeClock() })
  for (let n = 0; n < MAX_WORKED_IN; n++) workedIn.see([at(`/w/${n}`)])
  workedIn.see([at('/w/0')])
  workedIn.see([at('/w/new')])
  const kept = workedIn.of('1000')
  expect([kept.length, kept.includes('/w/0'), kept.includes('/w/1'), kept.includes('/w/new')]).toEqual([
    ...[MAX_WORKED_IN, true, false, true],
  ])
})

test('forgets a folder in which no agent worked for a day', async () => {
  const clock = new FakeClock()
  const workedIn = new WorkedIn({ clock })
  workedIn.see([at('/w/old'), at('/w/kept')])
  await clock.advance(20 * 3_600_000)
  workedIn.see([at('/w/kept')])
  await clock.advance(5 * 3_600_000)
  expect(workedIn.of('1000')).toEqual(['/w/kept'])
})

test('people beyond a number are not kept, and those who were are', () => {
  const workedIn = new WorkedIn({ clock: new FakeClock() })
  for (let uid = 0; uid <= 256; uid++) workedIn.see([at('/w', { user: { id: `${uid}`, name: 'x' } })])
  expect([workedIn.of('0'), workedIn.of('255'), workedIn.of('256')]).toEqual([['/w'], ['/w'], []])
})

test('looks where an agent works with the home of its person, from the next look on', async () => {
  const asked: [string, readonly string[], readonly string[] | undefined][] = []
  const details: ProcessDetails = {
    executableNow: () => undefined,
    streams: () => undefined,
    activity: () => undefined,
    openFiles: () => new Map(),
    sockets: () => new Map(),
    logins: () => [],
    ownPidNamespace: undefined,
    insideWsl: false,
    standing: () => STANDING,
  }
  const pi = { ...NODE_TITLED_PI, executable: '/usr/local/bin/claude', argv: ['claude'] }
  const discovery = discoveryOf({
    processes: processesOf(pi),
    details,
    users: async () => [ALICE],
    homes: {
      async readHome({ user, tasks, workedIn }) {
        asked.push([user.name, tasks.slice(0, 1), workedIn])
        return { sightings: [], sources: [] }
      },
    },
  })
  await discovery.processes({ signal })
  await discovery.collect({ signal })
  expect(asked).toEqual([['alice', ['installed'], ['/home/alice/code/app']]])
})

test('servers, files and settings of a folder that no agent keeps a list of are found', async () => {
  using home = fixtureHome()
  home.write('code/app/.mcp.json', { mcpServers: { inner: NPX } })
  home.write('code/.cursor/mcp.json', { mcpServers: { above: NPX } })
  home.write('code/app/CLAUDE.md', 'Be kind.')
  const seen = async (workedIn?: readonly string[]) => {
    const init = workedIn === undefined ? {} : { workedIn }
    const found = [await scanHome(home, 'mcp', init), await scanHome(home, 'agent-files', init)]
    return found.flatMap(({ sightings }) => sightings).map((each) => [each.kind, each.name])
  }
  expect(await seen()).toEqual([])
  expect((await seen([home.at('code/app')])).sort()).toEqual([
    ['agent-file', 'CLAUDE.md'],
    ['mcp-server', 'above'],
    ['mcp-server', 'inner'],
  ])
  // The home is looked at anyway, the root is no project, and a detour is none that anybody works in.
  expect(await seen([home.path, '/', `${home.path}/x/../code/app`, 'code/app', ''])).toEqual([])
})
