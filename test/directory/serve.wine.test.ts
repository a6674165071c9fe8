import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join, resolve } from 'node:path'
import { waitFor } from '../support/wait-for.ts'
import { onWindows, type Windows, type WindowsProgram } from '../support/windows/windows.ts'

/**
 * The directory and both command lines from their sources, on Windows. Wine has one user, so nothing is seen of what another user of
 * that machine may do, and its rights are modes of Unix.
 */

const ROOT = resolve(import.meta.dirname, '../..')
const DIRECTORY = join(ROOT, 'src/main-directory.ts')
const DATA = ['--data', 'C:\\ProgramData\\Surety\\directory'] as const
const SERVE = [
  'serve',
  ...DATA,
  '--names',
  'localhost,127.0.0.1',
  '--devices-host',
  '127.0.0.1',
  '--ready-json',
] as const
const ANY_PORT = ['--devices-port', '0', '--api-port', '0'] as const

interface Ready {
  readonly devices: string
  readonly api: string
}

async function readyOf(server: WindowsProgram): Promise<Ready> {
  const { stdout } = await waitFor('the directory', () => server.output(), {
    until: ({ stdout: text }) => text.includes('\n'),
  })
  return JSON.parse(stdout.split('\n')[0] ?? '')
}

function profileIn(windows: Windows) {
  return JSON.parse(readFileSync(join(windows.driveC, 'ProgramData/Surety/directory/administrator.json'), 'utf8'))
}

function get(url: string, { ca, token }: { readonly ca: string; readonly token: string }): Promise<unknown> {
  const { promise, resolve: done, reject } = Promise.withResolvers<unknown>()
  const sent = request(url, { ca, agent: false, headers: { authorization: `Bearer ${token}` } }, (response) => {
    let text = ''
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    response.once('end', () => done({ status: response.statusCode, body: JSON.parse(text) }))
  })
  sent.once('error', reject).end()
  return promise
}

onWindows('the directory serves on Windows, and its commands ask it there', async (windows) => {
  const command = (...args: readonly string[]) => windows.run(DIRECTORY, args)
  const refusals = Promise.all([
    command('serve', '--data', '\\\\server\\share\\directory'),
    command('serve', '--data', 'C:\\directory\\NUL'),
    command('serve', '--data', 'directory'),
    command('devices', 'list', '--data', 'C:\\nothing'),
  ])
  using server = windows.start(DIRECTORY, [...SERVE, ...ANY_PORT])
  const { api } = await readyOf(server)
  const profile = profileIn(windows)
  expect(await get(`${api}/api/v1/devices`, profile)).toMatchObject({ status: 200, body: { items: [] } })
  const [list, second, token, taken] = await Promise.all([
    command('devices', 'list', ...DATA, '--json'),
    command(...SERVE, ...ANY_PORT),
    command('token', 'create', ...DATA, '--owner', 'ann', '--out', 'C:\\token'),
    command('serve', '--data', 'C:\\other', '--devices-port', '0', '--api-port', new URL(api).port),
  ])
  expect([list.status, JSON.parse(list.stdout)]).toEqual([0, expect.objectContaining({ devices: [], total: 0 })])
  expect([second.status, second.stderr]).toEqual([
    1,
    expect.stringMatching(
      /^surety-directory: another surety-directory .* serves C:\\ProgramData\\Surety\\directory: stop it.* \[CONFLICT\]\r?\n$/,
    ),
  ])
  expect([token.status, readFileSync(join(windows.driveC, 'token'), 'utf8')]).toEqual([
    0,
    expect.stringMatching(/^surety/),
  ])
  expect([taken.status, taken.stderr]).toEqual([
    1,
    expect.stringMatching(/another program listens there.*\[SOCKET_IN_USE\]/),
  ])
  const again = await command('token', 'create', ...DATA, '--owner', 'ann', '--out', 'C:\\token')
  expect([again.status, again.stderr]).toEqual([1, expect.stringContaining('[CONFLICT]')])
  expect((await refusals).map(({ status, stderr }) => [status, /\[[A-Z_]+\]\r?\n$/.exec(stderr)?.[0].trim()])).toEqual([
    [2, '[CONFIG_INVALID]'],
    [2, '[CONFIG_INVALID]'],
    [2, '[CONFIG_INVALID]'],
    [1, '[NOT_FOUND]'],
  ])
  server.kill()
  await server.ended
  using restarted = windows.start(DIRECTORY, [...SERVE, ...ANY_PORT])
  const { api: newApi } = await readyOf(restarted)
  expect(await get(`${newApi}/api/v1/devices`, profileIn(windows))).toMatchObject({ status: 200 })
})

onWindows('the daemon and the command line of the device say what they lack', async (windows) => {
  const daemon = join(ROOT, 'src/main-daemon.ts')
  const [version, variables, relative, share, cli, status] = await Promise.all([
    windows.run(daemon, ['--version']),
    windows.run(daemon, ['run', '--keys', 'software'], {
      env: { Node_Options: '--no-warnings', UV_THREADPOOL_SIZE: '1' },
    }),
    windows.run(daemon, ['run', '--state-folder', 'state']),
    windows.run(daemon, ['run', '--state-folder', '\\\\server\\share']),
    windows.run(join(ROOT, 'src/main-cli.ts'), ['--version']),
    windows.run(join(ROOT, 'src/main-cli.ts'), ['status']),
  ])
  expect([version.status, version.stdout]).toEqual([0, expect.stringMatching(/^suretyd \d/)])
  expect([variables.status, variables.stderr]).toEqual([
    2,
    expect.stringMatching(/^suretyd: environment: unset Node_Options, UV_THREADPOOL_SIZE \[CONFIG_INVALID\]/i),
  ])
  for (const { status: code, stderr } of [relative, share]) {
    expect([code, stderr]).toEqual([2, expect.stringContaining('expected an absolute path [CONFIG_INVALID]')])
  }
  expect(cli.status).toBe(0)
  expect([status.status, status.stderr]).toEqual([6, expect.stringContaining('DAEMON_UNREACHABLE')])
})
