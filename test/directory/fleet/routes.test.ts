import type { Sighting } from '../../../src/protocol/sighting.ts'
import { newTestId, type TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { HOSTILE_NAME } from '../../support/directory/seeded-directory.ts'
import {
  agentSighting as agent,
  extensionSighting as extension,
  mcpServerSighting as mcpServer,
  unknownAgent as unknown,
} from '../../support/protocol/sample-sightings.ts'
import { ask, DAY_MS, deviceWith, found, tell } from './fleet-questions.ts'

let directory: TestDirectory
directoryForAll((started) => {
  directory = started
})

test('each question finds what it asks for, on all devices and on one', async () => {
  const installed = { state: 'installed' as const }
  const now = directory.clock.now()
  const one = await deviceWith(
    directory,
    agent('1'),
    agent('2', { ...installed, catalogueId: 'codex', name: 'Codex', lastUsedAt: now - 40 * DAY_MS }),
    agent('3', { catalogueId: 'old-agent', name: 'Old', ...installed, endOfLife: '2026-01-01', successor: 'codex' }),
    agent('4', { autonomy: { level: 'autonomous', because: [{ by: 'flag', name: '--yolo' }] }, catalogueId: 'gemini' }),
    unknown('5'),
    extension('6'),
    extension('7', { ai: false, extensionId: 'b'.repeat(32), endOfLife: '2026-01-01' }),
    mcpServer('8'),
  )
  directory.connected.add(one)
  const two = await deviceWith(directory, agent('a'), agent('b', { ...installed, endOfLife: '2999-01-01' }))
  const byDevice = (first: string, second: string) => (one < two ? first + second : second + first)
  expect({
    all: await found(directory, '/agents'),
    ofOne: await found(directory, `/agents?device=${one}`),
    running: await found(directory, '/agents?state=running'),
    runningNow: await found(directory, '/agents?state=running&presence=now'),
    asLastTold: await found(directory, '/agents?state=running&presence=last-reported'),
    unknown: await found(directory, '/agents?unknown=yes'),
    known: await found(directory, `/agents?unknown=no&device=${one}`),
    autonomous: await found(directory, '/agents?autonomous=yes'),
    ended: await found(directory, '/agents?endOfLife=passed'),
    idle: await found(directory, '/agents?idleForDays=30'),
    idleTooShort: await found(directory, '/agents?idleForDays=41'),
    rare: await found(directory, '/agents?onAtMostDevices=1'),
    key: await found(directory, '/agents?key=claude-code'),
    keyOfUnknown: await found(directory, `/agents?key=${encodeURIComponent('unknown/deskbot')}`),
    keyOnDevice: await found(directory, `/agents?key=claude-code&device=${two}`),
    both: await found(directory, '/agents?unknown=yes&state=running&onAtMostDevices=1'),
    extensions: await found(directory, '/extensions'),
    ai: await found(directory, '/extensions?ai=yes'),
    endedExtensions: await found(directory, '/extensions?endOfLife=passed'),
    endedRuntimes: await found(directory, '/model-runtimes?endOfLife=passed'),
    servers: await found(directory, '/mcp-servers'),
    runtimes: await found(directory, '/model-runtimes'),
    files: await found(directory, '/agent-files'),
  }).toEqual({
    all: byDevice('12345', 'ab'),
    ofOne: '12345',
    running: byDevice('145', 'a'),
    runningNow: '145',
    asLastTold: 'a',
    unknown: '5',
    known: '1234',
    autonomous: '4',
    ended: '3',
    idle: '2',
    idleTooShort: '',
    rare: '2345',
    key: byDevice('1', 'ab'),
    keyOfUnknown: '5',
    keyOnDevice: 'ab',
    both: '5',
    // Of the seeded devices each has an extension of its own.
    extensions: expect.stringContaining('67'),
    ai: expect.stringContaining('6'),
    endedExtensions: '7',
    endedRuntimes: '',
    servers: '8',
    runtimes: '',
    files: '',
  })
})

test('an item names its device, the owner, and since when the device is silent', async () => {
  const device = await deviceWith(directory, agent('1'))
  const { json } = await ask(directory, '/agents')
  const now = directory.clock.now()
  expect(json).toEqual({
    items: [
      {
        device,
        hostname: HOSTILE_NAME,
        owner: 'alice@example.org',
        presence: 'last-reported',
        deviceSeenAt: now,
        firstSeenAt: now,
        lastSeenAt: now,
        item: { key: 'claude-code', devices: 1, firstSeenAt: now, isNew: false, usedAt: now },
        sighting: agent('1'),
      },
    ],
    total: 1,
  })
  directory.connected.add(device)
  expect((await ask(directory, '/agents')).json).toMatchObject({ items: [{ presence: 'now' }] })
})

test('one agent in the fleet: its versions, most devices first, and since when', async () => {
  await deviceWith(directory, agent('1', { version: '2.0.0' }), agent('2', { state: 'installed', version: '2.0.0' }))
  await deviceWith(directory, agent('3', { version: '2.0.0' }))
  const last = await deviceWith(directory, agent('4', { version: '1.9.0' }))
  const firstSeenAt = directory.clock.now()
  expect((await ask(directory, '/agents/claude-code')).json).toEqual({
    key: 'claude-code',
    name: 'Claude Code',
    unknown: false,
    devices: 3,
    present: 4,
    running: 3,
    frozen: 0,
    firstSeenAt,
    versions: [
      { version: '2.0.0', devices: 2 },
      { version: '1.9.0', devices: 1 },
    ],
  })
  await tell(directory, last, [])
  expect((await ask(directory, '/agents/claude-code')).json).toMatchObject({
    devices: 2,
    versions: [{ version: '2.0.0' }],
  })
})

test('reports an MCP server of one name with another command, for every client', async () => {
  const npm = (name: string) => ({ package: { ecosystem: 'npm' as const, name } })
  const user = (name: string) => ({ user: { id: '1000', name }, command: `/home/${name}/bin/notes` })
  const one = await deviceWith(
    directory,
    mcpServer('1', npm('good')),
    mcpServer('2', { name: 'notes', ...user('alice') }),
    mcpServer('3', { name: 'web', command: 'curl', endpoint: 'https://a.example' }),
  )
  const two = await deviceWith(
    directory,
    mcpServer('4', npm('good')),
    mcpServer('5', { name: 'notes', ...user('bob') }),
    mcpServer('6', { name: 'web', endpoint: 'https://b.example' }),
  )
  const evil = await deviceWith(directory, mcpServer('7', { ...npm('evil'), launchHash: '2'.repeat(32) }))
  const web = (reach: string, device: string, digit: string) => ({
    reach,
    devices: 1,
    example: { device, sighting: digit.repeat(32) },
  })
  const files = {
    name: 'files',
    devices: 3,
    launches: [
      { reach: 'npm good', devices: 2, example: expect.any(Object) },
      { reach: 'npm evil', devices: 1, example: { device: evil, sighting: '7'.repeat(32) } },
    ],
    moreLaunches: 0,
  }
  const both = {
    name: 'web',
    devices: 2,
    launches: [web('https://a.example', one, '3'), web('https://b.example', two, '6')],
    moreLaunches: 0,
  }
  expect((await ask(directory, '/mcp-servers/conflicts')).json).toEqual({ items: [files, both] })
  expect((await ask(directory, '/mcp-servers/conflicts?limit=1')).json).toEqual({ items: [files], next: 'files' })
  expect((await ask(directory, '/mcp-servers/conflicts?limit=1&cursor=files')).json).toEqual({ items: [both] })
  await directory.ask('POST', `/api/v1/devices/${evil}/retire`, { body: { reason: 'lost' } })
  expect((await ask(directory, '/mcp-servers/conflicts')).json).toEqual({ items: [both] })
})

test('returns one sighting whole, also once it is gone', async () => {
  const device = await deviceWith(directory, unknown('1'))
  await tell(directory, device, [])
  const now = directory.clock.now()
  expect((await ask(directory, `/devices/${device}/sightings/${'1'.repeat(32)}`)).json).toEqual({
    sighting: unknown('1'),
    firstSeenAt: now,
    lastSeenAt: now,
    goneAt: now,
  })
})

test('a list continues where its page ended, and cuts a page that would be too large', async () => {
  for (let i = 0; i < 3; i++) await deviceWith(directory, agent('1'), agent('2'))
  const pages = async (query: string) => {
    const seen: string[][] = []
    let cursor = ''
    do {
      const { items, next } = Object((await ask(directory, `/agents?${query}${cursor}`)).json)
      seen.push(items.map((one: { device: string; sighting: Sighting }) => one.device + one.sighting.id[0]))
      cursor = next === undefined ? '' : `&cursor=${next}`
    } while (cursor !== '')
    return seen
  }
  const small = await pages('limit=4')
  expect(small.map(({ length }) => length)).toEqual([4, 2])
  expect(small.flat()).toEqual(small.flat().toSorted())
  const part = (pid: number) => ({
    role: 'tool' as const,
    pid,
    startTicks: pid,
    parentPid: 1,
    because: 'child',
    executable: `/${'x'.repeat(4095)}`,
  })
  const parts = Array.from({ length: 64 }, (_, index) => part(index))
  const device = await deviceWith(
    directory,
    ...Array.from({ length: 40 }, (_, n) => ({ ...agent('3', { parts }), id: `${n}`.padStart(32, '0') })),
  )
  const large = await pages('limit=500')
  expect(large.flat()).toHaveLength(46)
  expect(large.length).toBeGreaterThan(1)
  // And likewise of one device.
  const own = (after: string) => directory.store.sightings.page(device, { after, limit: 500, kind: 'agent' })
  const { items, more } = await own('')
  const rest = await own(items.at(-1)?.sighting.id ?? '')
  expect([more, items.length + rest.items.length, rest.more]).toEqual([true, 40, false])
})

const SOME = '0'.repeat(32)
test.each([
  [`/agents?cursor=${newTestId('dev')}`, 400, 'INPUT_MALFORMED'],
  [`/agents?cursor=${newTestId('tok')}.${SOME}`, 400, 'INPUT_MALFORMED'],
  [`/agents?cursor=${newTestId('dev')}.${SOME}0`, 400, 'INPUT_MALFORMED'],
  ["/agents?key=' OR 1=1 --".replaceAll(' ', '%20'), 404, 'NOT_FOUND'],
  ['/agents?device=dev_AAAAAAAAAAAAAAAAAAAAAA', 404, 'DEVICE_UNKNOWN'],
  ['/mcp-servers?cursor=files', 400, 'INPUT_MALFORMED'],
])('%s is answered with %i %s', async (path, status, code) => {
  const answer = await ask(directory, path)
  expect({ status: answer.status, code: Object(answer.json).code }).toEqual({ status, code })
})

test('a sighting of another device is not found under this one', async () => {
  const [one, two] = [await deviceWith(directory, agent('f')), await deviceWith(directory)]
  const of = async (device: string) => (await ask(directory, `/devices/${device}/sightings/${'f'.repeat(32)}`)).status
  expect([await of(one), await of(two)]).toEqual([200, 404])
})

test('returns names that look like markup, escapes or paths only as JSON, by their key', async () => {
  for (const name of [HOSTILE_NAME, '../../etc/passwd', '%2e%2e', 'a\u0000b', "';--", '💥'.repeat(100)]) {
    await deviceWith(directory, unknown('1', { name }))
    const { status, headers, json } = await ask(directory, `/agents/${encodeURIComponent(`unknown/${name}`)}`)
    expect({ status, type: headers['content-type'], name: Object(json).name }).toEqual({
      status: 200,
      type: 'application/json; charset=utf-8',
      name,
    })
  }
})
