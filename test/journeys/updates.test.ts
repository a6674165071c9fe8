import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apiClient } from '../../src/admin/connection/api-client.ts'
import type { Status } from '../../src/protocol/messages/control.ts'
import { deviceReader } from '../../src/protocol/nouns/devices/devices.ts'
import { statusAt } from '../support/daemon/ask-daemon.ts'
import { profileOf } from '../support/daemon/enrolled-daemon.ts'
import { runDirectory, type ServingDirectory, serveDirectory } from '../support/directory/directory-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { type ProgramVersions, programVersions } from '../support/updates/program-versions.ts'
import { type SupervisedDaemon, supervisedDaemon } from '../support/updates/supervised-daemon.ts'
import { waitFor } from '../support/wait-for.ts'

/** A daemon that replaces itself by a newer version from its directory, and goes back when that one is broken. */

const disposal = new AsyncDisposableStack()
let versions: ProgramVersions
let daemon: SupervisedDaemon
let directory: ServingDirectory
let data = ''
let socket = ''

async function updates(...args: readonly string[]): Promise<unknown> {
  const { exitCode, stdout, stderr } = await runDirectory(['updates', ...args, '--data', data, '--json'])
  if (exitCode !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

async function offer(version: string, change?: (code: string) => string): Promise<void> {
  await updates('add', version, '--platform', `linux-${process.arch}`, '--from', versions.make(version, change))
  await updates('promote', version)
}

async function until(what: string, holds: (status: Status) => boolean): Promise<Status> {
  const seen = await waitFor(what, () => statusAt(socket).catch(() => undefined), {
    until: (status) => status !== undefined && holds(status),
    everyMs: 100,
    show: (status) => `${JSON.stringify(status?.updates)} ${status?.daemonVersion} ${daemon.log().slice(-3000)}`,
  })
  if (seen === undefined) throw new Error('no status')
  return seen
}

beforeAll(async () => {
  const { path } = disposal.use(temporaryFolder())
  data = join(path, 'directory')
  socket = join(path, 'run/control.sock')
  versions = await programVersions(join(path, 'programs'))
  directory = disposal.use(await serveDirectory(data, ['--names', 'localhost,127.0.0.1']))
  const made = await updates('init')
  const { root } = made as { root: string }
  const token = ['--owner', 'ada@example.org', '--minimum-tier', 'software', '--out', join(path, 'enrolment')]
  expect(await runDirectory(['token', 'create', ...token, '--data', data])).toMatchObject({ exitCode: 0 })
  const config = join(path, 'suretyd.json')
  writeFileSync(
    config,
    JSON.stringify({
      stateFolder: join(path, 'state'),
      socket,
      enrolmentFile: join(path, 'enrolment'),
      keys: 'software',
      posture: { skip: ['os.security-updates'] },
      schedules: { updates: '* * * * * *' },
      updates: { by: 'directory', root },
    }),
  )
  daemon = disposal.use(supervisedDaemon({ installed: versions.make('1.0.0'), args: ['--config', config] }))
  await until('the installed version', ({ daemonVersion }) => daemonVersion === '1.0.0')
})

afterAll(() => disposal.disposeAsync())

test('a newer version of the channel is downloaded, started and becomes healthy', async () => {
  await offer('1.1.0')
  const status = await until('the newer version', ({ daemonVersion, updates: shown }) => {
    return daemonVersion === '1.1.0' && shown?.state === 'current'
  })
  expect(status.updates).toMatchObject({ channel: 'stable', installed: '1.0.0' })
  expect(daemon.ends).toEqual([75])
  // Neither its end nor its new files look like an attack.
  expect(status.tamperSigns ?? []).toEqual([])
})

test('gives up a version that ends at its start after three starts, and runs the last', async () => {
  await offer('1.2.0', (code) =>
    code.replace(
      'async function startDaemon(',
      'async function startDaemon(...x){process.exit(9)}async function unused(',
    ),
  )
  const status = await until('the roll back', ({ daemonVersion, updates: shown }) => {
    return daemonVersion === '1.1.0' && shown?.state === 'rolled-back'
  })
  expect(status.updates).toMatchObject({ refused: '1.2.0' })
  expect(status.health.map(({ code }) => code)).toContain('UPDATE_ROLLED_BACK')
  expect(daemon.ends).toEqual([75, 75, 9, 9, 9])
  const api = apiClient(profileOf(data))
  const known = await waitFor(
    'what the directory knows',
    () => api.ask('GET', `/devices/${status.device?.id}`, deviceReader),
    { until: ({ inventory }) => inventory?.daemon?.updates === 'rolled-back', everyMs: 100 },
  )
  expect(known.inventory?.daemon).toMatchObject({ version: '1.1.0', refused: '1.2.0', channel: 'stable' })
})

test('a crash later on starts the same version again', async () => {
  daemon.kill()
  await waitFor('another run', () => daemon.ends.includes('SIGKILL'))
  await until('the version that was healthy', ({ daemonVersion }) => daemonVersion === '1.1.0')
  expect(directory.pid).toBeGreaterThan(0)
})
