import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SuretyError } from '../../src/base/errors.ts'
import { Type } from '../../src/base/schema.ts'
import { readConfigFile } from '../../src/config/config-file.ts'
import { type LayersInit, loadLayers } from '../../src/config/layers.ts'
import {
  choiceSetting,
  numberSetting,
  optionalSetting,
  pathSetting,
  setting,
  switchSetting,
} from '../../src/config/settings.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const settings = {
  socket: pathSetting('/run/a.sock', 'a socket'),
  'log.level': choiceSetting(['info', 'debug'], 'info', 'a level'),
  'log.maxBytes': numberSetting({ minimum: 10, maximum: 100 }, 50, 'a size'),
  'log.colour': switchSetting(false, 'a switch'),
  hosts: setting(Type.Array(Type.String({ minLength: 1 })), [], { expected: 'a list of names', about: 'hosts' }),
  'store.password': optionalSetting(Type.String({ minLength: 1 }), {
    expected: 'a text',
    about: 'a secret',
    secret: true,
  }),
}

const uid = process.geteuid?.() ?? 0
const userId = String(uid)
const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
let count = 0

/** Loads the given contents from a new folder. */
function load(given: {
  file?: unknown
  policies?: Readonly<Record<string, unknown>>
  environment?: Record<string, string>
  flags?: Record<string, string>
  required?: boolean
  spoil?: (paths: { file: string; policies: string }) => void
}) {
  const root = join(folder.path, String(count++))
  const paths = { file: join(root, 'file.json'), policies: join(root, 'managed.d') }
  mkdirSync(paths.policies, { recursive: true })
  const write = (path: string, content: unknown) =>
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 })
  if (given.file !== undefined) write(paths.file, given.file)
  for (const [name, content] of Object.entries(given.policies ?? {})) write(join(paths.policies, name), content)
  given.spoil?.(paths)
  const init: LayersInit = {
    prefix: 'TEST_',
    environment: given.environment ?? {},
    flags: given.flags ?? {},
    file: { path: paths.file, required: given.required ?? false },
    policyFolder: paths.policies,
    owners: ['0', userId],
    policyOwners: [userId],
  }
  return { ...loadLayers(settings, init), paths }
}

/** The message of the error, without the folder of the test. */
function refusal(given: Parameters<typeof load>[0]): string {
  try {
    load(given)
  } catch (error) {
    if (error instanceof SuretyError && error.code === 'CONFIG_INVALID') {
      return error.message.replaceAll(/\/[^ ]*\/\d+\//g, '…/')
    }
    throw error
  }
  throw new Error('expected a refusal')
}

test('uses defaults without any layer', () => {
  const { values, entries } = load({})
  expect(values).toEqual({
    socket: '/run/a.sock',
    'log.level': 'info',
    'log.maxBytes': 50,
    'log.colour': false,
    hosts: [],
    'store.password': undefined,
  })
  expect(new Set(entries.map(({ origin }) => origin))).toEqual(new Set(['default']))
})

test('prefers policy to flag to variable to file, and keeps the origin of each value', () => {
  const { values, entries, paths } = load({
    file: { socket: '/f', log: { level: 'debug', maxBytes: 11, colour: true }, store: { password: 'hush' } },
    environment: { TEST_LOG_MAX_BYTES: '12', TEST_LOG_COLOUR: 'false', TEST_HOSTS: 'a, b', OTHER: 'x' },
    flags: { 'log.maxBytes': '13', socket: '/flag' },
    policies: { '10-first.json': { log: { maxBytes: 14 } }, '20-second.json': { log: { maxBytes: 15 } } },
  })
  expect(values).toEqual({
    socket: '/flag',
    'log.level': 'debug',
    'log.maxBytes': 15,
    'log.colour': false,
    hosts: ['a', 'b'],
    'store.password': 'hush',
  })
  const inFile = { origin: 'file', place: paths.file }
  expect(entries).toEqual([
    { key: 'socket', value: '/flag', origin: 'flag', place: '--socket', overrides: [inFile] },
    { key: 'log.level', value: 'debug', origin: 'file', place: paths.file },
    {
      key: 'log.maxBytes',
      value: '15',
      origin: 'managed',
      place: join(paths.policies, '20-second.json'),
      overrides: [
        { origin: 'managed', place: join(paths.policies, '10-first.json') },
        { origin: 'flag', place: '--log-max-bytes' },
        { origin: 'environment', place: 'TEST_LOG_MAX_BYTES' },
        inFile,
      ],
    },
    { key: 'log.colour', value: 'false', origin: 'environment', place: 'TEST_LOG_COLOUR', overrides: [inFile] },
    { key: 'hosts', value: '["a","b"]', origin: 'environment', place: 'TEST_HOSTS' },
    { key: 'store.password', value: '(set)', origin: 'file', place: paths.file },
  ])
})

const asRoot = uid === 0

test.each<[string, Parameters<typeof load>[0], string]>([
  [
    'a value of the wrong type',
    { file: { log: { maxBytes: 'x' } } },
    '…/file.json: log.maxBytes: expected a whole number from 10 to 100',
  ],
  [
    'a number out of range',
    { file: { log: { maxBytes: 101 } } },
    '…/file.json: log.maxBytes: expected a whole number from 10 to 100',
  ],
  ['a relative path', { file: { socket: 'a' } }, '…/file.json: socket: expected an absolute path'],
  ['an unknown key', { file: { sockets: '/a' } }, '…/file.json: "sockets" is not a setting; similar: socket'],
  [
    'an unknown key below a known one',
    { file: { log: { maxbytes: 20 } } },
    '…/file.json: "log.maxbytes" is not a setting; similar: log.maxBytes',
  ],
  [
    'a setting in a group and with a dot',
    { file: { 'log.level': 'info', log: { level: 'debug' } } },
    '…/file.json: log.level is there twice',
  ],
  [
    'a dotted key',
    { file: { 'log.level.x': 'info' } },
    '…/file.json: "log.level.x" is not a setting; similar: log.level',
  ],
  ['a value instead of a group', { file: { log: 'debug' } }, '…/file.json: log: expected a group of settings'],
  ['a name of Object.prototype', { file: { constructor: 1 } }, '…/file.json: "constructor" is not a setting'],
  [
    'a prototype',
    { file: '{"__proto__": {"socket": "/a"}}' },
    '…/file.json: expected one JSON object (key __proto__ is not allowed)',
  ],
  ['a list', { file: [] }, '…/file.json: document: expected a group of settings'],
  ['no JSON', { file: '{' }, '…/file.json: expected one JSON object (not JSON)'],
  ['a file that is too large', { file: ' '.repeat(300_000) }, '…/file.json: larger than 262144 bytes'],
  [
    'an unknown variable',
    { environment: { TEST_LOG_LEVLE: 'info' } },
    'environment: TEST_LOG_LEVLE is not a setting; similar: TEST_LOG_LEVEL, TEST_LOG_COLOUR, TEST_LOG_MAX_BYTES',
  ],
  [
    'a bad variable',
    { environment: { TEST_LOG_MAX_BYTES: '1e1' } },
    'environment variable TEST_LOG_MAX_BYTES: log.maxBytes: expected a whole number from 10 to 100',
  ],
  [
    'a bad switch',
    { environment: { TEST_LOG_COLOUR: 'yes' } },
    'environment variable TEST_LOG_COLOUR: log.colour: expected true or false',
  ],
  ['a bad flag', { flags: { 'log.level': 'loud' } }, '--log-level: log.level: expected one of info, debug'],
  [
    'an unknown flag',
    { flags: { 'log.loud': 'x' } },
    'command line: "log.loud" is not a setting; similar: log.level, log.colour, log.maxBytes',
  ],
  [
    'a secret as a flag',
    { flags: { 'store.password': 'hush' } },
    'command line: store.password is a secret, and other users can read a command line',
  ],
  ['a missing file', { required: true }, '…/file.json: no such file'],
  [
    'a bad policy',
    { policies: { 'a.json': { log: { level: 'x' } } } },
    '…/managed.d/a.json: log.level: expected one of info, debug',
  ],
  [
    'a file that others can write',
    { file: {}, spoil: ({ file }) => chmodSync(file, 0o666) },
    '…/file.json: writable by other users. Run: chmod go-w …/file.json',
  ],
  [
    'a secret in a file that others can read',
    { file: { store: { password: 'hush' } }, spoil: ({ file }) => chmodSync(file, 0o644) },
    '…/file.json: holds the secret store.password and is readable by other users. Run: chmod 600 …/file.json',
  ],
  [
    'a policy folder that others can write',
    { spoil: ({ policies }) => chmodSync(policies, 0o777) },
    '…/managed.d: writable by other users. Run: chmod go-w …/managed.d',
  ],
  ['a folder instead of the file', { spoil: ({ file }) => mkdirSync(file) }, '…/file.json: not a regular file'],
])('refuses %s, with the origin and what is expected', (_, given, message) => {
  expect(refusal(given)).toBe(message)
})

const rootTest = asRoot ? test : test.skip
rootTest('(root) refuses a policy of another user', () => {
  const given = {
    policies: { 'a.json': {} },
    spoil: ({ policies }: { policies: string }) => chownSync(join(policies, 'a.json'), 4242, 4242),
  }
  expect(refusal(given)).toBe('…/managed.d/a.json: owned by user 4242, expected 0')
})

test('names an expected owner once', () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'file.json')
  writeFileSync(path, '{}', { mode: 0o600 })
  expect(() => readConfigFile(path, { owners: ['4242', '4242'] })).toThrow(/: owned by user \d+, expected 4242$/)
})

test('never repeats a secret', () => {
  expect(refusal({ file: { store: { password: ['hush'] } } })).toBe('…/file.json: store.password: expected a text')
})

test('ignores hidden files and files without .json in a policy folder', () => {
  const { values } = load({ policies: { '.hidden.json': 'broken', 'note.txt': 'broken', 'a.json': { socket: '/p' } } })
  expect(values.socket).toBe('/p')
})
