import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { resolve } from 'node:path'
import { SuretyError } from '../../../src/base/errors.ts'
import { runCommand } from '../../support/directory/run-commands.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const MAIN = resolve(import.meta.dirname, '../../../src/main-directory.ts')

/** A device whose every write fails as on a full disk: Linux has one. */
const onLinux = process.platform === 'linux' ? test : test.skip

onLinux.each([
  [['nonsense'], 2],
  [['serve', '--devices-port', 'x'], 2],
])('a complaint about %j that cannot be written leaves exit code %d', (args, exitCode) => {
  const full = openSync('/dev/full', 'w')
  const { status, stdout } = spawnSync(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', full],
    encoding: 'utf8',
  })
  closeSync(full)
  expect({ status, stdout }).toEqual({ status: exitCode, stdout: '' })
})

test('with --json a complaint says what to do too', async () => {
  using folder = temporaryFolder()
  const { exitCode, out, err } = await runCommand(
    { clock: new FakeClock(), folder: folder.path },
    ['administrator', 'reset', '--json', '--yes'],
    { resetAdministrator: () => Promise.reject(new SuretyError('FILE_UNREADABLE', 'it cannot be read')) },
  )
  expect({ exitCode, out, err: JSON.parse(err) }).toEqual({
    exitCode: 1,
    out: '',
    err: {
      schema: 'surety-directory/error@1',
      error: {
        code: 'FILE_UNREADABLE',
        message: 'it cannot be read',
        advice: 'Run this as root or as the user that runs the directory, or give --profile FILE.',
      },
    },
  })
})
