import type { FrozenBy } from '../../../src/protocol/sighting.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { DANGEROUS, runCommand } from '../../support/directory/run-commands.ts'
import { agentSighting, unknownAgent } from '../../support/protocol/sample-sightings.ts'
import { deviceWith, found, tell } from '../fleet/fleet-questions.ts'
import { ask } from '../http/documented-answers.ts'

/** Agents that a stop holds, as devices report them: in every list, by filters, and no longer once they resume. */

const STOP = `stop_${'A'.repeat(22)}`
const ADA = { id: '1000', name: 'ada' }
const FROZEN: FrozenBy[] = [{ stop: STOP, by: 'grace', reason: 'incident \u001b[31m42' }]
const LOCAL: FrozenBy[] = [{ stop: 'local', by: 'ada', reason: '' }]
const frozen = agentSighting('1', { user: ADA, frozenBy: FROZEN })

let directory: TestDirectory
/** `one` is connected and has a frozen agent and one that runs; `two` is silent, and a user of it froze an agent. */
let one: string
let two: string
let free: string
directoryForAll(async (started) => {
  directory = started
  one = await deviceWith(directory, frozen, agentSighting('2', { catalogueId: 'other', name: 'Other' }))
  two = await deviceWith(directory, unknownAgent('3', { frozenBy: LOCAL }))
  free = await deviceWith(directory, agentSighting('4'))
  directory.connected.add(one)
})

const run = async (...args: readonly string[]) => {
  const { exitCode, out, err } = await runCommand(directory, args)
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
  expect(out).not.toMatch(DANGEROUS)
  return out
}
const devices = async (...args: readonly string[]) =>
  JSON.parse(await run('devices', 'list', ...args, '--json')).devices as { id: string; frozenAgents?: number }[]

test('the list of agents says who froze which, and why; running ones run', async () => {
  const lines = (await run('agents', 'list', '-o', 'table')).split('\n')
  const lineOf = (id: string) => lines.find((line) => line.includes(`  ${id.repeat(4)}`)) ?? ''
  expect(lineOf('1')).toContain('  FROZEN by grace (incident \\x1b[31m42)  ')
  expect(lineOf('2')).toMatch(/ {2}running {2}/)
  expect(lineOf('3')).toContain('  UNRECOGNISED, FROZEN by ada  ')
})

test('a filter finds exactly those that are frozen, on silent devices too', async () => {
  const shown = JSON.parse(await run('agents', 'list', '--frozen', '--json')).agents
  expect(shown.map(({ sighting }: { sighting: object }) => sighting)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ frozenBy: FROZEN }),
      expect.objectContaining({ frozenBy: LOCAL }),
    ]),
  )
  expect(shown).toHaveLength(2)
  expect(await run('agents', 'list', '--frozen', '--device', free, '-o', 'table')).toBe('no agents\n')
  const sorted = async (path: string) => [...(await found(directory, path))].toSorted().join('')
  expect(await sorted('/agents?frozen=yes')).toBe('13')
  expect(await sorted('/agents?frozen=no')).toBe('24')
  expect(await sorted(`/agents?frozen=yes&device=${one}`)).toBe('1')
  expect(await sorted('/agents?frozen=yes&key=claude-code')).toBe('1')
  expect((await directory.ask('GET', '/api/v1/agents?frozen=maybe')).status).toBe(400)
})

test('one agent is shown with the ids of its stops', async () => {
  const out = await run('agents', 'show', one, '1'.repeat(32))
  expect(out).toMatch(/\n {2}state +FROZEN by grace /)
  expect(out).toContain(`${STOP} by grace: incident`)
  expect(await run('agents', 'show', two, '3'.repeat(32))).toMatch(/\n {2}frozen by +a stop of this device by ada\n/)
  const ofFleet = (await ask(directory, 'GET', 'getAgent', '/agents/claude-code')).json
  expect(ofFleet).toMatchObject({ present: 2, running: 2, frozen: 1 })
  expect(await run('agents', 'show', 'claude-code')).toContain('2 of them running (1 FROZEN: agents list --frozen)')
})

test('devices are marked, and found by a filter', async () => {
  const stopped = await devices('--stopped')
  expect(stopped.map(({ id, frozenAgents }) => `${id} ${frozenAgents}`).toSorted()).toEqual(
    [`${one} 1`, `${two} 1`].toSorted(),
  )
  expect(Object.fromEntries((await devices()).map(({ id, frozenAgents }) => [id, frozenAgents]))).toEqual({
    [one]: 1,
    [two]: 1,
    [free]: undefined,
  })
  expect(await run('devices', 'list', '-o', 'table')).toMatch(new RegExp(`${one}  not-compliant, 1 agent FROZEN  `))
  expect(await run('devices', 'show', one)).toContain(
    `\nstopped      1 agent FROZEN (agents list --frozen --device ${one})\n`,
  )
  expect(await run('devices', 'show', free)).not.toMatch(/^stopped/m)
  const unstopped = (await ask(directory, 'GET', 'listDevices', '/devices?stopped=no')).json
  expect(Object(unstopped)).toMatchObject({ items: [{ id: free }], total: 1 })
})

test('the inbox and the status count them', async () => {
  const { items } = Object((await ask(directory, 'GET', 'listInbox', '/inbox')).json)
  const counts = items.map(({ device, product, running, frozen: held }: Record<string, unknown>) => [
    ...[device, product, running, held],
  ])
  expect(counts).toEqual(
    expect.arrayContaining([
      [one, 'claude-code', 1, 1],
      [one, 'other', 1, 0],
      [two, 'unknown/deskbot', 1, 1],
      [free, 'claude-code', 1, 0],
    ]),
  )
  expect(await run('inbox', 'list', '-o', 'table')).toMatch(/Claude Code .* 1, 1 FROZEN /)
  expect(await run('status')).toMatch(/\nagents +4: 4 running \(2 of them FROZEN: agents list --frozen\), /)
})

test('an agent that resumes is running again everywhere', async () => {
  const { frozenBy: _, ...running } = frozen
  await tell(directory, one, [running])
  expect(await found(directory, '/agents?frozen=yes')).toBe('3')
  expect((await devices('--stopped')).map(({ id }) => id)).toEqual([two])
  expect(await run('agents', 'list', '--key', 'claude-code', '--device', one, '-o', 'table')).toMatch(/ {2}running {2}/)
})

test('one that ended while it was frozen, or whose device was retired, is not counted', async () => {
  await tell(directory, one, [])
  await directory.services.devices.retire(two, 'sold', 'adm_test')
  expect(await found(directory, '/agents?frozen=yes')).toBe('')
  expect(await devices('--stopped')).toEqual([])
  expect(Object((await ask(directory, 'GET', 'getSummary', '/summary')).json).sightings.frozenAgents).toBe(0)
})
