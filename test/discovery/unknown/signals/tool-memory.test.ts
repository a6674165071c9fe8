import { detailsOf, type SeenProcess, scanInit, unknownAgents } from '../behaviour-world.ts'
import { AGENT, marked, TOOL } from '../marked-agents.ts'

/** What was told of a tool as it began is all there is once it is over; while it lives a look may find more. */

const SNAPSHOT = ['bash', '-c', `. '/home/alice/.robo/shell-snapshots/0123.sh'; ls`]
const WHOLE: SeenProcess = { ...TOOL, ...marked('ROBO_SESSION_ID', 'ROBO_CLI'), argv: SNAPSHOT }

/** The weights of what a look tells after the tool was told as `begun`, and was then seen as `looked`. */
async function told(begun: Partial<SeenProcess>, looked: Partial<SeenProcess>) {
  const processes = [AGENT, { ...WHOLE, ...looked }]
  const details = detailsOf(processes)
  const agents = unknownAgents({ processes: { environmentNames: async () => undefined }, details })
  agents.noteTool({ ...WHOLE, ...begun }, AGENT)
  const [found] = await agents.scan(processes, scanInit())
  return Object.fromEntries((found?.signals ?? []).map(({ name, weight }) => [name, weight]))
}

const ALL = { 'child-markers': 30, 'tool-children': 30, 'shell-snapshots': 20 }

test.each<[string, Partial<SeenProcess>]>([
  ['was read whole', {}],
  ['had no variables yet', { environmentNames: [] }],
  ['could not be read', { environmentNames: undefined, argv: [], argumentsUnread: true }],
  ['had not all variables yet', marked('ROBO_CLI')],
])('a tool that %s as it began is seen whole by the next look', async (_, begun) => {
  expect(await told(begun, {})).toMatchObject(ALL)
})

test.each<[string, Partial<SeenProcess>]>([
  ['has become the program that its shell was given', { argv: ['ls'], executable: '/usr/bin/ls' }],
  ['shows no variables any more', { environmentNames: [] }],
  ['cannot be read any more', { environmentNames: undefined, argv: [] }],
])('keeps what was reported of one that %s', async (_, looked) => {
  expect(await told({}, looked)).toMatchObject(ALL)
})

test.each([
  ['ROBO_SHELL', 30],
  ['ROBO_TERMINAL', 30],
  ['ROBO_SHELLS', 20],
  ['ROBO_MODE', 20],
  ['OTHER_SHELL', undefined],
  ['NODE_SHELL', undefined],
])('that a program tells what it runs of a shell of its own by %s weighs %s', async (name, weight) => {
  const found = await told({ ...marked(name) }, { ...marked(name) })
  expect(found['child-markers']).toBe(weight)
})
