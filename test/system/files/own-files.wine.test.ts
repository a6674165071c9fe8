import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { onWindows } from '../../support/windows/windows.ts'

/**
 * Our own files on Windows, with the real addon. Wine keeps an access list as a mode of Unix: it shows whether others may read or write,
 * and neither who they are nor what another user is refused. It has no links, and a sync there says nothing of power cuts.
 */

const PROGRAM = join(import.meta.dirname, 'own-files-probe.ts')

const CLOSED = { isOurs: true, canOthersRead: false, canOthersWrite: false, isClosed: true }

onWindows('our own files are closed, replaced whole, and refused where others may write', async (windows) => {
  mkdirSync(join(windows.driveC, 'own'))
  const { status, stdout, stderr } = await windows.run(PROGRAM, ['C:\\own'])
  expect([status, stderr]).toEqual([0, ''])
  const { folders, files, databases, logs, trust, calls } = JSON.parse(stdout)
  expect(folders).toEqual({
    made: [CLOSED, CLOSED],
    madeAgain: 'done',
    plain: { isOurs: true, canOthersRead: true, canOthersWrite: false, isClosed: false },
    open: { isOurs: true, canOthersRead: true, canOthersWrite: true, isClosed: false },
    prepared: { tightened: true },
    preparedAgain: { tightened: false },
    preparedEntry: CLOSED,
    preparedOpen: expect.stringMatching(/^STORE_FAILED: .*open" can be written by others: icacls /),
    preparedBelowOpen: expect.stringMatching(/^STORE_FAILED: .*open" above the state folder can be written by others/),
    private: expect.stringMatching(/^STORE_FAILED: .*open" can be written by others: icacls /),
    parents: expect.stringMatching(/^STORE_FAILED: .*open" above the log file can be written by others/),
    closedParents: 'done',
    inTheWay: expect.stringMatching(/E(NOTDIR|NOENT|EXIST)/),
    share: expect.stringMatching(/^STORE_FAILED: .* is no plain path on a drive: choose another place$/),
    reserved: expect.stringMatching(/^STORE_FAILED: .* is no plain path on a drive: choose another place$/),
  })
  expect(files).toEqual({
    read: 'second',
    rights: CLOSED,
    replacedWhileOpen: 'third',
    left: [],
    readable: expect.stringMatching(/^NOT_PERMITTED: .*readable" can be read by others: icacls .* \/inheritance:r/),
    writable: expect.stringMatching(/^NOT_PERMITTED: /),
    folder: expect.stringMatching(/^FILE_NOT_REGULAR: /),
    far: 'far',
    token: ['secret', true],
    tokenAgain: expect.stringMatching(/^CONFLICT: .*token" exists already/),
    unfilled: false,
    upperCase: 'third',
    synced: 'done',
    syncedAbsent: expect.stringMatching(/ENOENT/),
    noFolder: expect.stringMatching(/^STORE_FAILED: cannot write .*: ENOENT/),
    aside: true,
  })
  expect(databases).toEqual({
    rows: [{ x: 'kept' }],
    rights: true,
    witnessed: [true, true, 'seven'],
    foreign: expect.stringMatching(/^STORE_CORRUPT: /),
    shared: expect.stringMatching(/^STORE_FAILED: .* can be written by others/),
  })
  expect(logs).toEqual({ names: ['daemon.log', 'daemon.log.1'], rights: true })
  expect(trust).toEqual({
    addon: 'done',
    code: 'done',
    bad: expect.stringMatching(/^CONFIG_INVALID: .* is not safe from other users: others may write it: icacls /),
    absent: expect.stringMatching(/^CONFIG_INVALID: .*: ENOENT$/),
  })
  expect(calls).toEqual({
    own: [expect.stringMatching(/^S-1-5-21(-\d+){4}$/), expect.any(Boolean), expect.stringMatching(/^C:\\windows$/i)],
    owner: expect.stringMatching(/^S-1-/),
    noPath: 'TypeError',
    nul: 'TypeError',
    tooLong: 'TypeError',
    noRights: expect.stringMatching(/^Error: error \d+$/),
    noList: expect.stringMatching(/^Error: error \d+$/),
    absent: 'Error: error 2',
  })
})
