import { encodeRules, ReportReader } from '../../../src/system/enforcement/exec-gate-messages.ts'
import { codeThrown } from '../../support/code-thrown.ts'

const CGROUP = '/sys/fs/cgroup/held'

function report(...texts: readonly string[]): Buffer {
  const body = Buffer.from(texts.map((text) => `${text}\0`).join(''))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(body.length)
  return Buffer.concat([length, body])
}

test('rules are texts that end in NUL, and empty ones end lists', () => {
  const message = encodeRules(CGROUP, {
    interpreters: ['node*'],
    rules: [
      { names: ['claude'], parts: [] },
      { uids: [1000, { first: 100_000, count: 65_536 }], names: [], parts: ['node_modules/x/'] },
    ],
  })
  expect(message.readUInt32LE(0)).toBe(message.length - 4)
  expect(message.subarray(4).toString().split('\0')).toEqual([
    ...[CGROUP, 'node*', ''],
    ...['*', '', 'claude', '', ''],
    ...['1000-1000', '100000-165535', '', '', 'node_modules/x/', '', ''],
  ])
})

test.each([
  ['an empty name', { names: [''], parts: [] }, 'INPUT_MALFORMED'],
  ['an empty part, which is in every path', { names: [], parts: [''] }, 'INPUT_MALFORMED'],
  ['a name that is any', { names: ['*'], parts: [] }, 'INPUT_MALFORMED'],
  ['a NUL', { names: ['a\0b'], parts: [] }, 'INPUT_MALFORMED'],
  ['a user below zero', { uids: [-1], names: ['a'], parts: [] }, 'INPUT_MALFORMED'],
  ['a user that is no integer', { uids: [0, 1.5], names: ['a'], parts: [] }, 'INPUT_MALFORMED'],
  ['the user id of nobody at all', { uids: [2 ** 32 - 1], names: ['a'], parts: [] }, 'INPUT_MALFORMED'],
  ['no user of a range', { uids: [{ first: 7, count: 0 }], names: ['a'], parts: [] }, 'INPUT_MALFORMED'],
  ['no user', { uids: [], names: ['a'], parts: [] }, 'INPUT_MALFORMED'],
  ['names of a megabyte', { names: ['a'.repeat(1024 * 1024)], parts: [] }, 'INPUT_TOO_LARGE'],
] as const)('a rule with %s is refused', async (_, rule, code) => {
  expect(await codeThrown(() => encodeRules(CGROUP, { interpreters: [], rules: [rule] }))).toBe(code)
})

test('more rules than the gate takes are refused', async () => {
  const rules = Array.from({ length: 257 }, () => ({ names: ['a'], parts: [] }))
  expect(await codeThrown(() => encodeRules(CGROUP, { interpreters: [], rules }))).toBe('INPUT_TOO_LARGE')
})

test('reports are read however the pipe splits them', () => {
  const held = report('held', '42', '9000', '/user.slice', '/bin/one\ntwo', 'script')
  const bytes = Buffer.concat([
    report('ready', '5', '1'),
    held,
    report('unheld', '7', '/x', 'too late'),
    report('lost', '3'),
  ])
  const all = new ReportReader().read(bytes)
  expect(all).toEqual([
    { kind: 'ready', mounts: 5, refusedMounts: 1 },
    {
      kind: 'held',
      process: { pid: 42, startTicks: 9000, cgroup: '/user.slice', path: '/bin/one\ntwo', matched: 'script' },
    },
    { kind: 'unheld', pid: 7, path: '/x', reason: 'too late' },
    { kind: 'lost', count: 3 },
  ])
  const reader = new ReportReader()
  expect([...bytes].flatMap((byte) => reader.read(Uint8Array.of(byte)))).toEqual(all)
})

test.each([
  ['an unknown kind', report('frozen', '1')],
  ['too few texts', report('held', '42', '9000', '/')],
  ['another match', report('held', '42', '9000', '/', '/x', 'guess')],
  ['no number', report('lost', 'many')],
  ['a number with a sign', report('lost', '-1')],
  ['no text at all', report()],
  ['a length beyond all reports', Buffer.from([0xff, 0xff, 0xff, 0x7f])],
])('a report with %s is refused', async (_, bytes) => {
  expect(await codeThrown(() => new ReportReader().read(bytes))).toBe('INPUT_MALFORMED')
})
