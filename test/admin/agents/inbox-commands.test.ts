import type { SeenAgentView } from '../../../src/protocol/nouns/agents/seen-agents.ts'
import { deviceWith, tell } from '../../directory/fleet/fleet-questions.ts'
import { seedHuman } from '../../directory/registrations/registration-fixture.ts'
import { ADA, claude, running } from '../../directory/seen/seen-fixture.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { DANGEROUS, runCommand } from '../../support/directory/run-commands.ts'
import { unknownAgent } from '../../support/protocol/sample-sightings.ts'

let directory: TestDirectory
directoryForAll(
  async (started) => {
    directory = started
    await seedHuman(directory, 'alice', 'alice@example.org')
  },
  { stops: { confirmAbove: 1, emergency: false } },
)

const run = (...args: readonly string[]) => runCommand(directory, ['inbox', ...args])
const agents = async (...args: readonly string[]): Promise<SeenAgentView[]> =>
  JSON.parse((await run('list', ...args, '--json')).out).agents
const bot = unknownAgent('1', { user: ADA, name: 'desk\u001b[31mbot', evidence: ['script /srv/bot.js run by node'] })

test('an agent is listed, shown, registered and merged, and hostile names do no harm', async () => {
  const device = await deviceWith(directory, bot, claude('2'))
  const table = await runCommand(directory, ['inbox', 'list', '-o', 'table'])
  expect(table.out).toMatch(/^ *ID +AGENT +STATE +DEVICES +FIRST SEEN +AUTONOMY +RUNS +HOST +USER +OWNER +DRIFT\n/)
  expect(table.out).toMatch(/sga_\S+ +desk.*bot +unregistered +1 of 1, only here +just now .* alice N\. +-\n/)
  expect(table.out).toMatch(/\n2 agents\n$/)
  expect(table.out).not.toMatch(DANGEROUS)
  const [first] = await agents('--product', 'claude-code')
  const id = first?.id ?? ''
  const shown = await run('show', id.slice(0, 14))
  expect(shown.out).toMatch(/^agent +Claude Code 2\.1\.0\n/)
  expect(shown.out).toMatch(/\nowner +alice N\. \(hum_\S+\) is proposed\n/)
  const registered = await run('register', id, '--purpose', 'reviews', '--any-device')
  const [, agt = ''] = /^sga_\S+ is registered as (agt_\S+) \(Claude Code, active\)\n$/.exec(registered.out) ?? []
  expect(registered).toMatchObject({ exitCode: 0, err: '' })
  expect(agt).not.toBe('')
  await tell(directory, device, [bot, claude('2', { process: running('/tmp/x') })])
  expect((await run('show', id)).out).toMatch(/\nDEVIATES +executable-changed\n/)
  expect(await agents('--deviating')).toMatchObject([{ id }])
  const shownThere = await runCommand(directory, ['registrations', 'show', agt])
  expect(shownThere.out).toMatch(/\nDEVIATES +sga_\S+ on .*: executable-changed\n$/)
  expect((await run('merge', id, '--into', agt)).exitCode).toBe(0)
  expect(await agents('--deviating')).toEqual([])
  for (const name of [agt, 'claude code']) {
    expect((await run('list', '--registration', name, '-o', 'id')).out).toBe(`${id}\n`)
  }
  expect(await agents('--state', 'unregistered')).toMatchObject([{ name: bot.name, state: 'unknown' }])
  expect((await agents('--human', 'alice', '--state', 'all')).map(({ name }) => name)).toContain('Claude Code')
})

test('an agent is ignored and comes back, and a block names its stop', async () => {
  await deviceWith(directory, bot)
  const [{ id } = { id: '' }] = await agents()
  expect((await run('ignore', id, '--reason', 'a test', '--until', '30d')).out).toMatch(
    /\nignored +a test \(administrator, \S+ \S+, until /,
  )
  expect(await agents()).toEqual([])
  expect((await run('ignore', id, '--undo')).out).toMatch(/\nstate +unregistered\n/)
  const dry = await run('block', id, '--reason', 'x', '--dry-run')
  expect(dry.out).toMatch(/^devices +1 of 1 have an agent that would stop\nagents +1\n/)
  const blocked = await run('block', id, '--reason', 'x', '--wait', '0')
  expect(blocked.out).toMatch(/^Stop (stop_\S+) is in force\.\n(.*\n)*Release it: .* stops release \1 --reason TEXT\n$/)
  expect(blocked.out).not.toMatch(DANGEROUS)
  const [, stop = ''] = /(stop_\S+)/.exec(blocked.out) ?? []
  expect((await run('show', id)).out).toContain(stop)
  expect((await run('register', id, '--purpose', 'x')).out).toContain(
    `it stays frozen: ${stop} of its product is in force`,
  )
  expect((await run('show', id)).out).not.toContain('is proposed')
  expect((await runCommand(directory, ['stops', 'release', stop, '--reason', 'mended'])).exitCode).toBe(0)
})

test('a waiting block prints its confirm command, and advice without a second person', async () => {
  await using strict = await startTestDirectory({ stops: { confirmAbove: 0, emergency: true } })
  await deviceWith(strict, bot)
  const listed = JSON.parse((await runCommand(strict, ['inbox', 'list', '--json'])).out)
  const { out, err } = await runCommand(strict, ['inbox', 'block', listed.agents[0].id, '--reason', 'x'])
  expect(out).toMatch(/^Stop (stop_\S+) is not in force: waits .*\nAnother person confirms it: .* stops confirm \1\n$/)
  expect(err).toMatch(
    /\nnote: there is nobody else who can confirm the stop now\nnote: now: the same command with --emergency /,
  )
})

test('a list ends at its limit and says that there is more', async () => {
  await deviceWith(directory, ...['a', 'b', 'c'].map((name, at) => unknownAgent(`${at}`, { name, user: ADA })))
  const limited = await run('list', '--limit', '2', '--json')
  expect(JSON.parse(limited.out)).toMatchObject({ agents: { length: 2 }, more: true })
  expect((await runCommand(directory, ['inbox', 'list', '--limit', '2', '-o', 'table'])).out).toMatch(
    /\n2 agents, and more\n$/,
  )
  expect((await run('list', '--search', 'zzz')).err).toBe('none\n')
})

test('status counts what waits', async () => {
  await deviceWith(directory, bot, claude('2'))
  expect((await runCommand(directory, ['status'])).out).toMatch(
    /\ninbox +2 agents to decide \(inbox list\); 0 registered; /,
  )
})

test.each([
  [['register', 'ID'], /purpose/],
  [['merge', 'ID'], /--into/],
  [['merge', 'ID', '--into', 'agt_x'], /no registration has the name/],
  [['ignore', 'ID'], /give a --reason, or --undo/],
  [['ignore', 'ID', '--undo', '--reason', 'x'], /give a --reason, or --undo/],
  [['ignore', 'ID', '--reason', 'x', '--until', 'tomorrow'], /a time is 90m/],
  [['block', 'ID'], /--reason/],
  [['show', 'sga_nothing'], /no unregistered agent has the name/],
  [['show', 'x'], /no unregistered agent has the name/],
  [['list', '--state', 'lost'], /Allowed choices/],
  [['list', '--rare', '0'], /a whole number from 1/],
  [['list', '--limit', 'all'], /a whole number from 1/],
  [['register', 'ID', '--purpose', 'x', '--workspace', '/srv', '--any-workspace'], /--workspace or --any-workspace/],
  [['register', 'ID', '--purpose', 'x', '--autonomy-ceiling', 'none'], /Allowed choices/],
])('%j is refused and changes nothing', async (args, message) => {
  await deviceWith(directory, claude('2'))
  const [{ id } = { id: '' }] = await agents()
  const { exitCode, err } = await run(...args.map((word) => (word === 'ID' ? id : word)))
  expect(exitCode).not.toBe(0)
  expect(err).toMatch(message)
  expect((await agents()).map(({ state }) => state)).toEqual(['unknown'])
})
