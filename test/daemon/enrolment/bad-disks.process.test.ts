import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DaemonProcess, daemonProcess } from '../../support/daemon/daemon-process.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

/** Enrolment on disks that are full or read-only, and by a credential: a daemon in a process and mounts of its own. */

const MAY_MOUNT = spawnSync('unshare', ['--mount', 'true']).status === 0
if (!MAY_MOUNT) process.stderr.write('enrolment on bad disks is not tested: no mount namespaces here (unshare)\n')
const withMounts = MAY_MOUNT ? test : test.skip

let running: RunningDirectory
beforeAll(async () => {
  running = await runningDirectory()
})
afterAll(() => running[Symbol.asyncDispose]())

/** Runs a script as root of a mount namespace, then becomes the daemon. */
const prefixed = (script: string) => ['/usr/bin/unshare', '--mount', '/bin/sh', '-ec', `${script}\nexec "$@"`, 'sh']
const used = (id: string) => running.rows('SELECT used FROM tokens WHERE id = ?', id)[0]?.used
/** A path as the daemon sees it. */
const within = ({ pid }: DaemonProcess, path: string) => `/proc/${pid}/root${path}`
const write = (path: string, text: string) => writeFileSync(path, text, { mode: 0o600 })
const SOFTWARE = ['--keys', 'software']

withMounts('a full disk uses no token, and the device enrols once there is room', async () => {
  using folder = temporaryFolder()
  const state = join(folder.path, 'state')
  mkdirSync(state, { mode: 0o700 })
  const { id, enrolment } = await running.tokenWithId()
  const prefix = prefixed(`mount -t tmpfs -o size=8m,mode=0700 tmpfs '${state}'`)
  await using daemon = daemonProcess({ folder: folder.path, prefix, args: SOFTWARE })
  await daemon.listening()
  const filler = within(daemon, join(state, 'filler'))
  // Until nothing fits any more, also no small file.
  spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k'])
  write(join(folder.path, 'enrolment'), enrolment)
  await daemon.said(/this device could not enrol code=STORE_FAILED/)
  expect(used(id)).toBe(0)
  expect(existsSync(join(folder.path, 'enrolment'))).toBe(true)
  rmSync(filler)
  await daemon.said(/info +enrolled device=dev_/)
  expect(used(id)).toBe(1)
  await waitFor('the erased string', () => !existsSync(join(folder.path, 'enrolment')))
})

withMounts('a string on a read-only disk enrols once, and one line says that it stays', async () => {
  using folder = temporaryFolder()
  const etc = join(folder.path, 'etc')
  mkdirSync(etc, { mode: 0o700 })
  const { id, enrolment } = await running.tokenWithId({ uses: 9, unbound: true })
  const path = join(etc, 'enrolment')
  write(path, enrolment)
  const prefix = prefixed(`mount --bind '${etc}' '${etc}' && mount -o remount,bind,ro '${etc}'`)
  const init = { folder: folder.path, prefix, args: [...SOFTWARE, '--enrolment-file', path] }
  {
    await using first = daemonProcess(init)
    await first.said(/enrolment file could not be removed.*EROFS/)
    await first.said(/connected to the directory/)
    first.kill('SIGTERM')
    expect(await first.exit).toBe(0)
    expect(first.stderr().match(/could not be removed/g)).toHaveLength(1)
  }
  await using second = daemonProcess(init)
  await second.said(/connected to the directory/)
  expect(readFileSync(path, 'utf8')).toBe(enrolment)
  expect(used(id)).toBe(1)
})

test("systemd's credential enrols the device, and no file is needed", async () => {
  using folder = temporaryFolder()
  const credentials = join(folder.path, 'with space & ümlaut')
  mkdirSync(credentials, { mode: 0o700 })
  const { id, enrolment } = await running.tokenWithId()
  write(join(credentials, 'surety.enrolment'), enrolment)
  const env = { CREDENTIALS_DIRECTORY: credentials }
  await using daemon = daemonProcess({ folder: folder.path, args: SOFTWARE, env })
  await daemon.said(/connected to the directory/)
  expect(used(id)).toBe(1)
})
