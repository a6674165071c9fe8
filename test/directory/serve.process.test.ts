import { chmodSync, chownSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../../src/crypto/hash.ts'
import { runDirectory, serveDirectory, serveForAll } from '../support/directory/directory-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** `serve`, and what is done to the server beside it. */

const directory = serveForAll()

test('a second one on the same folder is refused', async () => {
  const { exitCode, stderr } = await runDirectory([
    'serve',
    '--devices-port',
    '0',
    '--api-port',
    '0',
    '--console-port',
    '0',
    '--data',
    directory.path,
  ])
  expect({ exitCode, stderr }).toEqual({
    exitCode: 1,
    stderr: expect.stringContaining(`surety-directory: another surety-directory (process ${directory.server.pid} on `),
  })
})

/** Linux says which process listens. */
const HOLDER = process.platform === 'linux' ? ` \\(node, process \\d+\\)` : ''

test.each([
  ['devices', () => directory.server.devices],
  ['api', () => directory.server.api],
  ['console', () => directory.server.console],
] as const)('a port for %s that is taken is named, with the flags that change it', async (flags, taken) => {
  using data = temporaryFolder()
  const { port } = new URL(taken())
  const others = (['devices', 'api', 'console'] as const).flatMap((one) =>
    one === flags ? [] : [`--${one}-port`, '0'],
  )
  const hosts = ['--devices-host', '127.0.0.1', '--api-host', '127.0.0.1']
  const args = ['serve', '--data', data.path, ...hosts, ...others, `--${flags}-port`, port]
  const { exitCode, stdout, stderr } = await runDirectory(args)
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
  expect(stderr).toMatch(
    new RegExp(
      `surety-directory: cannot listen on 127.0.0.1:${port}: another program listens there${HOLDER}; give --${flags}-host or --${flags}-port \\[SOCKET_IN_USE\\]\n$`,
    ),
  )
})

const root = process.geteuid?.() === 0 ? test : test.skip

root('(root) in the data folder of another user, prints the whole command to run', async () => {
  using data = temporaryFolder()
  writeFileSync(join(data.path, 'directory.sqlite'), '')
  chownSync(data.path, 65_534, 65_534)
  const typed = ['backup', 'create', '--to', "a b's", '--data', data.path]
  const { exitCode, stderr } = await runDirectory(typed)
  expect({ exitCode, stderr }).toEqual({
    exitCode: 1,
    stderr: expect.stringContaining(
      ` runuser -u nobody -- surety-directory backup create --to 'a b'\\''s' --data ${data.path} [NOT_PERMITTED]\n`,
    ),
  })
})

test('a folder that would become a new directory is not made where a port is taken', async () => {
  using above = temporaryFolder()
  const data = join(above.path, 'typo')
  const { port } = new URL(directory.server.api)
  const { exitCode, stderr } = await runDirectory([
    'serve',
    '--data',
    data,
    '--devices-port',
    '0',
    '--console-port',
    '0',
    '--api-port',
    port,
  ])
  expect({ exitCode, stderr, made: existsSync(data) }).toEqual({
    exitCode: 1,
    stderr: expect.stringMatching(/^surety-directory: cannot listen on [^\n]*\[SOCKET_IN_USE\]\n$/),
    made: false,
  })
})

test('a console that others could reach without TLS is refused before anything is made', async () => {
  using above = temporaryFolder()
  const data = join(above.path, 'new')
  const { exitCode, stdout, stderr } = await runDirectory(['serve', '--data', data, '--console-host', '0.0.0.0'])
  expect({ exitCode, stdout, stderr, made: existsSync(data) }).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: expect.stringMatching(
      /^surety-directory: console\.host 0\.0\.0\.0 is not loopback, .*set console\.certificate and console\.key.* \[CONFIG_INVALID\]\n$/,
    ),
    made: false,
  })
})

test('the start names the console, which answers there', async () => {
  const { console: url } = directory.server
  expect(url).toMatch(/^http:\/\/localhost:\d+$/)
  expect((await fetch(`${url}/docs`)).status).toBe(200)
})

test('a data folder that cannot be made says what to do', async () => {
  using data = temporaryFolder()
  writeFileSync(join(data.path, 'file'), '')
  const below = join(data.path, 'file', 'data')
  expect(
    await runDirectory(['serve', '--data', below, '--devices-port', '0', '--api-port', '0', '--console-port', '0']),
  ).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: `surety-directory: cannot make the data folder "${below}": ENOTDIR; run this as root, or give --data FOLDER [STORE_FAILED]\n`,
  })
})

test('a data folder that others can write is refused', async () => {
  using open = temporaryFolder()
  chmodSync(open.path, 0o777)
  const { exitCode, stderr } = await runDirectory(['serve', '--data', open.path])
  expect({ exitCode, said: stderr.includes('can be written by others: chmod go-w') }).toEqual({
    exitCode: 1,
    said: true,
  })
})

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  '%s ends it cleanly, and it comes back as who it was',
  async (signal) => {
    using data = temporaryFolder()
    const first = await serveDirectory(data.path)
    const file = join(data.path, 'administrator.json')
    const before = JSON.parse(readFileSync(file, 'utf8'))
    first.kill(signal)
    const { exitCode, stdout, stderr } = await first.ended
    expect({ exitCode, stdout: stdout.split('\n').length }).toEqual({ exitCode: 0, stdout: 2 })
    for (const said of [stdout, stderr]) expect(said).not.toContain(before.token)
    expect(stderr).toContain('the directory ends')

    await using second = await serveDirectory(data.path)
    const after = JSON.parse(readFileSync(file, 'utf8'))
    expect(after).toEqual({ ...before, url: second.api })
    expect((await runDirectory(['devices', 'list', '--data', data.path])).exitCode).toBe(0)
  },
)

test('a reset works while it runs: refuses the old token, accepts the new one', async () => {
  using data = temporaryFolder()
  await using _server = await serveDirectory(data.path)
  const file = join(data.path, 'administrator.json')
  const old = readFileSync(file, 'utf8')
  rmSync(file)
  expect(await runDirectory(['administrator', 'reset', '--yes', '--data', data.path])).toMatchObject({
    exitCode: 0,
    stdout: `new administrator profile  ${file}\n`,
  })
  const made = readFileSync(file, 'utf8')
  expect(sha256(made)).not.toEqual(sha256(old))
  const kept = join(data.path, 'old.json')
  writeFileSync(kept, old, { mode: 0o600 })
  const refused = await runDirectory(['devices', 'list', '--profile', kept])
  expect({ exitCode: refused.exitCode, advised: refused.stderr.includes('administrator reset') }).toEqual({
    exitCode: 1,
    advised: true,
  })
})
