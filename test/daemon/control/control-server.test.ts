import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { silentLog } from '../../../src/base/log.ts'
import { WakeUp } from '../../../src/base/wake-up.ts'
import { type Caller, type ControlServerComponents, serveControl } from '../../../src/daemon/control/control-server.ts'
import { controlResponseReader } from '../../../src/protocol/control.ts'
import { SOURCES } from '../../../src/protocol/scan-coverage.ts'
import { loadNativeAddon, type NativeAddon } from '../../../src/system/native/native-addon.ts'
import { askLocalSocket } from '../../../src/system/socket/local-client.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { extensionSighting } from '../../support/sample-sightings.ts'
import { sampleStatus } from '../../support/sample-status.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

const ENTRIES = [{ key: 'socket', value: '/a', origin: 'default' as const }]

/** Answers to `lines`, each on a connection of its own, and what the daemon was asked to do. */
async function conversation(lines: readonly string[], components: Partial<ControlServerComponents> = {}) {
  using folder = temporaryFolder()
  const socket = join(folder.path, 'control.sock')
  const callers: Caller[] = []
  let refreshes = 0
  await using _ = await serveControl(
    {
      addon: undefined,
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

test('our own user may ask for everything', async () => {
  const requests = ['status', 'config', 'refresh'].map((request) => JSON.stringify({ request }))
  expect(await conversation(requests)).toEqual({
    answers: [{ status: sampleStatus() }, { config: ENTRIES }, { refresh: 'started' }],
    callers: [{ userId: String(process.geteuid?.()), isRoot: true }],
    refreshes: 1,
  })
})

const request = (asked: object) => JSON.stringify({ request: 'sightings', ...asked })

test('sightings are told by kind, as the caller may see them, under a mark of exactly these', async () => {
  const { sightings } = sampleStatus()
  const asked = [{}, { kinds: ['agent'] }, { kinds: ['mcp-server', 'agent-file'] }, { kinds: ['agent'] }]
  const { answers } = await conversation(asked.map(request))
  const told = answers.map((answer) => Object(answer).sightings)
  expect(told.map(({ items }) => items)).toEqual([sightings, sightings.slice(0, 1), [], sightings.slice(0, 1)])
  expect([told[1].mark === told[3].mark, new Set(told.map(({ mark }) => mark)).size]).toEqual([true, 3])
  expect(told[0]).toMatchObject({ limitedToCaller: false, time: sampleStatus().time })
})

test('how many places could not be read is told with the kinds that are looked for there', async () => {
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

test('who knows a mark is answered once something else is to be told, and not by what leaves it the same', async () => {
  const [agent] = sampleStatus().sightings
  let sightings = sampleStatus().sightings
  const seen = new WakeUp()
  const looks: number[] = []
  const status = () => {
    looks.push(sightings.length)
    return sampleStatus({ sightings })
  }
  using folder = temporaryFolder()
  const socket = join(folder.path, 'control.sock')
  const components = { addon: undefined, log: silentLog, status, config: () => [], refresh() {} }
  await using _ = await serveControl({ ...components, sightingsChanged: (options) => seen.wait(options) }, { socket })
  const ask = async (asked: object) =>
    Object(
      await askLocalSocket(socket, request(asked), { timeoutMs: scaledMs(60_000), maxBytes: 5_000_000 }).then(
        JSON.parse,
      ),
    ).sightings
  const { mark } = await ask({ kinds: ['agent'] })
  expect(await ask({ kinds: ['agent'], unlike: '0'.repeat(32) })).toMatchObject({ mark })
  const waiting = ask({ kinds: ['agent'], unlike: mark })
  await waitFor('a third look', () => looks.length >= 3, { everyMs: 1 })
  // An extension is no news for whoever asks for agents.
  sightings = sampleStatus().sightings.slice(0, 1)
  seen.wake()
  await waitFor('a fourth look', () => looks.length >= 4, { everyMs: 1 })
  if (agent !== undefined) sightings = [{ ...agent, name: 'other' }]
  seen.wake()
  expect(await waiting).toMatchObject({ items: [{ name: 'other' }], mark: expect.not.stringMatching(mark) })
})

test.each([
  ['a kind that is none', { kinds: ['human'] }],
  ['no kinds', { kinds: [] }],
  ['too many kinds', { kinds: Array.from({ length: 6 }, () => 'agent') }],
  ['a mark that is none', { unlike: 'x' }],
  ['a mark that is a path', { unlike: '../../../../../../etc/passwd0000' }],
  ['a member too many', { uid: 0 }],
])('a request for sightings with %s is refused', async (_, asked) => {
  const { answers, callers } = await conversation([request(asked)])
  expect({ answers, callers }).toEqual({
    answers: [{ error: { code: 'INPUT_MALFORMED', message: expect.any(String) } }],
    callers: [],
  })
})

test.each([
  ['no JSON', 'hello', 'INPUT_MALFORMED'],
  ['an empty line', '', 'INPUT_MALFORMED'],
  ['an unknown request', '{"request":"shutdown"}', 'INPUT_MALFORMED'],
  ['a member too many', '{"request":"status","uid":0}', 'INPUT_MALFORMED'],
  ['a prototype', '{"request":"status","__proto__":{}}', 'INPUT_MALFORMED'],
  ['deep nesting', `{"request":${'['.repeat(50)}${']'.repeat(50)}}`, 'INPUT_TOO_DEEP'],
])('%s is refused and nothing is done', async (_, line, code) => {
  expect(await conversation([line])).toEqual({
    answers: [{ error: { code, message: expect.any(String) } }],
    callers: [],
    refreshes: 0,
  })
})

test('a request of more than 64 KiB is refused', async () => {
  const { answers } = await conversation(['x'.repeat(65 * 1024)])
  expect(answers).toEqual([{ error: { code: 'INPUT_TOO_LARGE', message: expect.any(String) } }])
})

test('a daemon that fails says so without its inside', async () => {
  const status = () => {
    throw new TypeError('secret inside')
  }
  const { answers } = await conversation(['{"request":"status"}'], { status })
  expect(answers).toEqual([{ error: { code: 'STORE_FAILED', message: 'the daemon failed; its log says why' } }])
})

test('sightings that do not fit are left out of an answer, and counted', async () => {
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

test('an answer that does not fit is an error, not half an answer', async () => {
  const findings = Array.from({ length: 5000 }, () => ({
    check: 'a.b',
    state: 'pass' as const,
    detail: 'x'.repeat(1000),
  }))
  const { answers } = await conversation(['{"request":"status"}'], { status: () => sampleStatus({ findings }) })
  expect(answers).toEqual([{ error: { code: 'INPUT_TOO_LARGE', message: expect.any(String) } }])
})

function addonForRoot(): NativeAddon | undefined {
  if (process.geteuid?.() !== 0) return undefined
  try {
    return loadNativeAddon()
  } catch {
    return undefined
  }
}

const addon = addonForRoot()
const asRootWithAddon = addon === undefined ? test.skip : test
asRootWithAddon('(root, addon) another user sees the status as theirs and may do nothing else', async () => {
  using folder = temporaryFolder()
  chmodSync(folder.path, 0o755)
  const socket = join(folder.path, 'control.sock')
  const callers: Caller[] = []
  let refreshes = 0
  await using _ = await serveControl(
    {
      addon,
      log: silentLog,
      status: (caller) => {
        callers.push(caller)
        return sampleStatus({ limitedToCaller: !caller.isRoot })
      },
      config: () => ENTRIES,
      refresh: () => {
        refreshes++
      },
    },
    { socket },
  )
  const script = `const s = require('net').connect(${JSON.stringify(socket)}); let all = ''
    s.on('data', (d) => { all += d; if (all.split('\\n').length === 4) { console.log(all); s.end() } })
    for (const request of ['status', 'config', 'refresh']) s.write(JSON.stringify({ request }) + '\\n')`
  const user = ['--reuid=4242', '--regid=4242', '--clear-groups', process.execPath, '-e', script]
  const child = spawn('/usr/bin/setpriv', user)
  let said = ''
  child.stdout.on('data', (chunk) => {
    said += chunk
  })
  await once(child, 'close')
  const answers = said
    .trim()
    .split('\n')
    .map((line) => controlResponseReader.readJson(line))
  expect([answers, callers, refreshes]).toEqual([
    [
      { status: sampleStatus({ limitedToCaller: true }) },
      { error: { code: 'NOT_PERMITTED', message: 'config is for root only' } },
      { error: { code: 'NOT_PERMITTED', message: 'refresh is for root only' } },
    ],
    [{ userId: '4242', isRoot: false }],
    0,
  ])
})
