import { spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { resolve } from 'node:path'
import { type MadeSystem, madeSystem, PLACES } from '../../hooks/made-system.ts'

/** `surety hooks` on disks that are full or read-only, cut off, and without the rights of root. */

const MAIN = resolve(import.meta.dirname, '../../../src/main-cli.ts')
const MAY_MOUNT = spawnSync('unshare', ['--mount', 'true']).status === 0
if (!MAY_MOUNT) process.stderr.write('hooks on bad disks are not tested: no mount namespaces here (unshare)\n')
const withMounts = MAY_MOUNT ? test : test.skip
const asRoot = process.geteuid?.() === 0 ? test : test.skip

/** Runs a script as root of a mount namespace, then `surety hooks`. */
function withDisk(script: string, ...args: readonly string[]) {
  const shell = ['--mount', '/bin/sh', '-ec', `${script}\nexec "$@"`, 'sh']
  const { status, stderr } = spawnSync('unshare', [...shell, process.execPath, MAIN, 'hooks', ...args], {
    encoding: 'utf8',
  })
  return { status, stderr }
}

const readOnly = (path: string) => `mount --bind '${path}' '${path}' && mount -o remount,bind,ro '${path}'`
const installOn = (system: MadeSystem, script: string, ...more: readonly string[]) =>
  withDisk(script, 'install', '--root', system.root, '--client', 'cursor', ...more)

withMounts('a full state folder: nothing is installed', () => {
  using system = madeSystem()
  system.write(PLACES.cursor, '{}')
  const before = system.etc()
  const state = system.at('/var/lib/surety')
  const full = `mount -t tmpfs -o size=64k,mode=0700 tmpfs '${state}'
dd if=/dev/zero of='${state}/filler' bs=4k 2> /dev/null || true`
  const { status, stderr } = installOn(system, full)
  expect(status).toBe(1)
  expect(stderr).toMatch(/ENOSPC.*\[STORE_FAILED\]/)
  expect(system.etc()).toEqual(before)
})

withMounts('a read-only state folder: nothing is installed', () => {
  using system = madeSystem()
  system.write(PLACES.cursor, '{}')
  const before = system.etc()
  const { status, stderr } = installOn(system, readOnly(system.at('/var/lib/surety')))
  expect(status).toBe(1)
  expect(stderr).toMatch(/cannot make the state folder .*\[STORE_FAILED\]/)
  expect(system.etc()).toEqual(before)
  expect(system.state()).toEqual({})
})

withMounts.each([
  ['where a file was', '{"version": 1}'],
  ['where none was', undefined],
])('an install that kept the original and could not write, %s', async (_, text) => {
  using system = madeSystem()
  if (text !== undefined) system.write(PLACES.cursor, text)
  const before = system.etc()
  const { status, stderr } = installOn(system, readOnly(system.at('/etc')))
  expect(status).toBe(1)
  expect(stderr).toMatch(/EROFS.*\[STORE_FAILED\]/)
  expect(system.etc()).toEqual(before)
  expect(Object.keys(system.state())).toEqual(['hooks', 'hooks/cursor.json'])
  expect((await system.stateOf('cursor')).state).toBe('not-installed')
  await system.install(['cursor'])
  expect((await system.stateOf('cursor')).state).toBe('installed')
  await system.uninstall(['cursor'])
  expect(system.etc()).toEqual(before)
  expect(system.state()).toEqual({ hooks: '700' })
})

withMounts('a further install that could not write leaves the first one whole', async () => {
  using system = madeSystem()
  system.write(PLACES.codex, 'a = 1')
  const before = system.etc()
  await system.install(['codex'])
  const first = system.etc()
  const args = ['install', '--root', system.root, '--client', 'codex', '--only-managed']
  expect(withDisk(readOnly(system.at('/etc')), ...args).status).toBe(1)
  expect(system.etc()).toEqual(first)
  expect((await system.stateOf('codex')).state).toBe('installed')
  await system.install(['codex'], { onlyManaged: true })
  expect(system.etc()).not.toEqual(first)
  await system.uninstall(['codex'])
  expect(system.etc()).toEqual(before)
})

withMounts('an uninstall that could not write is done by the next one', async () => {
  using system = madeSystem()
  system.write(PLACES.cursor, '{"version": 1}')
  const before = system.etc()
  await system.install(['cursor'])
  const args = ['uninstall', '--root', system.root, '--client', 'cursor']
  expect(withDisk(readOnly(system.at('/etc')), ...args).stderr).toMatch(/EROFS/)
  expect((await system.stateOf('cursor')).state).toBe('installed')
  // The file is restored, and what was kept of it cannot be removed.
  expect(withDisk(readOnly(system.at('/var/lib/surety')), ...args).stderr).toMatch(/EROFS/)
  expect(system.etc()).toEqual(before)
  await system.uninstall(['cursor'])
  expect([system.etc(), system.state()]).toEqual([before, { hooks: '700' }])
})

asRoot.each(['install', 'uninstall', 'list'])('%s is refused to other users', (act) => {
  using system = madeSystem()
  chmodSync(system.root, 0o755)
  const { status, stdout, stderr } = spawnSync(
    'setpriv',
    ['--reuid', '65534', '--regid', '65534', '--clear-groups', process.execPath, MAIN, 'hooks', act],
    { encoding: 'utf8', cwd: '/' },
  )
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toMatch(/only root may read and write .*\[NOT_PERMITTED\]/)
})
