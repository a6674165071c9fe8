import { uptime } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { darwinFreezer } from '../../../src/system/freezer/darwin.ts'
import { darwinMounts } from '../../../src/system/mounts/darwin.ts'
import { darwinPlatform } from '../../../src/system/platform/darwin.ts'
import { darwinProcessDetails } from '../../../src/system/processes/darwin/process-details.ts'
import { darwinProcesses } from '../../../src/system/processes/darwin/process-table.ts'
import { polledProcessEvents } from '../../../src/system/processes/polled-events.ts'
import { startProgram } from '../../../src/system/program/command.ts'
import { darwinPeers } from '../../../src/system/socket/darwin-peers.ts'
import { connectToUnixSocket, listenOnUnixSocket } from '../../../src/system/socket/unix-socket.ts'
import { darwinUsers } from '../../../src/system/users/darwin.ts'
import { FREEZER_CHECKS } from '../../contracts/freezer.checks.ts'
import { LOCAL_SOCKET_CHECKS } from '../../contracts/local-socket.checks.ts'
import { MOUNTS_CHECKS } from '../../contracts/mounts.checks.ts'
import { PROCESSES_CHECKS } from '../../contracts/processes.checks.ts'
import { READER_START_CHECKS } from '../../contracts/reader-start.checks.ts'
import { USERS_CHECKS } from '../../contracts/users.checks.ts'
import { fixture } from '../../posture/darwin/mac.ts'
import { mirroredDarwinAddon } from '../../support/platforms/darwin/mirrored-addon.ts'
import { recordedMac } from '../../support/platforms/darwin/recorded-mac.ts'
import type { MountFacts } from '../../support/platforms/darwin/structures.ts'
import { countingAgent } from '../../support/processes/counting-agent.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { OWN_ID } from '../../support/users/local-user.ts'

/** The implementation for macOS keeps to the contracts, as far as Linux in the structures of macOS can show. */

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())

describe('users of macOS', () => {
  const homes = { hangingMounts: () => new Map<string, string>(), lstat: () => undefined, readlink: () => undefined }
  const users = darwinUsers({ readAll: async () => fixture('dscl-users.plist'), homes })
  test.each(USERS_CHECKS.map((check) => [check.name, check] as const))('%s', async (_, check) => {
    await check.run({ users, knownId: '501' })
  })
})

describe('mounts of macOS', () => {
  const foreign = { mountPoint: '/Volumes/Share', type: 'smbfs' }
  const facts: readonly MountFacts[] = [
    { type: 'apfs', mountPoint: '/' },
    { type: 'macfuse', mountPoint: '/Users/ann/drive', owner: 501, local: false },
    { ...foreign, owner: 501, local: false },
  ]
  const mounts = darwinMounts({ addon: mirroredDarwinAddon({ mounts: facts }) })
  test.each(MOUNTS_CHECKS.map((check) => [check.name, check] as const))('%s', async (_, check) => {
    await check.run({ mounts, localFolder: '/Users/ann', foreign })
  })
})

describe('the local socket with peers of macOS', () => {
  let count = 0
  const underTest = {
    freePath: () => join(folder.path, `${++count}`, 'socket'),
    listen: listenOnUnixSocket,
    peers: darwinPeers(mirroredDarwinAddon()),
    connect: connectToUnixSocket,
    ownUserId: OWN_ID,
    refusesSecond: true,
  }
  test.each(LOCAL_SOCKET_CHECKS.map((check) => [check.name, check] as const))('%s', async (_, check) => {
    await check.run(underTest)
  })
})

describe('the start of a reader on macOS', () => {
  const platform = darwinPlatform(
    { log: silentLog, clock: systemClock },
    { addon: mirroredDarwinAddon(), commands: recordedMac({ people: [] }).commands },
  )
  test.each(READER_START_CHECKS)('$name', ({ run }) =>
    run({ start: platform.startReader ?? ((init) => startProgram(init)), node: process.execPath, ownUserId: OWN_ID }),
  )
})

const addon = mirroredDarwinAddon()
const table = darwinProcesses({ addon })
const details = darwinProcessDetails({ addon })

describe('processes of macOS', () => {
  test.each(PROCESSES_CHECKS)('$name', async ({ run }) => {
    await run({
      table,
      details,
      ownUserId: OWN_ID,
      bootedAt: Date.now() - uptime() * 1000,
      events: polledProcessEvents({ processes: table, clock: systemClock }, { everyMs: 20 }),
      folder: { native: '/usr', portable: '/usr' },
    })
  })
})

describe('the freezer of macOS', () => {
  test.each(FREEZER_CHECKS)('$name', async ({ run }) => {
    let count = 0
    await run({
      open: () =>
        darwinFreezer({
          addon,
          processes: table,
          activity: (one) => details.activity(one),
          kill: (pid, signal) => process.kill(pid, signal),
        }),
      table,
      async startAgent() {
        const agent = await countingAgent(folder.path, `agent-${process.pid}-${++count}`)
        const startTicks = table.entry(agent.pid)?.startTicks ?? 0
        return {
          pid: agent.pid,
          startTicks,
          goesOn: () => agent.goesOn(),
          runs: () => agent.writes(),
          [Symbol.asyncDispose]: () => agent[Symbol.asyncDispose](),
        }
      },
    })
  })
})
