import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { apiClient } from '../../src/admin/connection/api-client.ts'
import { CHECKS } from '../../src/checks/checks.ts'
import { apiAnswer } from '../../src/protocol/noun/answers.ts'
import { deviceReader, sourceListSchema } from '../../src/protocol/nouns/devices/devices.ts'
import { profileOf, startEnrolledDaemon } from '../support/daemon/enrolled-daemon.ts'
import { runDirectory, serveDirectory } from '../support/directory/directory-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { HAS_ACCOUNT } from '../support/users/has-account.ts'

const BUILD = resolve(import.meta.dirname, '../../scripts/build.ts')
const OF_HOMES = HAS_ACCOUNT ? ['chromium-extensions'] : []
const sourceList = apiAnswer(sourceListSchema, 'list of sources')

test('the three programs run from their bundles alone', async () => {
  using folder = temporaryFolder()
  const [out, data, socket] = ['out', 'directory', 'control.sock'].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
  ] // three names
  // As on Ubuntu and Fedora; the daemon refuses parts of itself that a group may write.
  execFileSync('/bin/sh', ['-c', 'umask 002 && exec "$@"', 'sh', process.execPath, BUILD, '--out', out])
  const bundle = (program: string) => join(out, program, `${program}.mjs`)

  await using _directory = await serveDirectory(data, ['--names', 'localhost,127.0.0.1'], bundle('surety-directory'))
  const script = bundle('suretyd')
  const { daemon, device } = await startEnrolledDaemon({ script, folder: folder.path, data, socket })
  await using _running = daemon

  const api = apiClient(profileOf(data))
  const known = await api.ask('GET', `/devices/${device}`, deviceReader)
  expect(known.findings.map(({ check }) => check).sort()).toEqual([...CHECKS].sort())
  // The worker thread and the reader child are files of the bundle too.
  expect(known.inventory?.memoryBytes).toBeGreaterThan(0)
  const { items } = await api.ask('GET', `/devices/${device}/sources`, sourceList)
  expect(items.filter(({ state }) => state === 'timed-out' || state === 'malformed')).toEqual([])
  expect(items.map(({ source }) => source)).toEqual(expect.arrayContaining(['processes', ...OF_HOMES]))

  const status = spawnSync(process.execPath, [bundle('surety'), 'status', '--json', '--socket', socket], {
    encoding: 'utf8',
  })
  expect(JSON.parse(status.stdout)).toMatchObject({
    schema: 'surety/status@1',
    device: { id: device },
    enrolment: 'enrolled',
  })
  expect(status.status).toBe(known.result?.verdict === 'compliant' ? 0 : 4)

  // The directory compares what it is given with the catalogue that devices bring along.
  const [built, given] = [join(out, 'suretyd', 'catalogue.json'), join(folder.path, 'given.json')]
  const catalogue = JSON.parse(readFileSync(built, 'utf8'))
  writeFileSync(given, JSON.stringify({ ...catalogue, version: catalogue.version + 1 }))
  expect(
    await runDirectory(['catalogue', 'set', given, '--data', data], {}, { script: bundle('surety-directory') }),
  ).toEqual({
    exitCode: 0,
    stdout: expect.stringMatching(`^catalogue ${catalogue.version + 1} is handed out since `),
    stderr: '',
  })

  // winston's own streams are not in a bundle: what is logged is written all the same, up to the last line.
  await daemon[Symbol.asyncDispose]()
  const logged = readFileSync(join(folder.path, 'log'), 'utf8').trimEnd().split('\n')
  expect([logged.at(0), logged.at(-1)]).toEqual([
    expect.stringContaining('suretyd starts'),
    expect.stringMatching(/suretyd ends$/),
  ])
})
