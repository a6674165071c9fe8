import { applySightings } from '../../../src/directory/evidence/apply-sightings.ts'
import type { Sighting } from '../../../src/protocol/sighting.ts'
import type { Terminal } from '../../../src/view/terminal.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { DANGEROUS, runCommand } from '../../support/directory/run-commands.ts'
import { HOSTILE_NAME, seedDevice } from '../../support/directory/seeded-directory.ts'
import {
  agentSighting as agent,
  extensionSighting as extension,
  mcpServerSighting as mcpServer,
  unknownAgent as unknown,
} from '../../support/protocol/sample-sightings.ts'
import { testKey } from '../../support/protocol/test-keys.ts'

const DAY_MS = 86_400_000
const NAME = `bot ${HOSTILE_NAME}`

let directory: TestDirectory
let one: string
let two: string
beforeAll(async () => {
  directory = await startTestDirectory()
  one = (await seedDevice(directory, testKey('one'))).device
  two = (await seedDevice(directory, testKey('two'))).device
  directory.connected.add(one)
  await tell(one, [])
  await tell(two, [])
  await directory.clock.advance(2 * DAY_MS)
  const parts = [
    { role: 'agent' as const, pid: 10, startTicks: 1, parentPid: 1, executable: '/usr/bin/node', because: 'itself' },
    {
      role: 'mcp-server' as const,
      pid: 11,
      startTicks: 1,
      parentPid: 10,
      executable: '/usr/bin/node',
      because: 'child',
      server: '5'.repeat(32),
    },
  ]
  await tell(one, [
    agent('1', { parts, process: { pid: 10, startTicks: 1, bootId: 'b', parentPid: 1, executable: '/usr/bin/node' } }),
    agent('2', { state: 'installed', catalogueId: 'old', name: 'Old', endOfLife: '2020-01-01' }),
    unknown('3', { name: NAME }),
    agent('4', {
      catalogueId: 'yolo',
      name: 'Yolo',
      autonomy: { level: 'autonomous', because: [] },
      user: { id: '1000', name: 'alice' },
    }),
    mcpServer('5', { command: 'npx' }),
    extension('6'),
    {
      ...agent('7', { state: 'installed', catalogueId: 'idle', lastUsedAt: directory.clock.now() - 90 * DAY_MS }),
      name: 'Idle',
    },
  ])
  await tell(two, [agent('a'), mcpServer('b', { command: '/tmp/\u001b[31mother' }), extension('c', { ai: false })])
})
afterAll(() => directory[Symbol.asyncDispose]())

let snapshots = 0
async function tell(device: string, items: readonly Sighting[]) {
  const sightings = { mode: 'full' as const, snapshot: `${snapshots++}`, part: 0, parts: 1, items: [...items] }
  await applySightings(directory.store, device, { sightings, at: directory.clock.now() })
}

const WIDE: Terminal = { columns: 400, colour: false }
const run = (args: readonly string[], terminal: Terminal = WIDE) => runCommand(directory, args, { terminal })
const piped = (...args: string[]) => run(args, { columns: undefined, colour: false })

/** Which sightings the command lists: the digit that names each. */
async function listed(...args: string[]): Promise<string> {
  const { exitCode, out, err } = await run([...args, '--json'])
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
  const { schema, ...rest } = JSON.parse(out)
  expect(schema).toBe(`surety-directory/${Object.keys(rest)[0]}@1`)
  const items: { sighting: Sighting }[] = Object.values(rest)[0] as never
  return items
    .map(({ sighting }) => sighting.id[0])
    .toSorted()
    .join('')
}

test.each([
  [['--sort', 'name'], 'bCCIOY'],
  [['--sort', 'name', '--reverse'], 'YOICCb'],
  [['--sort', 'name', '--limit', '3'], 'bCC'],
  [['--sort', 'devices', '--limit', '2'], 'CC'],
  [['--sort', 'name', '--limit', '1', '--reverse'], 'Y'],
])('agents list %j is in this order', async (args, initials) => {
  const { exitCode, out } = await run(['agents', 'list', ...args, '--json'])
  expect(exitCode).toBe(0)
  const { agents, total } = JSON.parse(out) as { agents: { sighting: Sighting & { name: string } }[]; total: number }
  expect(agents.map(({ sighting }) => sighting.name[0]).join('')).toBe(initials)
  expect(total).toBe(6)
})

test('an order that does not exist is refused, and a table in an order is flat', async () => {
  const refused = await run(['agents', 'list', '--sort', 'colour'])
  expect(refused).toMatchObject({ exitCode: 2, out: '' })
  expect(refused.err).toContain('host, owner, name, last report, first seen, devices')
  const { out } = await run(['agents', 'list', '--sort', 'name', '--limit', '2'])
  expect(out).toMatch(/^ *HOST +OWNER/)
  expect(out).toContain('2 of 6 agents')
})

test.each([
  [['agents', 'list'], '12347a'],
  [['agents', 'list', '--running'], '134'],
  [['agents', 'list', '--unknown'], '3'],
  [['agents', 'list', '--autonomous'], '4'],
  [['agents', 'list', '--end-of-life'], '2'],
  [['agents', 'list', '--idle', '30'], '7'],
  [['agents', 'list', '--idle', '91'], ''],
  [['agents', 'list', '--rare', '1'], '2347'],
  [['agents', 'list', '--new', '1'], '12347a'],
  [['agents', 'list', '--new', '1', '--rare', '1', '--unknown'], '3'],
  [['agents', 'list', '--key', 'claude-code'], '1a'],
  [['agents', 'list', '--search', 'CLAUDE'], '1a'],
  [['agents', 'list', '--product', 'claude-code'], '1a'],
  [['agents', 'list', '--unrecognised'], '3'],
  [['agents', 'list', '--unregistered'], '12347a'],
  [['agents', 'list', '--product', 'yolo', '--risk', 'autonomous'], '4'],
  [['agents', 'list', '--risk', 'discontinued'], '2'],
  [['mcp', 'list', '--risk', 'secret-in-file'], ''],
  [['agents', 'list', '--key', `unknown/${NAME}`], '3'],
  [['mcp', 'list'], '5b'],
  [['mcp', 'list', '--new', '1'], '5b'],
  [['extensions', 'list'], '6c'],
  [['extensions', 'list', '--ai'], '6'],
  [['extensions', 'list', '--rare', '2'], '6c'],
  [['runtimes', 'list'], ''],
  [['files', 'list'], ''],
])('%j lists %j', async (args, digits) => {
  expect(await listed(...args)).toBe(digits)
  if (digits === '') expect((await run(args)).out).toMatch(/^no /)
})

test('narrows a list to an owner in any spelling, and to an account', async () => {
  const people = directory.services.humans
  await people.add({ userName: 'ann', email: 'alice@example.org', origin: 'hand' }, { id: 'adm', name: 'adm' })
  expect(await listed('agents', 'list', '--owner', 'alice@example.org')).toBe('12347a')
  expect(await listed('agents', 'list', '--owner', 'Alice@EXAMPLE.org')).toBe('12347a')
  expect(await listed('agents', 'list', '--owner', 'ANN', '--autonomous')).toBe('4')
  expect(await listed('mcp', 'list', '--owner', 'ann')).toBe('5b')
  expect(await listed('agents', 'list', '--owner', 'bob')).toBe('')
  expect(await listed('agents', 'list', '--owner', "' OR 1=1 --")).toBe('')
  const { out } = await run(['devices', 'list', '--owner', 'ann', '-o', 'id'])
  expect(out.trimEnd().split('\n').toSorted()).toEqual([one, two].toSorted())
  expect(await listed('agents', 'list', '--user', 'alice', '--running')).toBe('4')
  expect(await listed('agents', 'list', '--user', 'mallory')).toBe('')
})

test('gives a pipe tabs with a heading, and each format the same items', async () => {
  const { out } = await piped('agents', 'list', '--limit', '2')
  const [heading = '', ...rows] = out.trimEnd().split('\n')
  expect(heading).toMatch(/^host\towner\tagent\tstate\tuser\t.*\tkey\tdevice\tid$/)
  expect(rows.map((row) => row.split('\t').length)).toEqual([heading, heading].map((row) => row.split('\t').length))
  const tables = [await run(['agents', 'list']), await run(['agents', 'list', '-o', 'table'])]
  expect(tables[0]).toEqual(tables[1])
  const csv = await piped('agents', 'list', '-o', 'csv', '--columns', 'key,id')
  expect(csv.out).toMatch(/^key,id\r\n/)
  expect(csv.out).not.toMatch(/[^\r]\n/)
  expect((await piped('agents', 'list', '-o', 'jsonl')).out.trimEnd().split('\n')).toHaveLength(6)
  expect(await piped('agents', 'list', '--limit', '0')).toMatchObject({ exitCode: 2, out: '' })
})

test('a list narrowed to a device is of that device', async () => {
  expect([await listed('agents', 'list', '--device', two), await listed('mcp', 'list', '--device', one)]).toEqual([
    'a',
    '5',
  ])
})

test('a row names its device, its state and what is new, and escapes hostile names', async () => {
  const { out } = await run(['agents', 'list'])
  expect(out).not.toMatch(DANGEROUS)
  expect(out).toMatch(/^ {2}HOST +AGENT +STATE +USER +PROCESS +AUTONOMY +WHERE +LAST REPORT +FIRST SEEN +DEVICES +ID$/m)
  expect(out).toMatch(/Claude Code 2.1.0 +running .* now +just now, new +2 +11111111$/m)
  expect(out).toMatch(/Claude Code .* silent, 2 d ago +just now, new +2 +aaaaaaaa$/m)
  expect(out).toMatch(/<script>alert\(1\)<\/script>\\x1b\[31m.* UNRECOGNISED, running/)
})

test('a list ends with the risks of what it shows, and one without risks does not', async () => {
  const [table = '', ...risks] = (await run(['agents', 'list'])).out
    .replace(/\d+ agents\n$/, '')
    .trimEnd()
    .split('\n\n')
  expect(table).toContain('Yolo')
  expect(risks.map((section) => section.split('\n'))).toEqual([
    [
      'Risks (2)',
      '  - Yolo 2.1.0 acts without asking: start it without this mode, or use it only in a container.',
      '  - Old 2.1.0 gets no updates after 2020-01-01: remove it.',
    ],
  ])
  expect((await run(['mcp', 'list'])).out).not.toContain('Risks')
  expect((await run(['agents', 'list', '--json'])).out).not.toContain('Risks')
})

test('in a narrow terminal nothing is longer than that, and nothing is lost', async () => {
  for (const columns of [40, 80]) {
    const { out } = await run(['agents', 'list'], { columns, colour: false })
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(columns)
    expect(out.replaceAll(/\s+/g, '')).toContain('silent,2dago')
  }
})

test('colours what needs a person, and dims what was only last reported', async () => {
  const { out } = await run(['agents', 'list'], { columns: 300, colour: true })
  const lines = out.split('\n')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
  const toneOf = (what: RegExp) => /^\u001b\[(\d+)m/.exec(lines.find((line) => what.test(line)) ?? '')?.[1]
  expect([toneOf(/UNRECOGNISED/), toneOf(/AUTONOMOUS/), toneOf(/silent/), toneOf(/pid 10/)]).toEqual([
    '31',
    '33',
    '2',
    undefined,
  ])
})

test('one agent in the fleet', async () => {
  const { out } = await run(['agents', 'show', 'claude-code'])
  expect(out).toContain('agent       Claude Code\nkey         claude-code\ndevices     2\n')
  expect(out).toContain('version     2.1.0, on 2\n')
  expect(out).toContain('Where: surety-directory agents list --product claude-code\n')
  const unknownOne = await run(['agents', 'show', `unknown/${NAME}`])
  expect(unknownOne.out).toContain('recognised  NO: in no catalogue')
  expect(unknownOne.out).not.toMatch(DANGEROUS)
  expect(unknownOne.out).toContain("Where: surety-directory agents list --product 'unknown/bot <script>")
  expect((await run(['agents', 'show', one, '3333'])).out).toContain(
    "  elsewhere: surety-directory agents show 'unknown/bot <script>",
  )
  expect(JSON.parse((await run(['agents', 'show', 'claude-code', '--json'])).out)).toMatchObject({
    schema: 'surety-directory/fleet-agent@1',
    agent: { key: 'claude-code', devices: 2 },
  })
})

test('shows one agent of a device by a short id, with its processes and configuration', async () => {
  const { out } = await run(['agents', 'show', one, '1111'])
  expect(out).toContain(`on ${one}, first seen 20`)
  expect(out).toContain('    agent 10  /usr/bin/node  (itself)\n      └ mcp-server 11  /usr/bin/node  (child)\n')
  expect(out).toContain('is files of cursor (user): npx, configured in /home/alice/.cursor/mcp.json')
  expect(JSON.parse((await run(['agents', 'show', one, '1'.repeat(32), '--json'])).out)).toMatchObject({
    schema: 'surety-directory/agent@1',
    device: one,
    sighting: { id: '1'.repeat(32) },
  })
})

test('lists one name with two commands, and a device with the unusual one', async () => {
  const { out } = await run(['mcp', 'conflicts'])
  expect(out).not.toMatch(DANGEROUS)
  expect(out.split('\n')).toEqual([
    '  MCP SERVER  DEVICES  FOR EXAMPLE ON              STARTS OR REACHES',
    `  files       1        ${two}  /tmp/\\x1b[31mother`,
    `              1        ${one}  npx`,
    '',
  ])
  expect(JSON.parse((await run(['mcp', 'conflicts', '--json'])).out)).toMatchObject({
    schema: 'surety-directory/mcp-conflicts@1',
    conflicts: [{ name: 'files' }],
  })
})

test.each([
  [['agents', 'show', 'nobody'], 'NOT_FOUND'],
  [['agents', 'show', 'dev_AAAAAAAAAAAAAAAAAAAAAA', '1111'], 'DEVICE_UNKNOWN'],
  [['agents', 'show', '../../directory/devices', '1111'], 'DEVICE_UNKNOWN'],
  [['agents', 'list', '--device', 'x'], 'DEVICE_UNKNOWN'],
  [['agents', 'list', '--device', 'dev_AAAAAAAAAAAAAAAAAAAAAA'], 'DEVICE_UNKNOWN'],
  [['files', 'list', '--device', 'dev_AAAAAAAAAAAAAAAAAAAAAA'], 'DEVICE_UNKNOWN'],
  [['agents', 'list', '--device', '%'], 'DEVICE_UNKNOWN'],
  [['agents', 'list', '--device', 'x'.repeat(300)], 'DEVICE_UNKNOWN'],
  [['mcp', 'list', '--device', "' OR 1=1"], 'DEVICE_UNKNOWN'],
  [['agents', 'list', '--key', 'x'.repeat(301)], 'INPUT_MALFORMED'],
  [['agents', 'list', '--key', 'nosuch'], 'NOT_FOUND'],
  [['agents', 'list', '--key', 'Claude Code'], 'NOT_FOUND'],
  [['agents', 'list', '--key', 'nosuch', '--running'], 'NOT_FOUND'],
  // A key of another kind.
  [['extensions', 'list', '--key', 'claude-code'], 'NOT_FOUND'],
  [['mcp', 'list', '--key', 'claude-code'], 'NOT_FOUND'],
])('%j is refused as %s', async (args, code) => {
  const { exitCode, out, err } = await run([...args, '--json'])
  expect({ exitCode, out, code: JSON.parse(err).error.code }).toEqual({ exitCode: 1, out: '', code })
})

test('what devices have had, and none has as it is asked for, is an empty list', async () => {
  expect((await run(['agents', 'list', '--key', 'claude-code', '--unknown'])).out).toBe('no agents\n')
})

test('counts products, MCP servers, extensions and risks, each with how many there are', async () => {
  const lines = async (...args: string[]) =>
    (await run(args)).out
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/))
  const products = await lines('agents', 'products')
  expect(products[0]?.slice(0, 5)).toEqual(['PRODUCT', 'NAME', 'DEVICES', 'RUNNING', 'AUTONOMOUS'])
  expect(products[1]?.slice(0, 5)).toEqual(['claude-code', 'Claude Code', '2', '2', '0'])
  expect(products.at(-1)).toEqual(['5 products'])
  expect((await lines('agents', 'products', '--limit', '2')).at(-1)).toEqual(['2 of 5 products'])
  expect((await lines('agents', 'products', '--autonomous'))[1]?.[0]).toBe('yolo')
  expect((await lines('mcp', 'servers'))[1]?.slice(0, 3)).toEqual(['files', '2', 'cursor'])
  expect((await lines('extensions', 'products')).at(-1)).toEqual(['1 extension'])
  const csv = (await run(['risks', 'list', '-o', 'csv'])).out
  expect(csv).toContain('surety-directory agents list --risk autonomous')
  expect((await lines('agents', 'list', '--limit', '1')).at(-1)).toEqual(['1 of 6 agents'])
})

test('a device without an agent on it explains what is missing', async () => {
  const { exitCode, out, err } = await run(['agents', 'show', two])
  expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' })
  expect(err).toBe(
    `surety-directory: ${two} is a device: give the id of an agent too; list them with: agents list --device ${two} [NOT_FOUND]\n`,
  )
})

test.each([['123'], ['zzzz'], ['ffff'], ['f'.repeat(32)], ['5'.repeat(32)], ['\u001b[31m']])(
  'on a device %j is no agent',
  async (id) => {
    const { exitCode, out, err } = await run(['agents', 'show', one, id])
    expect({ exitCode, out, dangerous: DANGEROUS.test(err) }).toEqual({ exitCode: 1, out: '', dangerous: false })
  },
)

test('a beginning that two ids share is refused', async () => {
  const id = (last: string) => `eeee${last.repeat(28)}`
  await tell(two, [
    { ...agent('e'), id: id('1') },
    { ...agent('e'), id: id('2') },
  ])
  expect((await run(['agents', 'show', two, 'eeee'])).err).toBe(
    'surety-directory: 2 agents there have ids that begin with eeee: give more of it [NOT_FOUND]\n',
  )
  expect((await run(['agents', 'show', two, 'eeee1'])).exitCode).toBe(0)
})

test.each([
  [['agents']],
  [['agents', 'list', '--new', 'soon']],
  [['agents', 'list', '--new', '-1']],
  [['agents', 'list', '--new', '4000']],
  [['agents', 'list', '--new', '99999999']],
  [['agents', 'list', '--rare', '0']],
  [['agents', 'list', '--rare', '1000001']],
  [['agents', 'list', '--idle', '3651']],
  [['agents', 'list', '--rare', '1.5']],
  [['agents', 'list', '--idle']],
  [['agents', 'list', '--end-of-life=2026']],
  [['agents', 'list', 'more']],
  [['agents', 'show']],
  [['agents', 'freeze', 'x']],
  [['mcp', 'conflicts', '--new', '1']],
  [['mcp', 'list', '--unknown']],
  [['mcp', 'list', '--risk', 'nosuch']],
  [['mcp', 'list', '--unregistered']],
  [['agents', 'products', '--sort', 'nosuch']],
  [['agents', 'products', '--limit', '0']],
  [['mcp', 'servers', '--running']],
  [['risks']],
  [['risks', 'list', '--limit', '1']],
  [['extensions', 'list', '--running']],
  [['files', 'list', '--rare', '1']],
  [['runtimes', 'list', '--idle', '1']],
])('%j is not understood', async (args) => {
  const { exitCode, out } = await run(args)
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
})
