import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { enrolmentFile } from '../../src/daemon/enrolment/enrolment-source.ts'
import { openKeys } from '../../src/keys/open-keys.ts'
import { preparePrivateFolder } from '../../src/system/files/own/prepare-folder.ts'
import { openDatabase } from '../../src/system/sqlite/sqlite.ts'
import { codeThrown } from '../support/code-thrown.ts'
import { waitForStatus } from '../support/daemon/ask-daemon.ts'
import { daemonProcess } from '../support/daemon/daemon-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { isCollected } from './collected.ts'
import { sayMissing } from './hostile-program.ts'

/** Where the daemon keeps its secrets, prepared by somebody who was there before it. */

const ROOT = process.geteuid?.() === 0
if (!ROOT) sayMissing('folders that belong to others', 'root')
const asRoot = ROOT ? test : test.skip
const MALLORY = 4242
/** As the daemon prepares it. */
const prepareStateFolder = (path: string) =>
  preparePrivateFolder(path, { name: 'state folder', depth: 1, readable: 'closed', takesEmpty: true })

test.each<[string, (path: string, above: string) => void, RegExp]>([
  [
    'can be written by others, and something lies in it',
    (path) => plant(path, 0o777),
    /can be written by others: chmod go-w/,
  ],
  [
    'can be written by its group, and something lies in it',
    (path) => plant(path, 0o770),
    /can be written by others: chmod go-w/,
  ],
  [
    'holds a file that others could write while the folder was open to them',
    (path) => chmodSync(file(made(path), 'identity.json'), 0o666),
    /identity\.json" can be written by others.*remove it/,
  ],
  [
    'holds a file that its group could write',
    (path) => chmodSync(file(made(path), 'software-key-device.pem'), 0o620),
    /software-key-device\.pem" can be written by others/,
  ],
  [
    'holds a folder that others can write',
    (path) => chmodSync(made(join(made(path), 'home-memories')), 0o777),
    /home-memories" can be written by others/,
  ],
  [
    'holds a folder with a file that others could write',
    (path) => chmodSync(file(made(join(made(path), 'home-memories')), '1000'), 0o646),
    /1000" can be written by others/,
  ],
  ['is a link', (path, above) => symlinkSync(above, path), /is not a directory/],
  ['is a link to nothing', (path) => symlinkSync('/nonexistent', path), /cannot make the state folder/],
  ['is a file', (path) => writeFileSync(path, ''), /cannot make the state folder/],
  [
    'lies in a folder that all can write',
    (_path, above) => chmodSync(above, 0o777),
    /above the state folder can be written/,
  ],
])('a state folder that %s is refused, saying what to do', async (_, prepare, words) => {
  using folder = temporaryFolder()
  const above = join(folder.path, 'above')
  mkdirSync(above)
  prepare(join(above, 'state'), above)
  await expect(prepareStateFolder(join(above, 'state'))).rejects.toMatchObject({
    code: 'STORE_FAILED',
    message: expect.stringMatching(words),
  })
})

asRoot.each<[string, (path: string, above: string) => void, RegExp]>([
  ['belongs to another user', (path) => chownSync(made(path), MALLORY, 0), /belongs to user 4242/],
  [
    'lies in a folder of root that a group can write',
    (_path, above) => openToGroup(above),
    /above the state folder can be written/,
  ],
  [
    'holds the identity that another user placed',
    (path) => chownSync(file(made(path), 'identity.json'), MALLORY, 0),
    /identity\.json" belongs to user 4242.*remove it/,
  ],
  [
    'holds a link that another user placed',
    (path) => execChown(join(made(path), 'spool.db')),
    /spool\.db" belongs to user 4242/,
  ],
])('(root) a state folder that %s is refused, saying what to do', async (_, prepare, words) => {
  using folder = temporaryFolder()
  const above = join(folder.path, 'above')
  mkdirSync(above)
  prepare(join(above, 'state'), above)
  await expect(prepareStateFolder(join(above, 'state'))).rejects.toMatchObject({
    code: 'STORE_FAILED',
    message: expect.stringMatching(words),
  })
})

function plant(path: string, mode: number): void {
  file(made(path), 'planted')
  chmodSync(path, mode)
}

function made(path: string): string {
  mkdirSync(path, { mode: 0o700 })
  return path
}

function file(folder: string, name: string): string {
  writeFileSync(join(folder, name), '{}', { mode: 0o600 })
  return join(folder, name)
}

function openToGroup(path: string): void {
  chownSync(path, 0, 1000)
  chmodSync(path, 0o775)
}

function execChown(path: string): void {
  symlinkSync('/etc/passwd', path)
  lchownSync(path, MALLORY, 0)
}

test('closes what others could only read, with its files, and reports it', async () => {
  using folder = temporaryFolder()
  const path = made(join(folder.path, 'state'))
  writeFileSync(join(path, 'identity.json'), '{}', { mode: 0o644 })
  mkdirSync(join(path, 'old'), { mode: 0o755 })
  chmodSync(path, 0o755)
  expect(await prepareStateFolder(path)).toEqual({ tightened: true })
  expect([path, join(path, 'identity.json'), join(path, 'old')].map(modeOf)).toEqual([0o700, 0o600, 0o700])
  expect(await prepareStateFolder(path)).toEqual({ tightened: false })
})

test('leaves what it refuses as it was, until a person has looked at it', async () => {
  using folder = temporaryFolder()
  const path = made(join(folder.path, 'state'))
  const planted = file(path, 'identity.json')
  chmodSync(planted, 0o666)
  for (let start = 0; start < 2; start++) {
    expect(await codeThrown(() => prepareStateFolder(path))).toBe('STORE_FAILED')
    expect(modeOf(planted)).toBe(0o666)
  }
  rmSync(planted)
  expect(await prepareStateFolder(path)).toEqual({ tightened: false })
})

test('takes and closes an empty folder that all could write; a sticky parent is safe', async () => {
  using folder = temporaryFolder()
  const above = made(join(folder.path, 'above'))
  chmodSync(above, 0o1777)
  const path = made(join(above, 'state'))
  chmodSync(path, 0o777)
  expect([await prepareStateFolder(path), modeOf(path)]).toEqual([{ tightened: true }, 0o700])
})

test.each<[string, (path: string, other: string) => void]>([
  ['can be read by others', (path) => chmodSync(path, 0o644)],
  ['can be read by its group', (path) => chmodSync(path, 0o640)],
  ['is a link', (path, other) => replaceBy(path, () => symlinkSync(other, path))],
  ['is a folder', (path) => replaceBy(path, () => mkdirSync(path))],
  ['is a FIFO', (path) => replaceBy(path, () => execFileSync('mkfifo', [path]))],
])('a key file that %s is not used, and no other key takes its place', async (_, spoil) => {
  using folder = temporaryFolder()
  const open = async () => {
    const { provider } = await openKeys(
      { clock: systemClock },
      { stateFolder: folder.path, want: 'software', tpm: {} },
      {},
    )
    await using opened = provider
    return (await opened.getOrCreateKey('device')).publicKey
  }
  await open()
  const path = join(folder.path, 'software-key-device.pem')
  const other = file(folder.path, 'other')
  spoil(path, other)
  expect(await codeThrown(open)).toMatch(
    /^(NOT_PERMITTED|FILE_IS_LINK|FILE_NOT_REGULAR|KEY_PROVIDER_UNAVAILABLE|STORE_CORRUPT)$/,
  )
})

function replaceBy(path: string, make: () => unknown): void {
  rmSync(path)
  make()
}

test.each<[string, (path: string) => void, string]>([
  ['can be read by others', (path) => chmodSync(file(join(path, '..'), 'enrolment'), 0o644), 'NOT_PERMITTED'],
  ['is a link', (path) => symlinkSync('/etc/hostname', path), 'FILE_IS_LINK'],
  ['is a device that never ends', (path) => symlinkSync('/dev/zero', path), 'FILE_IS_LINK'],
  ['is a folder', (path) => mkdirSync(path), 'FILE_NOT_REGULAR'],
  ['is a megabyte', (path) => writeFileSync(path, 'x'.repeat(1_000_000), { mode: 0o600 }), 'FILE_TOO_LARGE'],
  [
    'is a text of somebody else',
    (path) => writeFileSync(path, 'root:x:0:0', { mode: 0o600 }),
    'ENROLMENT_STRING_INVALID',
  ],
])('an enrolment file that %s is refused', async (_, place, code) => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'enrolment')
  place(path)
  expect(await codeThrown(() => enrolmentFile({ log: silentLog }, path).read({ enrolled: false }))).toBe(code)
})

test('a database that is a link is not opened, and what it leads to stays as it was', async () => {
  using folder = temporaryFolder()
  const target = file(folder.path, 'precious')
  symlinkSync(target, join(folder.path, 'spool.db'))
  expect(await codeThrown(async () => openDatabase(join(folder.path, 'spool.db')))).toBe('STORE_FAILED')
  linkSync(target, join(folder.path, 'second'))
  expect(lstatSync(target).size).toBe(2)
})

test('with a umask of 000 nothing the daemon makes is open to others', async () => {
  using folder = temporaryFolder()
  const prefix = ['/bin/sh', '-c', 'umask 000 && exec "$@"', 'sh']
  const log = join(folder.path, 'suretyd.log')
  await using daemon = daemonProcess({ folder: folder.path, prefix, args: ['--keys', 'software', '--log-file', log] })
  await daemon.listening()
  await waitForStatus(join(folder.path, 'run', 'control.sock'), isCollected)
  const state = join(folder.path, 'state')
  const open = [state, log, ...readdirSync(state).map((name) => join(state, name))].filter(
    (path) => (modeOf(path) & 0o077) !== 0,
  )
  expect(open).toEqual([])
  expect(readdirSync(state)).toEqual(expect.arrayContaining(['spool.db', 'spool.db-wal']))
  expect(modeOf(join(folder.path, 'run'))).toBe(0o755)
})

function modeOf(path: string): number {
  return lstatSync(path).mode & 0o777
}
