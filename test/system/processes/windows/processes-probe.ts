/** Runs on Windows (under Wine): observes a child of its own through the platform and prints what it saw. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '../../../../src/base/clock.ts'
import { windowsPlatform } from '../../../../src/system/platform/windows.ts'
import type { Platform } from '../../../../src/system/platform.ts'
import type { ProcessEvent } from '../../../../src/system/processes/process-events.ts'
import { PROCESSES_CHECKS } from '../../../contracts/processes.checks.ts'
import { runChecks } from '../../../contracts/run-checks.ts'

const ADDON = join(import.meta.dirname, '../../../../native/build/surety-native-win32-x64.node')
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
  const gone = table.entry(pid) ?? null
  const details = platform.processDetails
  if (details === undefined) throw new Error('there are no details')
  const self = table.entry(process.pid)
  const contract = await runChecks(PROCESSES_CHECKS, {
    table,
    details,
    events: platform.processEvents,
    ownUserId: platform.ownUserId,
    bootedAt: 0,
    folder: { native: 'C:\\windows', portable: 'C:/windows' },
  })
  return {
    ...found,
    gone,
    events,
    contract,
    resolved: resolved(platform),
    details: {
      activity: self && (details.activity(self) ?? null),
      executableNow: self && (details.executableNow(self) ?? null),
      logins: details.logins(),
    },
    eventsFault: await faultOf(platform),
    isPartOfSystem: table.isPartOfSystem?.('C:/windows/explorer.exe'),
  }
}

/** What is told of a script with a package, of one whose manifest is too large, and of what is not there. */
function resolved({ programs }: Platform) {
  const folder = mkdtempSync(join(tmpdir(), 'programs-'))
  const script = join(folder, 'agent', 'bin', 'Cli.js')
  mkdirSync(join(folder, 'agent', 'bin'), { recursive: true })
  mkdirSync(join(folder, 'large'))
  for (const path of [script, join(folder, 'large', 'cli.js'), join(folder, 'cli.js')]) writeFileSync(path, '')
  writeFileSync(join(folder, 'agent', 'bin', 'package.json'), '{"type":"module"}')
  writeFileSync(join(folder, 'agent', 'package.json'), '{"name":"@acme/agent"}')
  writeFileSync(join(folder, 'large', 'package.json'), `{"name":"${'x'.repeat(70_000)}"}`)
  const resolve = (path: string) => {
    const found = programs?.resolve({ pid: process.pid, startTicks: 0, userId: '' }, path, {
      kind: 'script',
      manifest: true,
    })
    return typeof found === 'object' ? found : null
  }
  const withPackage = resolve(script.toLowerCase())
  return {
    folder,
    withPackage,
    large: resolve(join(folder, 'large', 'cli.js')),
    without: resolve(join(folder, 'cli.js')),
    absent: [resolve(join(folder, 'none.js')), resolve('\\\\server\\share\\cli.js'), resolve('C:\\')],
  }
}

/** Once Windows Management Instrumentation has answered. */
async function faultOf({ processEvents }: Platform): Promise<string | undefined> {
  using watch = processEvents?.watch(['exec'], () => undefined)
  const end = performance.now() + 20_000
  while (watch?.fault?.message.includes('0x') === false && performance.now() < end) await delay(20)
  return watch?.fault?.message
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
