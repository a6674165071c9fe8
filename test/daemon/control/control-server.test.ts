import { join } from 'node:path'
import { silentLog } from '../../../src/base/log.ts'
import { WakeUp } from '../../../src/base/wake-up.ts'
import { type Caller, type ControlServerComponents, serveControl } from '../../../src/daemon/control/control-server.ts'
import { controlResponseReader, type WaitingSettings } from '../../../src/protocol/messages/control.ts'
import { SOURCES } from '../../../src/protocol/scan-coverage.ts'
import { askLocalSocket } from '../../../src/system/socket/local-client.ts'
import { ownUserPeers } from '../../../src/system/socket/peers.ts'
import { sampleStatus } from '../../support/daemon/sample-status.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { extensionSighting } from '../../support/protocol/sample-sightings.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { OWN_ID } from '../../support/users/local-user.ts'
import { waitFor } from '../../support/wait-for.ts'

const ENTRIES = [{ key: 'socket', value: '/a', origin: 'default' as const }]

/** Sends each line on a connection of its own. @returns the answers, and the calls that the daemon got. */
async function conversation(lines: readonly string[], components: Partial<ControlServerComponents> = {}) {
  using folder = temporaryFolder()
  const socket = join(folder.path, 'control.sock')
  const callers: Caller[] = []
  let refreshes = 0
  await using _ = await serveControl(
    {
      peers: ownUserPeers(OWN_ID),
      ownUserId: OWN_ID,
      log: silentLog,
      status: (caller) => {
        callers.push(caller)
        return sampleStatus()
      },
      config: () => ENTRIES,
      refresh: () => {
        refreshes++
      },
      ...components,
    },
    { socket },
  )
  const answers: unknown[] = []
  for (const line of lines) {
    const answer = await askLocalSocket(socket, line, { timeoutMs: scaledMs(60_000), maxBytes: 5_000_000 })
    answers.push(controlResponseReader.readJson(answer))
  }
  return { answers, callers, refreshes }
}

test('serves every request of the user that runs the daemon', async () => {
  const requests = ['status', 'config', 'refresh'].map((request) => JSON.stringify({ request }))
  expect(await conversation(requests)).toEqual({
    answers: [{ status: sampleStatus() }, { config: ENTRIES }, { refresh: 'started' }],
    callers: [{ userId: OWN_ID, isRoot: true }],
    refreshes: 1,
  })
})

test('says with the settings in use what waits', async () => {
  const waiting: WaitingSettings = { state: 'by-hand', settings: ['log.level'] }
  const { answers } = await conversation(['{"request":"config"}'], { waitingSettings: async () => waiting })
  expect(answers).toEqual([{ config: ENTRIES, waiting }])
})

const request = (members: object) => JSON.stringify({ request: 'sightings', ...members })

test('answers with the sightings of the requested kinds, and a mark of exactly these', async () => {
  const { sightings } = sampleStatus()
  const asked = [{}, { kinds: ['agent'] }, { kinds: ['mcp-server', 'agent-file'] }, { kinds: ['agent'] }]
  const { answers } = await conversation(asked.map(request))
  const given = answers.map((answer) => Object(answer).sightings)
  expect(given.map(({ items }) => items)).toEqual([sightings, sightings.slice(0, 1), [], sightings.slice(0, 1)])
  expect([given[1].mark === given[3].mark, new Set(given.map(({ mark }) => mark)).size]).toEqual([true, 3])
  expect(given[0]).toMatchObject({ limitedToCaller: false, time: sampleStatus().time })
})

test('counts unread places only for the kinds that are scanned there', async () => {
  const report = (source: string, state: 'unreadable' | 'too-large' | 'timed-out' | 'absent' | 'parsed') => {
    return { source, state, path: '/data/x', items: 0, durationMs: 0 }
  }
  const sources = [
    ...[
      report(SOURCES.chromium, 'unreadable'),
      report(SOURCES.chromium, 'parsed'),
      report(SOURCES.editors, 'too-large'),
    ],
    ...[report(SOURCES.firefox, 'absent'), report(SOURCES.mcp, 'timed-out'), report(SOURCES.events, 'unreadable')],
  ]
  const asked = [{ kinds: ['extension'] }, { kinds: ['mcp-server', 'extension'] }, { kinds: ['agent'] }, {}]
  const counts = async (all: typeof sources) => {
    const { answers } = await conversation(asked.map(request), { status: () => sampleStatus({ sources: all }) })
    return answers.map((answer) => Object(answer).sightings.unread)
  }
  expect(await counts(sources)).toEqual([2, 3, undefined, 3])
  expect(await counts([...sources, report(SOURCES.homes, 'unreadable')])).toEqual([3, 4, 1, 4])
})

test('answers a request with a known mark only once the answer changes', async () => {
  const [agent] = sampleStatus().sightings
  let sightings = sampleStatus().sightings
  const changed = new WakeUp()
  const reads: number[] = []
  const status = () => {
    reads.push(sightings.length)
    return sampleStatus({ sightings })
  }
  using folder = temporaryFolder()
  const socket = join(folder.path, 'control.sock')
  const own = { peers: ownUserPeers(OWN_ID), ownUserId: OWN_ID }
  const components = { ...own, log: silentLog, status, config: () => [], refresh() {} }
  await using _ = await serveControl(
    { ...components, sightingsChanged: (options) => changed.wait(options) },
    { socket },
  )
  const ask = async (members: object) =>
    Object(
      await askLocalSocket(socket, request(members), { timeoutMs: scaledMs(60_000), maxBytes: 5_000_000 }).then(
        JSON.parse,
      ),
    ).sightings
  const { mark } = await ask({ kinds: ['agent'] })
  expect(await ask({ kinds: ['agent'], unlike: '0'.repeat(32) })).toMatchObject({ mark })
  const waiting = ask({ kinds: ['agent'], unlike: mark })
  await waitFor('a third read', () => reads.length >= 3, { everyMs: 1 })
  // A changed extension does not change the answer to a request for agents.
  sightings = sampleStatus().sightings.slice(0, 1)
  changed.wake()
  await waitFor('a fourth read', () => reads.length >= 4, { everyMs: 1 })
  if (agent !== undefined) sightings = [{ ...agent, name: 'other' }]
  changed.wake()
  expect(await waiting).toMatchObject({ items: [{ name: 'other' }], mark: expect.not.stringMatching(mark) })
})

test.each([
  ['an unknown kind', { kinds: ['human'] }],
  ['no kinds', { kinds: [] }],
  ['too many kinds', { kinds: Array.from({ length: 6 }, () => 'agent') }],
  ['a malformed mark', { unlike: 'x' }],
  ['a mark that is a path', { unlike: '../../../../../../etc/passwd0000' }],
  ['an unknown member', { uid: 0 }],
])('refuses a request for sightings with %s', async (_, members) => {
  const { answers, callers } = await conversation([request(members)])
  expect({ answers, callers }).toEqual({
    answers: [{ error: { code: 'INPUT_MALFORMED', message: expect.any(String) } }],
    callers: [],
  })
})

test.each([
  ['text that is not JSON', 'hello', 'INPUT_MALFORMED'],
  ['an empty line', '', 'INPUT_MALFORMED'],
  ['an unknown request', '{"request":"shutdown"}', 'INPUT_MALFORMED'],
  ['an unknown member', '{"request":"status","uid":0}', 'INPUT_MALFORMED'],
  ['a prototype', '{"request":"status","__proto__":{}}', 'INPUT_MALFORMED'],
  ['deep nesting', `{"request":${'['.repeat(50)}${']'.repeat(50)}}`, 'INPUT_TOO_DEEP'],
])('refuses %s and does nothing', async (_, line, code) => {
  expect(await conversation([line])).toEqual({
    answers: [{ error: { code, message: expect.any(String) } }],
    callers: [],
    refreshes: 0,
  })
})

test('refuses a request of more than 64 KiB', async () => {
  const { answers } = await conversation(['x'.repeat(65 * 1024)])
  expect(answers).toEqual([{ error: { code: 'INPUT_TOO_LARGE', message: expect.any(String) } }])
})

test('reports a failure of the daemon without its details', async () => {
  const status = () => {
    throw new TypeError('secret inside')
  }
  const { answers } = await conversation(['{"request":"status"}'], { status })
  expect(answers).toEqual([{ error: { code: 'STORE_FAILED', message: 'the daemon failed; its log names the reason' } }])
})

test('cuts sightings that do not fit, and counts them', async () => {
  const sightings = Array.from({ length: 1_000 }, (_, i) => ({
    ...extensionSighting('6', { ai: false, permissions: Array.from({ length: 20 }, () => 'p'.repeat(256)) }),
    id: i.toString(16).padStart(32, '0'),
  }))
  const status = () => sampleStatus({ sightings })
  const { answers } = await conversation(['{"request":"status"}', request({ kinds: ['extension'] })], { status })
  const [first, second] = answers.map(Object)
  expect(first.status).toMatchObject({ health: sampleStatus().health, result: sampleStatus().result })
  expect(first.status.leftOut).toEqual({ sightings: 1_000 - first.status.sightings.length, sources: 0 })
  expect(second.sightings.leftOut).toBe(1_000 - second.sightings.items.length)
  expect(second.sightings.items.length).toBeGreaterThan(500)
})

test('answers with an error, not with half an answer, when nothing can be cut', async () => {
  const findings = Array.from({ length: 5000 }, () => ({
    check: 'a.b',
    state: 'pass' as const,
    detail: 'x'.repeat(1000),
  }))
  const { answers } = await conversation(['{"request":"status"}'], { status: () => sampleStatus({ findings }) })
  expect(answers).toEqual([{ error: { code: 'INPUT_TOO_LARGE', message: expect.any(String) } }])
})

test('runs the checks and answers with their findings', async () => {
  const { findings } = sampleStatus()
  const { answers } = await conversation(['{"request":"check"}'], {
    check: async () => ({ findings, sequence: 7 }),
    clock: { now: () => 5 },
  })
  expect(answers).toEqual([{ checked: { findings, sequence: 7, time: 5 } }])
})
