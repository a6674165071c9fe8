import { toBase64Url } from '../../../src/base/bytes.ts'
import { faultOf } from '../../../src/base/schema.ts'
import { sha256 } from '../../../src/crypto/hash.ts'
import { signJws } from '../../../src/crypto/jws.ts'
import { NO_HEAD } from '../../../src/directory/devices/device.ts'
import { applySightings } from '../../../src/directory/evidence/apply-sightings.ts'
import { EVIDENCE_PROFILE, type Inventory } from '../../../src/protocol/messages/evidence.ts'
import {
  type DeviceDifference,
  deviceDifferenceSchema,
  type TimelinePage,
  timelinePageSchema,
} from '../../../src/protocol/nouns/devices/timeline.ts'
import type { AgentFileSighting } from '../../../src/protocol/sighting.ts'
import { newTestId, type TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { DANGEROUS, runCommand } from '../../support/directory/run-commands.ts'
import { DEVICE_KEY, HOSTILE_NAME, seedDevice } from '../../support/directory/seeded-directory.ts'
import { agentSighting, mcpServerSighting } from '../../support/protocol/sample-sightings.ts'

const HOUR_MS = 3_600_000
const INVENTORY: Inventory = {
  hostname: 'laptop',
  platform: 'linux',
  arch: 'x64',
  osName: 'Debian',
  osVersion: '13',
  kernel: '6.12',
}

/** It is in no list of things that the fleet counts. */
const AGENT_FILE: AgentFileSighting = {
  kind: 'agent-file',
  id: '9'.repeat(32),
  name: 'CLAUDE.md',
  evidence: [],
  fileKind: 'instructions',
  client: 'claude-code',
  scope: 'user',
  path: '/home/ada/CLAUDE.md',
  owner: '1',
  sizeBytes: 1,
  invisibleUnicode: false,
  writableByOthers: false,
}

let directory: TestDirectory
let device: string
/** When it enrolled. */
let start: number

/** Hours after it enrolled. */
const hour = (count: number) => start + count * HOUR_MS

directoryForAll(async (started) => {
  directory = started
  start = directory.clock.now()
  ;({ device } = await seedDevice(directory))
  await batch(2, hour(1), INVENTORY)
  await batch(3, hour(5))
  await batch(4, hour(6), { ...INVENTORY, kernel: HOSTILE_NAME, model: 'X1' })
  const { findings, activity, sightings } = directory.store
  await findings.put(device, { check: 'os.supported', state: 'fail', detail: 'old', since: hour(2) }, hour(2))
  await findings.put(device, { check: 'disk.root-encrypted', state: 'pass', detail: 'yes' }, hour(2))
  await activity.add({ at: hour(2), kind: 'verdict-changed', device, detail: { from: 'unknown', to: 'not-compliant' } })
  await findings.put(device, { check: 'os.supported', state: 'pass', detail: 'new' }, hour(4))
  await sightings.put(device, agentSighting('7', { user: { id: '1', name: 'ada' } }), { snapshot: 's', at: hour(3) })
  await sightings.put(device, mcpServerSighting('8', { name: HOSTILE_NAME }), { snapshot: 's', at: hour(3) })
  await sightings.put(device, AGENT_FILE, { snapshot: 's', at: hour(3) })
  await applySightings(directory.store, device, {
    sightings: { mode: 'delta', items: [], gone: ['7'.repeat(32)] },
    at: hour(5),
  })
  await directory.store.activity.add({ at: hour(3), kind: 'gap', device: newTestId('dev') })
  directory.clock.jump(hour(7) - directory.clock.now())
})

async function batch(sequence: number, at: number, inventory?: Inventory): Promise<void> {
  const compact = await signJws(
    'evidence',
    {
      eat_profile: EVIDENCE_PROFILE,
      sub: device,
      iat: Math.floor(at / 1000),
      epoch: 1,
      sequence,
      previous: NO_HEAD,
      bootId: 'boot',
      uptimeMs: 1,
      ...(inventory === undefined ? {} : { inventory }),
    },
    DEVICE_KEY.sign,
  )
  const hash = toBase64Url(sha256(compact))
  await directory.store.evidence.putBatch({ device, epoch: 1, sequence, hash, previous: NO_HEAD, compact }, at)
}

const timeline = async (query = '', token?: string) =>
  (await directory.ask('GET', `/api/v1/devices/${device}/timeline${query}`, token === undefined ? {} : { token }))
    .json as TimelinePage
const difference = async (from: number, to: number) =>
  (await directory.ask('GET', `/api/v1/devices/${device}/difference?from=${from}&to=${to}`)).json as DeviceDifference

/** What happened, and how many hours after the enrolment. */
const shown = ({ items }: TimelinePage) => items.map(({ time, what }) => [(time - start) / HOUR_MS, what])

test('has what happened, newest first, with the checks that changed with a verdict', async () => {
  const page = await timeline(`?since=${start + 1}`)
  expect(faultOf(timelinePageSchema, page)).toBeUndefined()
  expect(shown(page)).toEqual([
    [5, 'event'],
    [5, 'agent-left'],
    [4, 'checks'],
    [3, 'agent-appeared'],
    [2, 'event'],
    [2, 'checks'],
  ])
  expect(page.items.slice(1)).toMatchObject([
    { agent: { id: '7'.repeat(32), name: 'Claude Code', product: 'claude-code', version: '2.1.0', user: 'ada' } },
    { checks: [{ check: 'os.supported', from: 'fail', to: 'pass' }] },
    { words: 'Claude Code 2.1.0 of ada' },
    { event: { kind: 'verdict-changed' }, words: 'verdict-changed: from unknown, to not-compliant' },
    {
      checks: [
        { check: 'disk.root-encrypted', from: 'fail', to: 'pass' },
        { check: 'os.supported', from: 'pass', to: 'fail' },
      ],
    },
  ])
  expect(page.notKnown).toHaveLength(2)
})

test('pages have each entry once, also where many have one time', async () => {
  const { items } = await timeline()
  expect(items.length).toBeGreaterThan(8)
  for (const limit of [1, 2, 3]) {
    const paged: unknown[] = []
    for (let cursor = ''; ; ) {
      const page = await timeline(`?limit=${limit}${cursor}`)
      expect(page.items.length).toBeLessThanOrEqual(limit)
      paged.push(...page.items)
      if (page.next === undefined) break
      cursor = `&cursor=${page.next}`
    }
    expect(paged).toEqual(items)
  }
})

test('keeps to the times that were asked for', async () => {
  expect(shown(await timeline(`?since=${hour(3)}&until=${hour(4)}`))).toEqual([
    [4, 'checks'],
    [3, 'agent-appeared'],
  ])
})

test('a viewer sees no events, and a sentence says why', async () => {
  const body = { name: 'vic', role: 'viewer' }
  const { token } = Object((await directory.ask('POST', '/api/v1/administrators', { body })).json)
  const page = await timeline('', token)
  expect(page.items.filter(({ what }) => what === 'event')).toEqual([])
  expect(page.items.length).toBeGreaterThan(5)
  expect(page.notKnown[0]).toMatch(/^events are left out/)
})

test('has what differs between two times: checks, agents and components', async () => {
  const made = await difference(hour(3), hour(6))
  expect(faultOf(deviceDifferenceSchema, made)).toBeUndefined()
  expect(made).toMatchObject({
    checks: [{ check: 'os.supported', from: 'fail', to: 'pass' }],
    agents: { appeared: [], left: [{ name: 'Claude Code' }] },
    components: [
      { component: 'kernel', from: '6.12', to: HOSTILE_NAME },
      { component: 'model', to: 'X1' },
    ],
  })
  expect(Object.keys(made.components?.[1] ?? {})).toEqual(['component', 'to'])
  expect((await difference(hour(2), hour(3))).agents).toMatchObject({ appeared: [{ user: 'ada' }], left: [] })
})

test('has what is no agent by its kind, and only what came or went in between', async () => {
  expect((await difference(hour(2), hour(6))).things).toMatchObject({
    appeared: [
      { kind: 'mcp-server', name: HOSTILE_NAME },
      { kind: 'agent-file', name: 'CLAUDE.md' },
    ],
    left: [],
  })
  expect((await difference(hour(3), hour(6))).things).toEqual({ appeared: [], left: [] })
})

test('nothing differs where nothing happened', async () => {
  const made = await difference(hour(2), hour(2) + 1)
  expect(made).toMatchObject({ checks: [], agents: { appeared: [], left: [] }, components: [] })
})

test('says what it cannot know: before the enrolment, and without evidence', async () => {
  const made = await difference(start - HOUR_MS, hour(1) - 1)
  expect(made.components).toBeUndefined()
  expect(made.checks).toMatchObject([
    { check: 'disk.root-encrypted', to: 'fail' },
    { check: 'os.supported', to: 'pass' },
  ])
  expect(made.checks.some((one) => 'from' in one)).toBe(false)
  expect(made.notKnown.filter((one) => /^(the device enrolled|components at)/.test(one))).toHaveLength(3)
})

test('says from when on states of checks are kept', async () => {
  const { findings } = directory.store
  for (let at = 1; at <= 510; at++) {
    const state = at % 2 === 0 ? 'pass' : 'fail'
    await findings.put(device, { check: 'os.supported', state, detail: '' }, hour(10) + at)
  }
  const { notKnown } = await timeline()
  expect(notKnown).toContainEqual(expect.stringMatching(/^states of checks before .* are not kept$/))
})

const REFUSED: readonly (readonly [string, number, string])[] = [
  ['timeline?since=5&until=5', 400, 'INPUT_MALFORMED'],
  ['timeline?cursor=1', 400, 'INPUT_MALFORMED'],
  ['difference?from=9&to=9', 400, 'INPUT_MALFORMED'],
  ['difference?from=9&to=8', 400, 'INPUT_MALFORMED'],
]
test.each(REFUSED)('refuses %s', async (path, status, code) => {
  const { status: was, json } = await directory.ask('GET', `/api/v1/devices/${device}/${path}`)
  expect([was, Object(json).code]).toEqual([status, code])
})

test('the commands print rows and what is not known, safe for a terminal', async () => {
  const line = await runCommand(directory, ['devices', 'timeline', device, '--limit', '5', '-o', 'table'])
  expect([line.exitCode, line.err]).toEqual([0, ''])
  expect(line.out).toMatch(/agent-left +Claude Code 2\.1\.0 of ada\n/)
  expect(line.out).toMatch(/\n5 things happened, and there are more: give a higher --limit\nnot known: /)
  const all = await runCommand(directory, ['devices', 'timeline', device, '--json'])
  expect(JSON.parse(all.out)).toMatchObject({
    schema: 'surety-directory/device-timeline@1',
    notKnown: [{}, {}].map(() => expect.any(String)),
  })
  const made = await runCommand(directory, [
    'devices',
    'difference',
    device,
    '--from',
    '4h',
    '--to',
    '1h',
    '-o',
    'table',
  ])
  expect(made.out).toMatch(/component +kernel +6\.12 +<script>/)
  expect(made.out).toMatch(/agent +Claude Code +present +-\n/)
  expect(made.out).toMatch(/\n4 differences between /)
  expect(line.out + made.out).not.toMatch(DANGEROUS)
})

test.each([
  ['devices difference', [], 2],
  ['devices difference', ['--from', 'tomorrow'], 2],
  ['devices timeline', ['--since', '2026-02-30'], 2],
  ['devices timeline', ['--limit', '0'], 2],
])('%s refuses %j', async (command, options, exitCode) => {
  expect((await runCommand(directory, [...command.split(' '), device, ...options])).exitCode).toBe(exitCode)
})
