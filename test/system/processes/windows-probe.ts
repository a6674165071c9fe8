/** Runs on Windows (under Wine): observes a child of its own through the platform and prints what it saw. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { windowsPlatform } from '../../../src/system/platform/windows.ts'
import type { ProcessEvent } from '../../../src/system/processes/process-events.ts'

const ADDON = join(import.meta.dirname, '../../../native/build/surety-native-win32-x64.node')
const CHILD_ARGUMENTS = ['-e', 'setInterval(() => {}, 1000)', '', 'two words', 'a"b', 'ünïcode', 'C:\\dir\\']

async function look() {
  const addon = createRequire(import.meta.url)(ADDON)
  const platform = windowsPlatform({ clock: systemClock }, { addon })
  const table = platform.processes
  const events: ProcessEvent[] = []
  const { promise: exec, resolve: seenExec } = Promise.withResolvers<void>()
  const { promise: exit, resolve: seenExit } = Promise.withResolvers<void>()
  let pid = 0
  using _watch = platform.processEvents?.watch(['fork', 'exec', 'exit'], (seen) => {
    events.push(...seen.events.filter((event) => event.pid === pid))
    for (const event of seen.events) {
      if (event.pid !== pid) continue
      if (event.kind === 'exec') seenExec()
      if (event.kind === 'exit') seenExit()
    }
  })
  const env = { SystemRoot: process.env.SystemRoot, THREAD: '0199', TOKEN: 'hush' }
  const child = spawn(process.execPath, CHILD_ARGUMENTS, { stdio: 'ignore', env, cwd: 'C:\\windows' })
  pid = child.pid ?? 0
  await exec
  const scanned = await table.scan({})
  const again = await table.scan({})
  const found = {
    pid,
    own: process.pid,
    ownUserId: platform.ownUserId,
    execPath: process.execPath,
    child: scanned.find((entry) => entry.pid === pid),
    childAgain: again.find((entry) => entry.pid === pid),
    entry: table.entry(pid),
    self: scanned.find((entry) => entry.pid === process.pid),
    pids: scanned.map((entry) => entry.pid),
    names: await table.environmentNames(pid),
    surroundings: table.surroundings(pid, new Set(['THREAD'])),
    absent: [table.entry(999_996) ?? null, (await table.environmentNames(999_996)) ?? null],
    boot: [await table.bootId(), await table.bootId()],
    nonsense:
      thrown(() => addon.listProcesses('x')) +
      thrown(() => addon.readProcess(1, new Float64Array(1), new Uint8Array(1), false)),
    small: [
      addon.listProcesses(new Uint8Array(8)) > 8,
      addon.readProcess(pid, new Float64Array(8), new Uint8Array(8), false),
    ],
  }
  child.kill()
  await once(child, 'close')
  await exit
  return { ...found, gone: table.entry(pid) ?? null, events }
}

function thrown(call: () => unknown): string {
  try {
    call()
    return 'nothing'
  } catch (error) {
    return error instanceof TypeError ? 'TypeError ' : String(error)
  }
}

try {
  process.stdout.write(JSON.stringify(await look()))
} catch (error) {
  process.stdout.write(JSON.stringify({ failed: error instanceof Error ? error.stack : String(error) }))
}
process.exit(0)
