import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CommandComponents } from '../../../src/admin/command/command-line.ts'
import { SuretyError } from '../../../src/base/errors.ts'
import { setup } from '../../../src/directory/local/setup.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { runCommand } from '../../support/directory/run-commands.ts'

let directory: TestDirectory
// A fresh directory for each test: it writes files.
beforeEach(async () => {
  directory = await startTestDirectory()
})
afterEach(() => directory[Symbol.asyncDispose]())

const at = (...names: string[]) => join(directory.folder, ...names)
const tokens = async () => (await directory.store.tokens.list({ limit: 9 }, directory.clock.now())).items
const OWNED = ['--owner', 'ada@example.org']
const NAMED = ['--names', '127.0.0.1']

/** Runs `init` on a machine whose service is started by the test, and not by systemd. */
async function init(args: readonly string[], others: Partial<CommandComponents> = {}) {
  const restarts: string[] = []
  const restart = async () => {
    restarts.push('now')
    return 'restarted' as const
  }
  const all = ['init', '--config', at('etc', 'directory.json'), '--out', at('first'), ...args]
  const ran = await runCommand(directory, all, { setup: async () => ({ ...setup, restart }), ...others })
  return { ...ran, restarts: restarts.length }
}
const config = () => JSON.parse(readFileSync(at('etc', 'directory.json'), 'utf8'))

test('with flags, asks nothing: writes names and the token, and restarts the service', async () => {
  const ran = await init([...NAMED, ...OWNED, '--minimum-tier', 'tpm', '--uses', '20', '--ttl', '7d'])
  expect(ran).toMatchObject({ exitCode: 0, restarts: 1, err: '' })
  expect(ran.out).toMatch(/\ntoken +tok_\S+, for 20 laptops, until 20/)
  expect(ran.out).toContain(`\nenrolment string    ${at('first')}\n`)
  expect(ran.out).toContain('laptops connect to  wss://127.0.0.1:7443')
  expect(ran.out).toContain('install -D -m 600 first /etc/surety/enrolment')
  expect(ran.out).toMatch(/\nLarge stops need a second person .*\n {2}surety-directory administrators add NAME /)
  expect(config()).toEqual({ names: ['127.0.0.1'] })
  expect(statSync(at('etc', 'directory.json')).mode & 0o777).toBe(0o644)
  expect(statSync(at('first')).mode & 0o777).toBe(0o600)
  expect(readFileSync(at('first'), 'utf8')).toMatch(/^surety-enrol-v1\.\S+\n$/)
  expect(await tokens()).toMatchObject([{ owner: 'ada@example.org', minimumTier: 'tpm', uses: 20 }])
})

test('on a terminal it asks four questions, and an empty answer takes what is offered', async () => {
  const answers = ['127.0.0.1', 'ada@example.org', '', '20']
  const asked: string[] = []
  const ask = async (question: string) => {
    asked.push(question)
    return answers[asked.length - 1] ?? ''
  }
  expect(await init([], { ask })).toMatchObject({ exitCode: 0 })
  expect(asked).toEqual([
    expect.stringMatching(/^Name by which laptops reach this server \[.+\]: $/),
    expect.stringMatching(/^Who answers for the laptops.*: $/),
    expect.stringMatching(/^Minimum proof from laptops \(.*\) \[tpm\]: $/),
    'How many laptops may enrol with the string [1]: ',
  ])
  expect(await tokens()).toMatchObject([{ minimumTier: 'tpm', uses: 20 }])
})

test.each(['0', '-1', 'many', '1e9'])('%j laptops are refused before anything is written', async (typed) => {
  const ask = async (question: string) => (question.startsWith('How many') ? typed : '')
  const ran = await init([...NAMED, ...OWNED], { ask })
  expect(ran).toMatchObject({
    exitCode: 2,
    out: '',
    restarts: 0,
    err: expect.stringMatching(/laptops: give a whole number from 1 to 100000 \[USAGE_INVALID\]/),
  })
  expect([existsSync(at('etc')), existsSync(at('first')), await tokens()]).toEqual([false, false, []])
})

test('keeps other members of the configuration, and a second run changes nothing', async () => {
  mkdirSync(at('etc'))
  writeFileSync(at('etc', 'directory.json'), '{ "attestEveryMs": 60000 }')
  expect(await init([...NAMED, ...OWNED])).toMatchObject({ exitCode: 0, restarts: 1 })
  expect(config()).toEqual({ attestEveryMs: 60_000, names: ['127.0.0.1'] })
  const before = readFileSync(at('etc', 'directory.json'))
  expect(await init([...NAMED, ...OWNED, '--out', at('second')])).toMatchObject({ exitCode: 0, restarts: 0 })
  expect(readFileSync(at('etc', 'directory.json'))).toEqual(before)
})

test('prints the link of the first passkey, until there is one', async () => {
  const { out } = await init([...NAMED, ...OWNED])
  expect(out).toMatch(/^sign in at +http:\/\/localhost\/welcome#surety_inv_[A-Za-z0-9_-]{43}$/m)
  const [{ id: subject } = { id: '' }] = await directory.services.principals.list('administrator')
  const passkey = { id: `pky_${'A'.repeat(22)}`, subject, credential: 'c', publicKey: new Uint8Array(1), counter: 0 }
  await directory.store.signIn.passkeys.put({ ...passkey, rp: 'localhost', name: 'a', synced: false, createdAt: 1 })
  expect((await init([...NAMED, ...OWNED, '--out', at('second')])).out).not.toContain('sign in at')
})

test('without a service or a running directory, prints how to continue', async () => {
  const restart = async () => 'absent' as const
  const apiOf = () => ({ ask: () => Promise.reject(new SuretyError('DIRECTORY_UNREACHABLE', 'away')) })
  const ran = await init([...NAMED, ...OWNED, '--json'], { setup: async () => ({ ...setup, restart }), apiOf })
  expect(JSON.parse(ran.out)).toMatchObject({
    schema: 'surety-directory/init@1',
    service: 'absent',
    names: ['127.0.0.1'],
  })
  expect(existsSync(at('first'))).toBe(false)
})

test('it waits for the directory that it started', async () => {
  let tries = 0
  const { apiOf } = await import('../../../src/admin/connection/api-client.ts').then(({ apiClient }) => ({
    apiOf: (...given: Parameters<typeof apiClient>) =>
      ++tries < 4
        ? { ask: () => Promise.reject(new SuretyError('DIRECTORY_UNREACHABLE', 'away')) }
        : apiClient(...given),
  }))
  expect(await init([...NAMED, ...OWNED], { apiOf })).toMatchObject({ exitCode: 0 })
  expect(tries).toBeGreaterThanOrEqual(4)
})

test.each<[string, readonly string[], number, string]>([
  ['no owner, and no terminal to ask', NAMED, 2, 'USAGE_INVALID'],
  ['a tier that there is not', [...NAMED, ...OWNED, '--minimum-tier', 'best'], 2, 'USAGE_INVALID'],
  ['a name that is none', ['--names', 'https://directory', ...OWNED], 2, 'CONFIG_INVALID'],
  ['an empty name', ['--names', 'a,,b', ...OWNED], 2, 'CONFIG_INVALID'],
  ['an owner that is too long', [...NAMED, '--owner', 'a'.repeat(300)], 1, 'INPUT_MALFORMED'],
  ['no uses', [...NAMED, ...OWNED, '--uses', '0'], 2, 'USAGE_INVALID'],
  ['a year', [...NAMED, ...OWNED, '--ttl', '365d'], 2, 'USAGE_INVALID'],
  ['a name under which the directory does not run', ['--names', 'other.example.org', ...OWNED], 1, 'CONFLICT'],
])('refuses %s, and leaves no string and no usable token', async (_, args, exitCode, code) => {
  const ran = await init([...args, '--json'])
  expect({ exitCode: ran.exitCode, code: JSON.parse(ran.err).error.code }).toEqual({ exitCode, code })
  expect(existsSync(at('first'))).toBe(false)
  expect((await tokens()).filter(({ status }) => status === 'usable')).toEqual([])
})

test('refuses another data folder without its own configuration, and writes nothing', async () => {
  let calls = 0
  const noted = async () => {
    calls += 1
    throw new Error('nothing may be written')
  }
  const ran = await runCommand(directory, ['init', ...NAMED, ...OWNED, '--data', at('elsewhere'), '--json'], {
    setup: async () => ({ ...setup, configure: noted, restart: noted }),
  })
  expect({ exitCode: ran.exitCode, code: JSON.parse(ran.err).error.code }).toEqual({
    exitCode: 2,
    code: 'USAGE_INVALID',
  })
  expect([calls, await tokens()]).toEqual([0, []])
})

test.each<[string, () => void, number, string]>([
  ['other names', () => writeFileSync(at('etc', 'directory.json'), '{ "names": ["old.example.org"] }'), 1, 'CONFLICT'],
  ['no JSON', () => writeFileSync(at('etc', 'directory.json'), 'names: a'), 2, 'CONFIG_INVALID'],
  ['names that are none', () => writeFileSync(at('etc', 'directory.json'), '{ "names": 7 }'), 2, 'CONFIG_INVALID'],
  ['a link', () => symlinkSync('/etc/hostname', at('etc', 'directory.json')), 1, 'FILE_IS_LINK'],
  ['a folder', () => mkdirSync(at('etc', 'directory.json')), 1, 'FILE_NOT_REGULAR'],
])('refuses a configuration file that has or is %s, and restarts nothing', async (_, place, exitCode, code) => {
  mkdirSync(at('etc'))
  place()
  const ran = await init([...NAMED, ...OWNED, '--json'])
  expect({ exitCode: ran.exitCode, code: JSON.parse(ran.err).error.code }).toEqual({ exitCode, code })
  expect([ran.restarts, await tokens()]).toEqual([0, []])
})

test('a file that is there is not overwritten, and no token is made', async () => {
  writeFileSync(at('first'), 'precious')
  const ran = await init([...NAMED, ...OWNED])
  expect(ran).toMatchObject({ exitCode: 1, err: expect.stringContaining('[CONFLICT]') })
  expect(readFileSync(at('first'), 'utf8')).toBe('precious')
  expect(await tokens()).toEqual([])
})

test('a service that does not start is an error', async () => {
  const restart = () => Promise.reject(new SuretyError('COMMAND_FAILED', 'surety-directory.service does not start'))
  const ran = await init([...NAMED, ...OWNED], { setup: async () => ({ ...setup, restart }) })
  expect(ran).toMatchObject({ exitCode: 1, err: expect.stringContaining('[COMMAND_FAILED]') })
  expect(await tokens()).toEqual([])
})

test('a directory that never answers is an error', async () => {
  const apiOf = () => ({ ask: () => Promise.reject(new SuretyError('DIRECTORY_UNREACHABLE', 'away')) })
  const ran = await init([...NAMED, ...OWNED], { apiOf })
  expect(ran).toMatchObject({ exitCode: 6, err: expect.stringContaining('journalctl -u surety-directory') })
})

test('a warning of the token is shown', async () => {
  const ran = await init([...NAMED, ...OWNED, '--minimum-tier', 'tpm-attested'])
  expect(ran.err).toMatch(/^warning: no device can use this token/)
  expect(ran.exitCode).toBe(0)
})
