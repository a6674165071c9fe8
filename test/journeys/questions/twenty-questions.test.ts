import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sighting } from '../../../src/protocol/sighting.ts'
import { deviceWith } from '../../directory/fleet/fleet-questions.ts'
import { seedHuman } from '../../directory/registrations/registration-fixture.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { runCommand } from '../../support/directory/run-commands.ts'
import { sampleResult } from '../../support/directory/seeded-directory.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { agentSighting, mcpServerSighting, unknownAgent } from '../../support/protocol/sample-sightings.ts'

/**
 * Twenty questions of an administrator to a fleet of fifty devices, each asked once, with the command that help names. The
 * directory, its database and its API are real; what devices reported is made.
 */

const DEVICES = 50
const DAY_MS = 86_400_000
/** The first of them fail the encryption of the disk, as `seedDevice` has it. */
const RED = 20
/** Of each ten devices, two are Ada's. */
const isOfAda = (number: number) => number % 5 === 0
const hostOf = (number: number) => `lap-${`${number}`.padStart(4, '0')}`
const ALICE = { id: '1000', name: 'alice' }

let directory: TestDirectory
beforeAll(async () => {
  directory = await startTestDirectory()
  for (const name of ['ada', 'alice', 'bob']) await seedHuman(directory, name, `${name}@example.org`)
  for (let number = 1; number <= DEVICES; number++) await addDevice(number)
}, scaledMs(120_000))
afterAll(() => directory[Symbol.asyncDispose]())

async function addDevice(number: number): Promise<void> {
  const { store, database, clock } = directory
  const device = await deviceWith(directory, ...sightingsOf(number))
  const label = { hostname: hostOf(number), platform: 'linux', arch: 'x64', serial: `SN-${1000 + number}` }
  const owner = isOfAda(number) ? 'ada@example.org' : 'alice@example.org'
  database
    .prepare('UPDATE devices SET label_json = ?, owner = ?, owner_key = ? WHERE id = ?')
    .run(JSON.stringify(label), owner, owner, device)
  const now = clock.now()
  await store.reports.putInventory(
    device,
    { hostname: label.hostname, platform: 'linux', arch: 'x64', osName: 'Debian', osVersion: '13', kernel: '6.12' },
    now,
  )
  if (number > RED) {
    await store.findings.put(device, { check: 'disk.root-encrypted', state: 'pass', detail: 'LUKS' }, now)
    await store.results.put(device, { ...sampleResult(now), verdict: 'compliant', reasons: [] })
  }
}

function sightingsOf(number: number): readonly Sighting[] {
  const version = `2.1.${number % 3}`
  const level = number % 10 === 0 ? 'autonomous' : 'asks'
  return [
    agentSighting('1', { version, autonomy: { level, because: [] }, user: ALICE }),
    ...(number <= 3 ? [unknownAgent('2', { user: ALICE })] : []),
    ...(number === 4 ? [agentSighting('3', { name: 'Old', catalogueId: 'old', endOfLife: '2020-01-01' })] : []),
    mcpServerSighting('4', { name: 'notes', plaintextSecret: number % 25 === 0 }),
  ]
}

/** What a question printed. Help names all that it uses. */
async function asked(...args: readonly string[]): Promise<string> {
  const { exitCode, out, err } = await runCommand(directory, args)
  expect({ args, exitCode, err }).toEqual({ args, exitCode: 0, err: expect.any(String) })
  const path = args.slice(0, args[0] === 'status' || args[0] === 'changes' ? 1 : 2)
  const [all, help] = [await runCommand(directory, ['--help']), await runCommand(directory, [...path, '--help'])]
  expect(all.out).toMatch(new RegExp(`^ +${path[0]}\\b`, 'm'))
  for (const option of args.filter((word) => word.startsWith('-'))) expect(help.out).toContain(option.split('=')[0])
  return out
}

const rowsOf = (out: string) => out.trimEnd().split('\n').slice(1)
const json = async (...args: readonly string[]) => JSON.parse(await asked(...args, '--json'))
const inFolder = (name: string) => join(directory.folder, name)

test('how is the fleet?', async () => {
  const out = await asked('status')
  expect(out).toMatch(/^devices +50\b/m)
  expect(out).toMatch(new RegExp(`^verdicts +${DEVICES - RED} compliant, ${RED} not-compliant, 0 no-verdict`, 'm'))
})

test('which devices fail the encryption of the disk?', async () => {
  const rows = rowsOf(await asked('devices', 'list', '--failing', 'disk.root-encrypted', '-o', 'csv'))
  expect(rows).toHaveLength(RED)
  expect((await json('checks', 'list')).checks).toContainEqual(
    expect.objectContaining({ check: 'disk.root-encrypted', fail: RED, pass: DEVICES - RED }),
  )
})

test('which device has this serial number?', async () => {
  expect(await asked('devices', 'show', 'SN-1007')).toContain(hostOf(7))
})

test('what would this policy change, judged by the last seven days?', async () => {
  const file = inFolder('policy.yaml')
  const checks = '  disk.root-encrypted: {weight: required, grace: 7}\n'
  writeFileSync(file, `schema: surety/policy@1\nchecks:\n${checks}`)
  const out = await asked('policy', 'test', file, '--against', '7d')
  expect(out).toMatch(/^50 devices; \d+ verdicts? would change now$/m)
  expect(out).toContain('IN USE  THIS FILE')
})

test('what stops if all agents of one person freeze?', async () => {
  const { impact } = await json('stops', 'create', '--person', 'ada', '--reason', 'incident 42', '--dry-run')
  expect(impact).toMatchObject({ owners: expect.any(Array) })
  expect((await json('stops', 'create', '--user', 'alice', '--reason', 'r', '--dry-run')).impact).toMatchObject({
    affectedDevices: DEVICES,
    ownerCount: 2,
  })
})

test('what would a code freeze stop?', async () => {
  const freeze = ['--all', '--until', '8h', '--reason', 'code freeze', '--dry-run']
  expect((await json('stops', 'create', ...freeze)).impact).toMatchObject({
    devices: DEVICES,
    affectedDevices: DEVICES,
  })
})

test('who stopped what, and when?', async () => {
  await asked('stops', 'create', '--product', 'old', '--reason', 'incident 42', '--wait', '1')
  const out = await asked('stops', 'list', '-o', 'table')
  expect(out).toMatch(/freeze +in force +(just now|\S+ \S+ ago) +administrator +all old on all devices .*incident 42/)
})

test('how does a colleague look, and change nothing?', async () => {
  await asked('administrators', 'add', 'eve', '--role', 'viewer', '--out', inFolder('eve.json'))
  const mine = ['--profile', inFolder('eve.json')]
  expect((await runCommand(directory, ['status', ...mine], {}, { data: false })).exitCode).toBe(0)
  const refused = await runCommand(
    directory,
    ['devices', 'retire', 'lap-0001', '--reason', 'r', '--yes', ...mine],
    {},
    { data: false },
  )
  expect(refused).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining('eve has the role viewer, which may not operate'),
  })
})

test('which agents are discontinued, idle, rare, new?', async () => {
  expect(rowsOf(await asked('agents', 'list', '--end-of-life', '-o', 'csv'))).toHaveLength(1)
  expect(rowsOf(await asked('agents', 'list', '--idle', '90', '-o', 'csv'))).toEqual([])
  expect(rowsOf(await asked('agents', 'list', '--rare', '3', '-o', 'csv'))).toHaveLength(4)
  expect(rowsOf(await asked('agents', 'list', '--new', '7', '-o', 'csv'))).toEqual([])
})

test('which versions of Claude Code are there?', async () => {
  const out = await asked('agents', 'show', 'claude-code')
  expect(out.match(/^version +2\.1\.\d, on 1[67]$/gm)).toHaveLength(3)
})

test('who runs Claude Code without being asked?', async () => {
  expect(rowsOf(await asked('agents', 'list', '--product', 'claude-code', '--autonomous', '-o', 'csv'))).toHaveLength(5)
})

test('which agents does no catalogue know, and which products are there?', async () => {
  expect(rowsOf(await asked('agents', 'list', '--unrecognised', '-o', 'csv'))).toHaveLength(3)
  expect((await json('agents', 'products')).products).toMatchObject([
    { key: 'claude-code', devices: DEVICES, autonomous: 5, versions: 3 },
    { key: 'unknown/deskbot', devices: 3, recognised: false },
    { key: 'old', devices: 1 },
  ])
})

test('which MCP servers are there, and on how many devices?', async () => {
  expect((await json('mcp', 'servers')).servers).toMatchObject([
    { name: 'notes', devices: DEVICES, agents: ['cursor'] },
  ])
})

test('which MCP servers have a secret in clear text?', async () => {
  expect(rowsOf(await asked('mcp', 'list', '--risk', 'secret-in-file', '-o', 'csv'))).toHaveLength(2)
  expect(await asked('risks', 'list')).toContain('secret-in-file')
})

test('what does Ada own?', async () => {
  const out = await asked('people', 'show', 'ada')
  expect(out).toContain('ada@example.org')
  for (const number of [5, 10, 15]) expect(out).toContain(hostOf(number))
  expect(rowsOf(await asked('devices', 'list', '--owner', 'ada', '-o', 'csv'))).toHaveLength(DEVICES / 5)
})

test('which registered agents have no owner?', async () => {
  await asked('registrations', 'create', 'nightly', '--purpose', 'builds', '--product', 'codex')
  expect((await json('registrations', 'list', '--no-owner')).registrations).toMatchObject([{ name: 'nightly' }])
})

test('what changed since yesterday?', async () => {
  await asked('devices', 'retire', 'lap-0050', '--reason', 'lost', '--yes')
  await directory.clock.advance(60_000)
  const out = await asked('changes', '--since', 'yesterday', '-o', 'table')
  expect(out).toMatch(/devices +1 +device was retired +lap-0050 by administrator/)
  expect(out).toMatch(/agents +1 +unrecognised agent appeared +unknown\/deskbot on 3 devices/)
  expect(out).toMatch(/settings +1 +administrator or service was added +eve by administrator/)
})

test('which agents are of one owner, and which of one account?', async () => {
  expect(rowsOf(await asked('agents', 'list', '--owner', 'ada', '-o', 'csv'))).toHaveLength(9)
  expect(
    rowsOf(await asked('agents', 'list', '--user', 'alice', '--product', 'claude-code', '-o', 'csv')),
  ).toHaveLength(DEVICES - 1)
})

test('all agents, for a spreadsheet', async () => {
  const [heading = '', ...rows] = (await asked('agents', 'list', '-o', 'csv')).trimEnd().split('\r\n')
  expect(heading.split(',')).toEqual(expect.arrayContaining(['agent', 'host', 'owner']))
  expect(rows).toHaveLength(DEVICES - 1 + 3 + 1)
})

test('a new token, without a gap', async () => {
  await asked('administrators', 'add', 'carl', '--role', 'viewer', '--out', inFolder('carl.json'))
  await asked('administrators', 'rotate', 'carl', '--out', inFolder('newer.json'))
  const works = async (profile: string) =>
    (await runCommand(directory, ['status', '--profile', inFolder(profile)], {}, { data: false })).exitCode
  expect([await works('carl.json'), await works('newer.json')]).toEqual([0, 0])
  await directory.clock.advance(DAY_MS + 1)
  expect([await works('carl.json'), await works('newer.json')]).toEqual([1, 0])
})
