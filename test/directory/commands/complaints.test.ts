import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { resolve } from 'node:path'

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
