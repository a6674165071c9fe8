import { CHANGES } from '../../../src/protocol/nouns/directory/changes.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { DANGEROUS, runCommand } from '../../support/directory/run-commands.ts'
import { HOSTILE_NAME, seedDevice } from '../../support/directory/seeded-directory.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

let directory: TestDirectory
let device: string
// A fresh directory for each test: events cannot be removed.
beforeEach(async () => {
  directory = await startTestDirectory()
  device = (await seedDevice(directory)).device
  await directory.clock.advance(40 * DAY_MS)
})
afterEach(() => directory[Symbol.asyncDispose]())

const run = (...args: readonly string[]) => runCommand(directory, ['changes', ...args])
const ago = (hours: number) => directory.clock.now() - hours * HOUR_MS
const { activity, audit } = { activity: () => directory.store.activity, audit: () => directory.store.audit }

async function told(...args: readonly string[]) {
  const { exitCode, out, err } = await run(...args, '--json')
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
  return JSON.parse(out)
}

test('says in words what changed, rooms with something urgent first', async () => {
  await audit().add({ at: ago(2), actor: 'directory', act: 'policy-set', subject: '4', details: {} })
  await activity().add({ at: ago(3), kind: 'enrolled', device })
  const detail = { from: 'compliant', to: 'not-compliant' }
  await activity().add({ at: ago(1), kind: 'verdict-changed', device, detail })
  const agent = { agent: 'claude-code', name: 'Claude Code', version: '2.1.40' }
  for (const kind of ['agent-appeared', 'agent-autonomous'] as const)
    await activity().add({ at: ago(1), kind, device, detail: agent })
  const { exitCode, out } = await run()
  const [heading, ...lines] = out.trimEnd().split('\n')
  expect(exitCode).toBe(0)
  expect(heading).toBe('about\tcount\twhat\twhich\tchange')
  expect(lines.map((line) => line.split('\t').slice(0, 3).join(' '))).toEqual([
    'devices 1 device went red',
    'devices 1 device enrolled',
    'agents 1 product began to act without asking',
    'agents 1 product appeared on devices',
    'settings 1 version of the policy was set',
  ])
  expect(out).toContain('\tclaude-code 2.1.40 on 1 device (autonomous on 1)\t')
  expect(out).toContain('\t4 by directory\t')
})

test('names three, and says how many more there are', async () => {
  for (const subject of ['6', '7', '8', '9', '10'])
    await audit().add({ at: ago(1), actor: 'directory', act: 'rules-set', subject, details: {} })
  expect((await run('-o', 'csv')).out).toContain(
    ',5,versions of the rules were set,"10 by directory, 6 by directory, 7 by directory and 2 more",',
  )
})

test('escapes the names of devices and agents', async () => {
  await activity().add({ at: ago(1), kind: 'unknown-agent-appeared', device, detail: { name: HOSTILE_NAME } })
  await activity().add({ at: ago(1), kind: 'device-silent', device })
  for (const format of ['table', 'csv', 'tsv', 'yaml', 'json', 'jsonl'])
    expect((await run('-o', format)).out.replaceAll(/[\t\r]/g, ' ')).not.toMatch(DANGEROUS)
})

test('takes the last 24 hours, or the span that is asked for', async () => {
  await activity().add({ at: ago(30), kind: 'enrolled', device })
  await activity().add({ at: ago(2), kind: 'device-silent', device })
  const found = async (...args: readonly string[]) =>
    (await told(...args)).changes.map(({ change }: { change: string }) => change)
  expect(await found()).toEqual(['device-silent'])
  expect(await found('--since', '7d')).toEqual(['device-silent', 'enrolled'])
  expect(await found('--since', '7d', '--until', '24h')).toEqual(['enrolled'])
  expect(await told('--since', '7d')).toMatchObject({ schema: 'surety-directory/changes@1', since: ago(7 * 24) })
})

test('says that nothing changed', async () => {
  const { exitCode, out } = await run('-o', 'table')
  expect({ exitCode, out }).toEqual({ exitCode: 0, out: expect.stringMatching(/^nothing changed from .+ to .+\n$/) })
})

test.each([
  [['--since', 'soon'], 2, 'monday'],
  [['--since', '2099-01-01'], 2, 'not in the future'],
  [['--until', '9h', '--since', '1h'], 1, 'the span of time ends before it begins'],
  [['--since', '32d'], 1, 'the span of time has more than 31 days'],
  [['--columns', 'who'], 2, 'there is no column'],
])('refuses %j', async (args, exitCode, message) => {
  const { out, err, ...rest } = await run(...args)
  expect({ ...rest, out }).toEqual({ exitCode, out: '' })
  expect(err).toContain(message)
})

test('no change has the name of another, and none is counted under two names', () => {
  const names = CHANGES.map(({ change }) => change)
  const sources = CHANGES.flatMap(({ from }): readonly string[] => ('acts' in from ? from.acts : Object.values(from)))
  expect([new Set(names).size, new Set(sources).size]).toEqual([names.length, sources.length])
})
