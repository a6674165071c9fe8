import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { CommandComponents } from '../../../src/admin/command/command-line.ts'
import { SuretyError } from '../../../src/base/errors.ts'
import { readClientEnvironment } from '../../../src/config/client.ts'
import { loadDirectoryConfig } from '../../../src/config/directory.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { runCommand } from '../../support/directory/run-commands.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

let directory: TestDirectory
beforeAll(async () => {
  directory = await startTestDirectory()
})
afterAll(() => directory[Symbol.asyncDispose]())

/** A user with a home, the certificate and the token, on a machine without a data folder. */
function userAt(home: string) {
  const ca = join(home, 'ca.pem')
  const token = join(home, 'token')
  writeFileSync(ca, directory.ca)
  writeFileSync(token, `${directory.token}\n`, { mode: 0o600 })
  const file = join(home, '.config/surety/contexts.yaml')
  return {
    ca,
    token,
    file,
    stored: () => (existsSync(file) ? readFileSync(file, 'utf8') : undefined),
    login: (...more: readonly string[]) => [
      'login',
      '--url',
      directory.url,
      '--ca',
      ca,
      '--token-file',
      token,
      ...more,
    ],
    /** Without `--data`, with these variables. */
    async run(
      args: readonly string[],
      environment: Readonly<Record<string, string>> = {},
      others: Partial<CommandComponents> = {},
    ) {
      const client = readClientEnvironment({ HOME: home, ...environment })
      const loadConfig: CommandComponents['loadConfig'] = ({ flags, file: config }) =>
        loadDirectoryConfig({ flags, file: config, environment: { ...environment }, policyFolder: '/nowhere' })
      return await runCommand(directory, args, { client, loadConfig, ...others }, { data: false })
    },
  }
}

test('login stores a context of mode 0600, and commands use it without anything else', async () => {
  using home = temporaryFolder()
  const user = userAt(home.path)
  const { exitCode, out, err } = await user.run([...user.login('production'), '--json'])
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
  expect(JSON.parse(out)).toEqual({
    schema: 'surety-directory/login@1',
    name: 'production',
    url: directory.url,
    root: expect.stringMatching(/^[\w-]{43}$/),
  })
  expect(out).not.toContain(directory.token)
  expect([statSync(user.file).mode & 0o777, statSync(dirname(user.file)).mode & 0o777]).toEqual([0o600, 0o700])
  expect((await user.run(['devices', 'list'])).exitCode).toBe(0)
  const list = JSON.parse((await user.run(['context', 'list', '--json'])).out)
  expect(list.contexts).toEqual([{ name: 'production', url: directory.url, current: true }])
  expect((await user.run(['context', 'list'])).out).not.toContain(directory.token)
})

test('the token may come from standard input or a prompt, and from a profile', async () => {
  using home = temporaryFolder()
  const user = userAt(home.path)
  const asked: string[] = []
  const readSecret = async (question: string) => {
    asked.push(question)
    return directory.token
  }
  expect(
    (await user.run(['login', 'typed', '--url', `${directory.url}/`, '--ca', user.ca], {}, { readSecret })).exitCode,
  ).toBe(0)
  expect(asked).toEqual(['Token: '])
  expect((await user.run(['login', 'given', '--from', directory.profileFile])).exitCode).toBe(0)
  expect((await user.run(user.login())).exitCode).toBe(0)
  const { contexts } = JSON.parse((await user.run(['context', 'list', '--json'])).out)
  expect(contexts.map(({ name }: { name: string }) => name)).toEqual(['127.0.0.1', 'given', 'typed'])
  expect((await user.run(['context', 'use', 'typed'])).out).toBe(
    `the context typed (${directory.url}) is used from now on\n`,
  )
  expect((await user.run(['context', 'remove', 'typed'])).exitCode).toBe(0)
  expect(user.stored()).not.toMatch(/typed|current/)
  expect((await user.run(['devices', 'list'])).err).toMatch(/surety-directory login/)
})

test('what counts first: flags, then variables, then the current context', async () => {
  using home = temporaryFolder()
  const user = userAt(home.path)
  await user.run(user.login('right'))
  const wrong = { url: 'https://127.0.0.1:1', ca: directory.ca, token: directory.token }
  const profile = join(home.path, 'wrong.json')
  writeFileSync(profile, JSON.stringify(wrong), { mode: 0o600 })
  const reached = async (args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
    (await user.run(['devices', 'list', ...args], environment)).exitCode === 0
  const variables = {
    SURETY_DIRECTORY_URL: directory.url,
    SURETY_DIRECTORY_TOKEN: directory.token,
    SURETY_DIRECTORY_CA: user.ca,
  }
  const elsewhere = { ...variables, SURETY_DIRECTORY_URL: wrong.url }
  expect(await reached([])).toBe(true)
  expect(await reached(['--profile', profile])).toBe(false)
  expect(await reached([], { SURETY_DIRECTORY_PROFILE: profile })).toBe(false)
  expect(await reached([], elsewhere)).toBe(false)
  expect(await reached(['--context', 'right'], elsewhere)).toBe(true)
  expect(await reached(['--data', directory.folder], elsewhere)).toBe(true)
  expect(await reached([], { SURETY_DIRECTORY_DATA: home.path })).toBe(false)
  expect(await reached(['--data', home.path])).toBe(false)
  await user.run(['context', 'remove', 'right'])
  expect(await reached([], variables)).toBe(true)
  expect(await reached([], { SURETY_DIRECTORY_DATA: directory.folder })).toBe(true)
  await user.run(user.login('one'))
  await user.run(['login', 'two', '--from', directory.profileFile])
  await user.run(['context', 'use', 'one'])
  expect(await reached([], { SURETY_CONTEXT: 'two' })).toBe(true)
  expect(await reached([], { SURETY_CONTEXT: 'three' })).toBe(false)
})

/** Each refusal leaves the file as it was, and shows no token. */
test.each<[string, (user: ReturnType<typeof userAt>) => readonly string[], RegExp, number]>([
  [
    'an unknown option',
    (user) => user.login('x', '--token', 'surety_adm_x'),
    /unknown option '--token'.*\[USAGE_INVALID\]/,
    2,
  ],
  ['no address', (user) => ['login', 'x', '--ca', user.ca], /give --from FILE, or --url URL and --ca FILE \[USAGE/, 2],
  ['no certificate', () => ['login', 'x', '--url', 'https://h:1'], /give --from FILE/, 2],
  ['two sources', (user) => user.login('x', '--from', 'p'), /--from has address, CA and token/, 2],
  ['a path as a name', (user) => user.login('../x'), /cannot name a context: use letters/, 2],
  ['__proto__', (user) => user.login('__proto__'), /cannot name a context/, 2],
  ['an empty name', (user) => user.login(''), /argument <name> is empty/, 2],
  [
    'a name that is there',
    (user) => user.login('production'),
    /there is a context production: give --replace, or another name \[CONFLICT\]/,
    1,
  ],
  [
    'no file of a token',
    (user) => user.login('x', '--token-file', '/nowhere'),
    /there is no file "\/nowhere": give the token \[CONFIG/,
    2,
  ],
  ['a folder as a token', (user) => user.login('x', '--token-file', dirname(user.ca)), /not a regular file/, 1],
  ['the CA as a token', (user) => user.login('x', '--token-file', user.ca), /chmod 600|do not make a profile/, 1],
  ['a token as the CA', (user) => user.login('x', '--ca', user.token), /holds no PEM certificate/, 2],
  [
    'no file of a CA',
    (user) => user.login('x', '--ca', '/nowhere'),
    /there is no file "\/nowhere": give the CA certificate/,
    2,
  ],
  ['plain HTTP', (user) => user.login('x', '--url', 'http://127.0.0.1:1'), /the address is https:\/\/HOST:PORT/, 2],
  ['an address with a user', (user) => user.login('x', '--url', 'https://a:b@h'), /the address is https/, 2],
  ['a path in the address', (user) => user.login('x', '--url', 'https://h/api/v1'), /the address is https/, 2],
  [
    'nobody there',
    (user) => user.login('x', '--url', 'https://127.0.0.1:1'),
    /no directory answers .*\[DIRECTORY_UNREACHABLE\]/,
    6,
  ],
  [
    'another root key',
    (user) => user.login('x', '--root', 'A'.repeat(43)),
    /the root key of .* is .*\[PIN_MISMATCH\]/,
    1,
  ],
  ['no profile', () => ['login', 'x', '--from', '/nowhere'], /there is no profile "\/nowhere"/, 2],
  [
    'a profile that is none',
    (user) => ['login', 'x', '--from', user.token],
    /is no administrator profile: not JSON/,
    2,
  ],
  [
    'an unknown context',
    () => ['context', 'use', 'nosuch'],
    /no context is named "nosuch"; the contexts are production \[NOT_FOUND\]/,
    1,
  ],
  ['a name of Object', () => ['context', 'use', 'constructor'], /no context is named "constructor"/, 1],
  ['removing an unknown one', () => ['context', 'remove', 'nosuch'], /no context is named "nosuch"/, 1],
  ['no name', () => ['context', 'use'], /missing required argument 'context'/, 2],
  ['two names', () => ['context', 'remove', 'a', 'b'], /too many arguments/, 2],
])('%s is refused', async (_, args, said, exitCode) => {
  using home = temporaryFolder()
  const user = userAt(home.path)
  expect((await user.run(user.login('production'))).exitCode).toBe(0)
  const before = user.stored()
  const refused = await user.run(args(user))
  expect(refused).toEqual({ exitCode, out: '', err: expect.stringMatching(said) })
  expect(refused.err.split('\n')).toHaveLength(2)
  expect(refused.err).not.toContain(directory.token)
  expect(user.stored()).toBe(before)
})

test('a token that the directory does not know is not stored', async () => {
  using home = temporaryFolder()
  const user = userAt(home.path)
  const unknown = `surety_adm_${'A'.repeat(43)}`
  const readSecret = async () => unknown
  const { exitCode, err } = await user.run(['login', 'x', '--url', directory.url, '--ca', user.ca], {}, { readSecret })
  expect({ exitCode, err }).toEqual({ exitCode: 1, err: expect.stringMatching(/\[UNAUTHENTICATED\]\n$/) })
  expect([user.stored(), err.includes(unknown)]).toEqual([undefined, false])
  const broken = async () => {
    throw new SuretyError('USAGE_INVALID', 'nothing was read')
  }
  expect(
    (await user.run(['login', 'x', '--url', directory.url, '--ca', user.ca], {}, { readSecret: broken })).exitCode,
  ).toBe(2)
})

test.each([
  ['nothing', '', /line 1|lacks/],
  ['no YAML', 'a: [', /line 1/],
  ['a bomb', 'a: &a [x,x]\nb: [*a,*a]\n', /anchor|alias/],
  ['another schema', 'schema: surety/contexts@9\ncontexts: {}\n', /schema: must be "surety\/contexts@1"/],
  ['an unknown member', 'schema: surety/contexts@1\ncontexts: {}\nmore: 1\n', /line 3: more/],
  [
    'a context without a token',
    'schema: surety/contexts@1\ncontexts:\n  a:\n    url: https://h\n    ca: x\n',
    /line 3: contexts\/a: lacks token/,
  ],
  ['a bad name', 'schema: surety/contexts@1\ncontexts:\n  "a b":\n    url: https://h\n', /contexts/],
  ['a name twice', 'schema: surety/contexts@1\ncontexts: {}\ncontexts: {}\n', /twice/],
  ['a tag', 'schema: !!js/function x\n', /tag/],
  ['binary', '\u0000\u0001', /line 1|YAML/],
])('a file of contexts with %s is refused with its line, and left as it is', async (_, text, said) => {
  using home = temporaryFolder()
  const user = userAt(home.path)
  mkdirSync(dirname(user.file), { recursive: true })
  writeFileSync(user.file, text, { mode: 0o600 })
  for (const args of [['context', 'list'], ['devices', 'list'], user.login('x')]) {
    const { exitCode, out, err } = await user.run(args)
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
    expect(err).toMatch(said)
    expect(err).toMatch(/fix it, or remove it and log in again \[CONFIG_INVALID\]\n$/)
  }
  expect(user.stored()).toBe(text)
})

test('a file that others can read, a link and a file that is too large are refused', async () => {
  using home = temporaryFolder()
  const user = userAt(home.path)
  await user.run(user.login('x'))
  chmodSync(user.file, 0o644)
  expect(await user.run(['devices', 'list'])).toMatchObject({
    exitCode: 1,
    err: expect.stringMatching(/chmod 600 .*\[NOT_PERMITTED\]/),
  })
  writeFileSync(user.file, '#'.repeat(300_000))
  chmodSync(user.file, 0o600)
  expect(await user.run(['devices', 'list'])).toMatchObject({
    exitCode: 1,
    err: expect.stringMatching(/FILE_TOO_LARGE/),
  })
  using other = temporaryFolder()
  const second = userAt(other.path)
  mkdirSync(dirname(second.file), { recursive: true })
  symlinkSync(user.file, second.file)
  expect(await second.run(['context', 'list'])).toMatchObject({
    exitCode: 1,
    err: expect.stringMatching(/FILE_IS_LINK/),
  })
})

test.each([
  [
    { SURETY_DIRECTORY_URL: 'https://h:1' },
    /set SURETY_DIRECTORY_URL, SURETY_DIRECTORY_TOKEN, SURETY_DIRECTORY_CA together/,
  ],
  [{ SURETY_DIRECTORY_TOKEN: `surety_adm_${'A'.repeat(43)}` }, /together, or none of them/],
  [{ SURETY_DIRECTORY_PROFILE: '/nowhere' }, /there is no profile "\/nowhere"/],
  [{ SURETY_CONTEXT: 'nosuch' }, /no context is named "nosuch"; make one with: surety-directory login/],
  [{ SURETY_DIRECTORY_TOKENS: 'x' }, /SURETY_DIRECTORY_TOKENS is not a setting/],
])('variables %j are refused', async (environment, said) => {
  using home = temporaryFolder()
  const { exitCode, out, err } = await userAt(home.path).run(['devices', 'list'], { ...environment })
  expect({ ok: exitCode === 1 || exitCode === 2, out, err }).toEqual({
    ok: true,
    out: '',
    err: expect.stringMatching(said),
  })
  expect(err).not.toMatch(/surety_adm_A/)
})

test('--profile and --context together are refused', async () => {
  using home = temporaryFolder()
  const { exitCode, err } = await userAt(home.path).run(['devices', 'list', '--profile', 'a', '--context', 'b'])
  expect({ exitCode, err }).toEqual({
    exitCode: 2,
    err: expect.stringMatching(/name two directories: give one of them \[USAGE_INVALID\]/),
  })
})
