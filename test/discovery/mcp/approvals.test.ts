import fc from 'fast-check'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import type { Catalogue } from '../../../src/discovery/catalogue/catalogue.ts'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'

const server = { command: 'node', args: ['a.js'] }

/** What is told of the servers `p1`, `p2` and `p3` of a project, in one word each. */
async function look(home: FixtureHome, catalogue: Catalogue = builtInCatalogue()): Promise<string> {
  const { sightings } = await scanHome(home, 'mcp', { catalogue })
  return sightings.flatMap((each) => (each.kind === 'mcp-server' ? [`${each.enabled}`] : [])).join(' ')
}

function projectIn(home: FixtureHome, state: Readonly<Record<string, unknown>> = {}): void {
  home.write('.claude.json', { projects: { [home.at('app')]: state } })
  home.write('app/.mcp.json', { mcpServers: { p1: server, p2: server, p3: server } })
}

interface Said {
  readonly user?: unknown
  readonly local?: unknown
  readonly project?: unknown
  readonly managed?: unknown
  readonly state?: Readonly<Record<string, unknown>>
}

const on = (...names: unknown[]) => ({ enabledMcpjsonServers: names })
const off = (...names: unknown[]) => ({ disabledMcpjsonServers: names })
const ALL = { enableAllProjectMcpServers: true }

/** As `claude mcp list` of 2.1.197 told of the same files: what it would ask about is unknown here, what it leaves out is off. */
test.each<[string, Said, string]>([
  ['nobody', {}, 'unknown unknown unknown'],
  ['a person in this project', { local: { ...on('p1'), ...off('p2') } }, 'true false unknown'],
  ['a person to all but one', { local: { ...ALL, ...off('p2') } }, 'true false true'],
  ['the project itself, which is not heard', { project: { ...ALL, ...on('p1') } }, 'unknown unknown unknown'],
  ['the project itself against one', { project: off('p1'), user: ALL }, 'false true true'],
  ['a person everywhere', { user: on('p3') }, 'unknown unknown true'],
  ['here, against one everywhere', { local: on('p1', 'p2'), user: off('p1') }, 'false true unknown'],
  ['everywhere, against one here', { local: off('p1'), user: { ...on('p1'), ...ALL } }, 'false true true'],
  ['an administrator', { managed: ALL }, 'true true true'],
  ['an administrator against one', { managed: off('p2'), local: ALL }, 'true false true'],
  ['in the state of an older version', { state: { ...on('p1'), ...off('p3') } }, 'true unknown false'],
  ['in a word', { user: { enableAllProjectMcpServers: 'true' } }, 'unknown unknown unknown'],
  ['with a number', { user: { enableAllProjectMcpServers: 1 } }, 'unknown unknown unknown'],
  ['to what has no name', { local: on(null, 7, ['p1'], { name: 'p1' }) }, 'unknown unknown unknown'],
  ['in a map', { local: { enabledMcpjsonServers: { p1: true } } }, 'unknown unknown unknown'],
  ['in a file that is no JSON', { user: '{', local: ALL }, 'unknown unknown unknown'],
  ['in a file that is no JSON, against one', { user: '{', local: off('p1') }, 'false unknown unknown'],
])('who agreed to servers of a project: %s', async (_, { user, local, project, managed, state }, told) => {
  using home = fixtureHome()
  using machine = fixtureHome()
  projectIn(home, state)
  if (user !== undefined) home.write('.claude/settings.json', user)
  if (local !== undefined) home.write('app/.claude/settings.local.json', local)
  if (project !== undefined) home.write('app/.claude/settings.json', project)
  if (managed !== undefined) machine.write('managed-settings.json', managed)
  const catalogue: Catalogue = JSON.parse(
    JSON.stringify(builtInCatalogue()).replaceAll('/etc/claude-code', machine.path),
  )
  expect(await look(home, catalogue)).toBe(told)
})

test('what a person agreed to in one project says nothing of another', async () => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('a')]: on('p1'), [home.at('b')]: {} } })
  for (const name of ['a', 'b']) home.write(`${name}/.mcp.json`, { mcpServers: { p1: server } })
  home.write('a/.claude/settings.local.json', ALL)
  expect(await look(home)).toBe('true unknown')
})

test('a server that says of itself that it is off stays off', async () => {
  using home = fixtureHome()
  projectIn(home)
  home.write('app/.mcp.json', { mcpServers: { p1: { ...server, disabled: true } } })
  home.write('.claude/settings.json', ALL)
  expect(await look(home)).toBe('false')
})

test('takes no person for having agreed who did not, for any settings', async () => {
  using home = fixtureHome()
  projectIn(home)
  await fc.assert(
    fc.asyncProperty(fc.json(), fc.json(), async (names, all) => {
      home.write(
        '.claude/settings.json',
        `{"enabledMcpjsonServers":${names},"enableAllProjectMcpServers":[${all}, "x"]}`,
      )
      const told = await look(home)
      return told === 'unknown unknown unknown' || all === 'true'
    }),
    { numRuns: 40 },
  )
})
