import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { resolve } from 'node:path'

const MAIN = resolve(import.meta.dirname, '../../src/main-directory.ts')

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

test('advises on a profile that cannot be read, with --json too', () => {
  // No system opens a name of more than 255 bytes, for root neither.
  const profile = `/${'a'.repeat(300)}`
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [MAIN, 'devices', 'list', '--json', '--profile', profile],
    { encoding: 'utf8' },
  )
  expect({ status, stdout, stderr: JSON.parse(stderr) }).toEqual({
    status: 1,
    stdout: '',
    stderr: {
      schema: 'surety-directory/error@1',
      error: {
        code: 'FILE_UNREADABLE',
        message: `"${profile}": ENAMETOOLONG`,
        advice: 'Run this as root or as the user that runs the directory, or give --profile FILE.',
      },
    },
  })
})
