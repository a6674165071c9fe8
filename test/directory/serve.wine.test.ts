import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
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
const ANY_PORT = ['--devices-port', '0', '--api-port', '0', '--console-port', '0'] as const

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
  // Programs for Windows start slowly here, and share what was compiled.
  const env = { NODE_COMPILE_CACHE: 'C:\\compiled' }
  const command = (...args: readonly string[]) => windows.run(DIRECTORY, args, { env })
  const share = command('serve', '--data', '\\\\server\\share\\directory')
  using server = windows.start(DIRECTORY, [...SERVE, ...ANY_PORT], { env })
  const { api } = await readyOf(server)
  const profile = profileIn(windows)
  expect(await get(`${api}/api/v1/devices`, profile)).toMatchObject({ status: 200, body: { items: [] } })
  expect(await share).toMatchObject({ status: 2, stderr: expect.stringMatching(/data: expected .*\[CONFIG_INVALID\]/) })

  const [list, second, token, backup] = await Promise.all([
    command('devices', 'list', ...DATA, '--json'),
    command(...SERVE, ...ANY_PORT),
    command('token', 'create', ...DATA, '--owner', 'ann', '--out', 'C:\\token'),
    command('backup', 'create', ...DATA, '--to', 'C:\\backup'),
  ])
  expect([list.status, JSON.parse(list.stdout)]).toEqual([0, expect.objectContaining({ devices: [], total: 0 })])
  const refusal =
    /^surety-directory: another surety-directory .* serves C:\\ProgramData\\Surety\\directory: stop it.* \[CONFLICT\]/
  expect(second).toMatchObject({ status: 1, stderr: expect.stringMatching(refusal) })
  expect([token.status, readFileSync(join(windows.driveC, 'token'), 'utf8')]).toEqual([
    0,
    expect.stringMatching(/^surety/),
  ])
  expect(backup).toMatchObject({ status: 0, stderr: '' })

  const [verified, again] = await Promise.all([
    command('backup', 'verify', 'C:\\backup'),
    command('token', 'create', ...DATA, '--owner', 'ann', '--out', 'C:\\token'),
  ])
  expect(verified).toMatchObject({ status: 0, stdout: expect.stringContaining('Each file is what was written.') })
  expect(again).toMatchObject({ status: 1, stderr: expect.stringContaining('[CONFLICT]') })

  server.kill()
  await server.ended
  using restarted = windows.start(DIRECTORY, [...SERVE, ...ANY_PORT], { env })
  const { api: newApi } = await readyOf(restarted)
  expect(await get(`${newApi}/api/v1/devices`, profileIn(windows))).toMatchObject({ status: 200 })
})

onWindows('the daemon refuses variables that would change it, and places without rights', async (windows) => {
  const daemon = join(ROOT, 'src/main-daemon.ts')
  const env = { Node_Options: '--no-warnings', UV_THREADPOOL_SIZE: '1' }
  const [version, variables, share, status] = await Promise.all([
    windows.run(daemon, ['--version']),
    windows.run(daemon, ['run', '--keys', 'software'], { env }),
    windows.run(daemon, ['run', '--state-folder', '\\\\server\\share']),
    windows.run(join(ROOT, 'src/main-cli.ts'), ['status']),
  ])
  expect(version).toMatchObject({ status: 0, stdout: expect.stringMatching(/^suretyd \d/) })
  const names = /^suretyd: environment: unset Node_Options, UV_THREADPOOL_SIZE \[CONFIG_INVALID\]/i
  expect(variables).toMatchObject({ status: 2, stderr: expect.stringMatching(names) })
  expect(share).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('expected an absolute path [CONFIG_INVALID]'),
  })
  expect(status).toMatchObject({ status: 6, stderr: expect.stringContaining('DAEMON_UNREACHABLE') })
})

onWindows('reads settings where others may not write, and policy where the system owns it', async (windows) => {
  const env = { NODE_COMPILE_CACHE: 'C:\\compiled' }
  const show = (...args: readonly string[]) => windows.run(DIRECTORY, ['config', 'show', ...args], { env })
  const place = (name: string, text: string, mode: number) => {
    writeFileSync(join(windows.driveC, name), text)
    chmodSync(join(windows.driveC, name), mode)
  }
  // As the editor of Windows writes it.
  place('good.json', '\ufeff{"api": {"port": 17444}, "data": "C:\\\\data"}\r\n', 0o644)
  place('open.json', '{}', 0o666)
  place('share.json', '{"data": "\\\\\\\\server\\\\share"}', 0o644)
  const [good, open, share] = await Promise.all(
    ['good', 'open', 'share'].map((name) => show('--config', `C:\\${name}.json`)),
  )
  expect(good).toMatchObject({ status: 0, stdout: expect.stringMatching(/api\.port +17444 +file +C:\\good\.json/) })
  const remedy =
    /open\.json: writable by other users\. Run: icacls C:\\open\.json \/inheritance:d \/remove:g \*S-1-1-0 \[CONFIG_INVALID\]/
  expect(open).toMatchObject({ status: 2, stderr: expect.stringMatching(remedy) })
  expect(share).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('data: expected an absolute path [CONFIG_INVALID]'),
  })

  mkdirSync(join(windows.driveC, 'ProgramData/Surety/directory-managed.d'), { recursive: true })
  const owner =
    /directory-managed\.d: owned by user S-1-5-21-[\d-]+, expected S-1-5-18 or S-1-5-32-544 or S-1-5-80-[\d-]+ \[CONFIG_INVALID\]/
  expect(await show()).toMatchObject({ status: 2, stderr: expect.stringMatching(owner) })
})
