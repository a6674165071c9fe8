import { join } from 'node:path'
import { utf8 } from '../../../src/base/bytes.ts'
import { silentLog } from '../../../src/base/log.ts'
import { hangingMountsIn, localMounts, userServedMounts } from '../../../src/system/mounts/linux.ts'
import type { Mounts } from '../../../src/system/mounts/mounts.ts'
import { darwinPlatform } from '../../../src/system/platform/darwin.ts'
import { linuxPlatform } from '../../../src/system/platform/linux.ts'
import { startProgram } from '../../../src/system/program/command.ts'
import { connectToUnixSocket, listenOnUnixSocket } from '../../../src/system/socket/unix-socket.ts'
import { LOCAL_SOCKET_CHECKS } from '../../contracts/local-socket.checks.ts'
import { MOUNTS_CHECKS } from '../../contracts/mounts.checks.ts'
import { READER_START_CHECKS } from '../../contracts/reader-start.checks.ts'
import { USERS_CHECKS } from '../../contracts/users.checks.ts'
import { fixture } from '../../posture/darwin/mac.ts'
import { fakeCommands } from '../../posture/fake-commands.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { mirroredDarwinAddon } from '../../support/platforms/darwin/mirrored-addon.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { OWN_ID } from '../../support/users/local-user.ts'
import { addon } from '../../support/users/peers.ts'

/**
 * The contracts of users, mounts, the local socket and the start of a reader, on Linux and on a recorded Mac whose addon asks this
 * kernel. Windows keeps them under Wine.
 */

const components = { log: silentLog, clock: new FakeClock() }
const MOUNTINFO = [
  '20 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw',
  '30 20 0:30 / /data/far rw - nfs4 server:/x rw',
  '31 20 0:31 / /home/ann/cloud rw - fuse.rclone remote: rw,user_id=1000,group_id=1000',
  '',
].join('\n')
const onLinux = process.platform === 'linux' ? describe : describe.skip
const withAddon = addon === undefined ? test.skip : test

onLinux('Linux keeps its contracts', () => {
  const { users, mounts, peers } = linuxPlatform(components, {})
  test.each(USERS_CHECKS)('users: $name', ({ run }) => run({ users, knownId: '0' }))
  test.each(MOUNTS_CHECKS)('mounts of this machine: $name', ({ run }) => run({ mounts, localFolder: '/etc' }))
  test.each(MOUNTS_CHECKS)('mounts of a table: $name', ({ run }) =>
    run({ mounts: mountsOf(MOUNTINFO), localFolder: '/data', foreign: { mountPoint: '/data/far', type: 'nfs4' } }),
  )
  test.each(READER_START_CHECKS)('the start of a reader: $name', ({ run }) =>
    run({ start: (init) => startProgram(init), node: process.execPath, ownUserId: OWN_ID }),
  )
  withAddon.each(LOCAL_SOCKET_CHECKS)('the local socket: $name', ({ run }) => withSocket(peers, run))
})

onLinux('macOS keeps its contracts, as far as it is recorded', () => {
  const commands = fakeCommands({ dscl: { stdout: fixture('dscl-users.plist') } })
  const disks = [
    { type: 'apfs', mountPoint: '/' },
    { type: 'smbfs', mountPoint: '/Volumes/Share', source: '//ann@server/share', local: false },
  ]
  const mac = mirroredDarwinAddon({ mounts: disks })
  const { users, mounts, peers } = darwinPlatform(components, { addon: mac, commands })
  const foreign = { mountPoint: '/Volumes/Share', type: 'smbfs' }
  test.each(USERS_CHECKS)('users: $name', ({ run }) => run({ users, knownId: '501' }))
  test.each(MOUNTS_CHECKS)('mounts: $name', ({ run }) => run({ mounts, localFolder: '/Users/ann', foreign }))
  withAddon.each(LOCAL_SOCKET_CHECKS)('the local socket: $name', ({ run }) => withSocket(peers, run))
})

function mountsOf(text: string): Mounts {
  const bytes = utf8(text)
  return {
    hanging: () => hangingMountsIn(text),
    local: () => localMounts(bytes),
    userServed: () => userServedMounts(bytes),
  }
}

async function withSocket(
  peers: ReturnType<typeof linuxPlatform>['peers'],
  run: (typeof LOCAL_SOCKET_CHECKS)[number]['run'],
) {
  using folder = temporaryFolder()
  let count = 0
  await run({
    freePath: () => join(folder.path, `${++count}.sock`),
    listen: listenOnUnixSocket,
    connect: connectToUnixSocket,
    peers,
    ownUserId: OWN_ID,
    refusesSecond: true,
  })
}
