/** Runs on Windows (under Wine): users, drives and the start of a reader, by the real addon. */
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type WindowsDrivesAddon, windowsMounts } from '../../../src/system/mounts/windows.ts'
import type { WindowsRightsAddon } from '../../../src/system/privileges/windows.ts'
import { startRestricted, type WindowsReaderAddon } from '../../../src/system/privileges/windows-reader.ts'
import { type WindowsUsersAddon, windowsUsers } from '../../../src/system/users/windows.ts'
import { MOUNTS_CHECKS } from '../../contracts/mounts.checks.ts'
import { READER_START_CHECKS } from '../../contracts/reader-start.checks.ts'
import { runChecks } from '../../contracts/run-checks.ts'
import { USERS_CHECKS } from '../../contracts/users.checks.ts'

type Addon = WindowsDrivesAddon & WindowsUsersAddon & WindowsReaderAddon & WindowsRightsAddon

const ADDON = join(import.meta.dirname, '../../../native/build/surety-native-win32-x64.node')
const addon: Addon = createRequire(import.meta.url)(ADDON)
const ownUserId = addon.ownToken().userId
const start = startRestricted({ addon })
/** As LocalSystem does it, who takes the token of the person's session. Wine gives it to us too. */
const startInSession = startRestricted({ addon: { ...addon, ownToken: () => ({ userId: 'S-1-5-18' }) } })

async function look() {
  const users = windowsUsers({ addon })
  const mounts = windowsMounts({ addon })
  return {
    ownUserId,
    drives: addon.drives(),
    users: await users.list(() => true),
    administrators: await addon.userAdministrators(),
    sessions: addon.restrictedSessions(),
    contracts: {
      ...(await runChecks(USERS_CHECKS, { users, knownId: 'S-1-5-21-9-9-9-1001' })),
      ...(await runChecks(MOUNTS_CHECKS, {
        mounts,
        localFolder: 'C:/windows',
        foreign: { mountPoint: 'N:', type: 'network' },
      })),
      ...(await runChecks(READER_START_CHECKS, { start, node: process.execPath, ownUserId })),
    },
    refusals: refusals(),
    child: await runChild(start),
    sessionChild: await runChild(startInSession),
  }
}

function refusals() {
  const line = `"${process.execPath}" -e 0`
  const begin = (session: number, path: string, commandLine: string, bytes: number) =>
    addon.restrictedStart(session, path, commandLine, bytes, () => undefined)
  const thrown = (call: () => unknown) => {
    try {
      return `returned ${call()}`
    } catch (error) {
      return error instanceof Error ? error.name : 'unknown'
    }
  }
  return {
    errors: [begin(-1, 'C:\\absent.exe', line, 1e9), begin(-1, 'C:\\windows\\win.ini', line, 1e9)],
    thrown: [
      () => begin(-2, process.execPath, line, 1e9),
      () => begin(1.5, process.execPath, line, 0),
      () => begin(-1, 'a\0b', line, 1e9),
      () => begin(-1, process.execPath, 'x'.repeat(40_000), 1e9),
      () => Reflect.apply(addon.restrictedStart, addon, [-1, process.execPath, line, 1e9]),
    ].map(thrown),
  }
}

/** Gives up its rights, and then tries what it must not be able to do. */
async function runChild(startChild: typeof start) {
  const args = [join(import.meta.dirname, 'windows-child-probe.ts'), ADDON]
  const program = await startChild({ path: process.execPath, args, stdin: 'pipe', stdout: 'pipe' }, { id: ownUserId })
  let text = ''
  program.stdout?.on('data', (chunk) => {
    text += chunk
  })
  if (program.stdout !== undefined) await once(program.stdout, 'close')
  await program.exit
  return JSON.parse(text)
}

look().then(
  (seen) => process.stdout.write(JSON.stringify(seen)),
  (error) => process.stdout.write(JSON.stringify({ failed: error instanceof Error ? error.stack : String(error) })),
)
