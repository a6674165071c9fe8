import { chmodSync, closeSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnrolmentString } from '../../src/protocol/messages/enrolment-string.ts'
import { openDatabase } from '../../src/system/sqlite/sqlite.ts'
import { type Ended, runDirectory, serveDirectory, serveForAll } from '../support/directory/directory-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const UNKNOWN_DEVICE = 'dev_AAAAAAAAAAAAAAAAAAAAAA'
const UNKNOWN_TOKEN = 'tok_AAAAAAAAAAAAAAAAAAAAAA'

const directory = serveForAll()

const run = (...args: string[]) => runDirectory([...args, '--data', directory.path])
const json = ({ stdout }: Ended) => JSON.parse(stdout)

test('a token goes from its making through the list to its revocation', async () => {
  const created = await run('token', 'create', '--owner', 'alice', '--ttl', '2h', '--minimum-tier', 'tpm', '--json')
  const { schema, token, enrolment } = json(created)
  expect({ exitCode: created.exitCode, schema, stderr: created.stderr }).toEqual({
    exitCode: 0,
    schema: 'surety-directory/created-token@1',
    stderr: '',
  })
  expect(token).toMatchObject({ owner: 'alice', minimumTier: 'tpm', status: 'usable' })
  expect(token.expiresAt - token.createdAt).toBe(2 * 3_600_000)
  expect(parseEnrolmentString(enrolment)).toMatchObject({
    url: directory.server.devices,
    token: token.id,
    minimumTier: 'tpm',
  })
  expect(json(await run('token', 'list', '--json'))).toMatchObject({
    schema: 'surety-directory/tokens@1',
    tokens: expect.arrayContaining([token]),
  })
  expect(await run('token', 'revoke', token.id, '--yes')).toEqual({
    exitCode: 0,
    stdout: `token ${token.id} is revoked\n`,
    stderr: '',
  })
})

test('prints only the enrolment string on standard output, for a pipe', async () => {
  const { exitCode, stdout, stderr } = await run('token', 'create', '--owner', 'bob')
  expect({ exitCode, lines: stdout.split('\n').length }).toEqual({ exitCode: 0, lines: 2 })
  expect(stderr).toContain('owner         bob\n')
  expect(stderr).not.toContain(parseEnrolmentString(stdout).secret)
})

test('with --out it is in a private file and nowhere else', async () => {
  const file = join(directory.path, 'enrolment')
  const { exitCode, stdout, stderr } = await run(
    ...['token', 'create', '--owner', 'carol', '--minimum-tier', 'tpm', '--out', file],
  )
  const enrolment = readFileSync(file, 'utf8')
  expect({ exitCode, mode: statSync(file).mode & 0o777, stderr }).toEqual({ exitCode: 0, mode: 0o600, stderr: '' })
  expect(stdout).toContain(`enrolment string  ${file}\n`)
  expect(stdout).not.toContain(parseEnrolmentString(enrolment).secret)
})

test('foreign text reaches a terminal only as escapes', async () => {
  await run('token', 'create', '--owner', 'eve', '--json')
  // An earlier version took any text.
  using database = openDatabase(join(directory.path, 'directory.sqlite'))
  database.prepare("UPDATE tokens SET owner = ? WHERE owner = 'eve'").run('\u001b[2J\u202eevil\nFAKE ROW')
  const { stdout } = await run('token', 'list', '-o', 'table')
  expect(stdout).toContain('\\x1b[2J\\u{202e}evil\\nFAKE ROW')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
  expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202e]/)
  const columns = stdout
    .split('\n')
    .filter((line) => line.startsWith('  '))
    .map((line) => line.indexOf('  ', 2))
  expect(new Set(columns)).toEqual(new Set([4, 28]))
})

test('reports empty lists as empty, in words and as JSON', async () => {
  expect(await run('devices', 'list')).toEqual({
    exitCode: 0,
    stdout: expect.stringMatching(/^id\tverdict\t[^\n]+\n$/),
    stderr: 'no devices\n',
  })
  expect(json(await run('devices', 'list', '--json'))).toEqual({
    schema: 'surety-directory/devices@1',
    devices: [],
    total: 0,
  })
})

test.each([
  [['devices', 'show', UNKNOWN_DEVICE], 'DEVICE_UNKNOWN'],
  [['devices', 'show', '../tokens'], 'DEVICE_UNKNOWN'],
  [['devices', 'order', UNKNOWN_DEVICE, 'attest', '--reason', 'x'], 'DEVICE_UNKNOWN'],
  [['devices', 'retire', UNKNOWN_DEVICE, '--reason', 'x', '--yes'], 'DEVICE_UNKNOWN'],
  [['token', 'revoke', UNKNOWN_TOKEN, '--yes'], 'TOKEN_UNKNOWN'],
  [['re-enrolments', 'approve', 'ren_AAAAAAAAAAAAAAAAAAAAAA'], 'NOT_FOUND'],
  [['re-enrolments', 'deny', 'nonsense'], 'NOT_FOUND'],
  [['token', 'create', '--owner', '\u200b'], 'INPUT_MALFORMED'],
])('%j is refused by the directory as %s', async (args, code) => {
  const { exitCode, stdout, stderr } = await run(...args, '--json')
  const { schema, error } = JSON.parse(stderr)
  expect({ exitCode, stdout, schema, code: error.code }).toEqual({
    exitCode: 1,
    stdout: '',
    schema: 'surety-directory/error@1',
    code,
  })
})

test.each([
  [[]],
  [['nonsense']],
  [['token', 'create']],
  [['token', 'create', '--owner', 'x', '--ttl', 'soon']],
  [['token', 'create', '--owner', 'x', '--ttl', '3650d']],
  [['token', 'create', '--owner', 'x', '--ttl', '59s']],
  [['token', 'create', '--owner', 'x', '--minimum-tier', 'gold']],
  [['devices', 'list', '--verdict', 'fine']],
  [['devices', 'order', UNKNOWN_DEVICE, 'freeze', '--reason', 'x']],
  [['devices', 'order', UNKNOWN_DEVICE, 'attest']],
  [['serve', '--nonsense']],
  [['serve', '--devices-port', '99999']],
  [['serve', '--data', 'relative']],
  [['serve', '--config', '/nonexistent/directory.json']],
  [['config', 'show', '--config', '/nonexistent/directory.json']],
])('%j is not understood: exit code 2, standard output empty', async (args) => {
  const { exitCode, stdout, stderr } = await runDirectory(args)
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr).not.toBe('')
})

test('a folder without a directory is said, with what to do', async () => {
  using empty = temporaryFolder()
  expect(await runDirectory(['devices', 'list', '--data', empty.path])).toEqual({
    exitCode: 1,
    stdout: '',
    stderr:
      `surety-directory: there is no administrator profile at ${empty.path}/administrator.json: ` +
      'start the directory once, or give --data FOLDER or --profile FILE, or run: surety-directory login [NOT_FOUND]\n',
  })
  expect((await runDirectory(['administrator', 'reset', '--yes', '--data', empty.path])).exitCode).toBe(1)
})

test('a directory that does not answer is exit code 6', async () => {
  using other = temporaryFolder()
  const profile = join(other.path, 'profile.json')
  const real = JSON.parse(readFileSync(join(directory.path, 'administrator.json'), 'utf8'))
  writeFileSync(profile, JSON.stringify({ ...real, url: 'https://127.0.0.1:1' }), { mode: 0o600 })
  expect(await runDirectory(['devices', 'list', '--profile', profile])).toEqual({
    exitCode: 6,
    stdout: '',
    stderr:
      'surety-directory: no directory answers at https://127.0.0.1:1 (ECONNREFUSED). ' +
      'Is it running? On its server: systemctl status surety-directory. Without a package: surety-directory serve [DIRECTORY_UNREACHABLE]\n',
  })
})

test.each([
  ['not json', /^surety-directory: "\S+profile.json" is no administrator profile: not JSON \[CONFIG_INVALID\]\n$/],
  ['{}', /^surety-directory: "\S+profile.json" is no administrator profile: .*lacks url, ca, token/],
])('a profile of %j is named', async (text, said) => {
  using other = temporaryFolder()
  const profile = join(other.path, 'profile.json')
  writeFileSync(profile, text, { mode: 0o600 })
  const { exitCode, stdout, stderr } = await runDirectory(['devices', 'list', '--profile', profile])
  expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 2, stdout: '', stderr: expect.stringMatching(said) })
})

test('an answer that cannot be written is a failure, but for a reader that is gone', async () => {
  const words = ['config', 'show', '--json']
  const full = openSync('/dev/full', 'w')
  expect(await runDirectory(words, {}, { stdout: full })).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: 'surety-directory: the answer cannot be written: ENOSPC: no space left on device, write [STORE_FAILED]\n',
  })
  closeSync(full)
  expect(await runDirectory(words, {}, { stdout: 'closed' })).toEqual({ exitCode: 0, stdout: '', stderr: '' })
})

test('a command that watches ends with its reader', async () => {
  const words = ['events', 'list', '--watch', '--data', directory.path]
  expect(await runDirectory(words, {}, { stdout: 'closed' })).toEqual({ exitCode: 0, stdout: '', stderr: '' })
})

test('sends no token to a server with a certificate of another authority', async () => {
  using other = temporaryFolder()
  await using stranger = await serveDirectory(other.path)
  const profile = join(other.path, 'profile.json')
  const real = JSON.parse(readFileSync(join(directory.path, 'administrator.json'), 'utf8'))
  writeFileSync(profile, JSON.stringify({ ...real, url: stranger.api }), { mode: 0o600 })
  const { exitCode, stderr } = await runDirectory(['devices', 'list', '--profile', profile, '--json'])
  expect({ exitCode, code: JSON.parse(stderr).error.code }).toEqual({ exitCode: 1, code: 'PIN_MISMATCH' })
  chmodSync(profile, 0o644)
  const open = await runDirectory(['devices', 'list', '--profile', profile, '--json'])
  expect({ exitCode: open.exitCode, code: JSON.parse(open.stderr).error.code }).toEqual({
    exitCode: 1,
    code: 'NOT_PERMITTED',
  })
})

test('config show says where each value came from, version is one word', async () => {
  const { stdout } = await runDirectory(['config', 'show', '--json', '--data', '/x', '--api-port', '1'], {
    SURETY_DIRECTORY_LOG_LEVEL: 'debug',
  })
  const { schema, config } = JSON.parse(stdout)
  expect(schema).toBe('surety-directory/config@1')
  expect(config).toEqual(
    expect.arrayContaining([
      { key: 'data', value: '/x', origin: 'flag', place: '--data' },
      { key: 'api.port', value: '1', origin: 'flag', place: '--api-port' },
      { key: 'log.level', value: 'debug', origin: 'environment', place: 'SURETY_DIRECTORY_LOG_LEVEL' },
      { key: 'devices.port', value: '7443', origin: 'default' },
    ]),
  )
  expect((await runDirectory(['version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})
