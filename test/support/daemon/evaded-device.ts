import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, copyFileSync, mkdirSync, statSync } from 'node:fs'
import { release } from 'node:os'
import { dirname, join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import type { Enforcement } from '../../../src/daemon/enforcement/enforcement.ts'
import { type OpenedEnforcement, openEnforcement } from '../../../src/daemon/enforcement/open-enforcement.ts'
import { createHealth } from '../../../src/daemon/health/health.ts'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { createDiscovery, type Discovery } from '../../../src/discovery/discovery.ts'
import { trustedFiles } from '../../../src/system/files/foreign/linux.ts'
import { loadNativeAddon } from '../../../src/system/native/native-addon.ts'
import { linuxProcessDetails } from '../../../src/system/processes/linux/process-details.ts'
import { linuxProcessEvents } from '../../../src/system/processes/linux/process-events.ts'
import { linuxProcesses } from '../../../src/system/processes/linux/process-table.ts'
import { linuxProgramResolver } from '../../../src/system/processes/linux/program-resolver.ts'
import type { LocalUser } from '../../../src/system/users/users.ts'
import { freezerName, testFreezer } from '../processes/test-freezer.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { localUser } from '../users/local-user.ts'
import { waitFor } from '../wait-for.ts'

/** Ids that no account of a machine has: a stop of theirs reaches nothing else on it. */
const EVE_ID = 54_321

/** Discovery, freezer and stops as on a device, all real, and Eve, who has Claude Code and stops to evade. */
export interface EvadedDevice extends AsyncDisposable {
  readonly eve: LocalUser
  /** Eve's Claude Code, by its path in her home: a program that does what a shell does. */
  readonly claude: string
  readonly discovery: Discovery
  readonly enforcement: Enforcement
  /** A full scan. */
  scan(): Promise<void>
  /** As the death of the daemon and its next start. */
  restart(): Promise<void>
}

/** @param init.events whether the kernel tells of processes, as it does but in containers. */
export async function evadedDevice(
  init: { readonly eve?: Partial<LocalUser>; readonly events?: boolean } = {},
): Promise<EvadedDevice> {
  const folder = temporaryFolder()
  chmodSync(folder.path, 0o755)
  const home = join(folder.path, 'eve')
  const claude = join(home, '.local/bin/claude')
  mkdirSync(dirname(claude), { recursive: true })
  mkdirSync(join(folder.path, 'state'))
  copyFileSync('/bin/sh', claude)
  chownSync(claude, EVE_ID, EVE_ID)
  const addon = loadNativeAddon()
  const name = freezerName()
  const eve = { ...localUser({ name: 'eve', home, uid: EVE_ID, gid: EVE_ID }), ...init.eve }
  const processes = linuxProcesses({ addon })
  const discovery = createDiscovery(
    {
      processes,
      details: linuxProcessDetails(),
      programs: linuxProgramResolver({ addon }),
      homes: { readHome: async () => ({ sightings: [], sources: [] }) },
      systemFiles: trustedFiles(),
      users: { list: async () => [eve] },
      clock: systemClock,
      events: init.events === true ? linuxProcessEvents({ addon }, { release: release() }) : undefined,
    },
    { catalogue: builtInCatalogue(), userId: '0' },
  )
  const watch = discovery.watch(() => undefined)
  let run = await begin()
  return {
    eve,
    claude,
    discovery,
    get enforcement() {
      return run.opened.enforcement
    },
    async scan() {
      await discovery.processes({ signal: AbortSignal.timeout(60_000) })
    },
    async restart() {
      await run.end()
      run.freezer.close()
      run = await begin()
    },
    async [Symbol.asyncDispose]() {
      const { enforcement } = run.opened
      await enforcement.release(enforcement.stops.map(({ id }) => id))
      await run.end()
      await run.opened.close()
      watch[Symbol.dispose]()
      folder[Symbol.dispose]()
    },
  }

  async function begin() {
    const freezer = testFreezer({ name })
    const opened: OpenedEnforcement | undefined = await openEnforcement(
      {
        clock: systemClock,
        log: silentLog,
        health: createHealth({ clock: systemClock }),
        processes,
        agents: discovery.runningAgents,
        boot: { uptimeMs: () => performance.now() },
        directoryTime: () => Date.now(),
        report: () => undefined,
        openFreezer: () => freezer,
        scan: async (options) => void (await discovery.processes(options)),
      },
      { stateFolder: join(folder.path, 'state'), bootId: 'boot' },
    )
    if (opened === undefined) throw new TypeError('there is no freezer')
    const ended = new AbortController()
    const running = opened.enforcement.run({ signal: ended.signal })
    return {
      opened,
      freezer,
      async end() {
        ended.abort()
        await running
      },
    }
  }
}

export interface EvadingAgent extends AsyncDisposable {
  readonly pid: number
  /** Resolves once it works. */
  works(): Promise<void>
  /** Resolves with false when it did nothing for a while. */
  hasWorked(): Promise<boolean>
}

const WORK = 'while :; do echo >> "$0"; done'
const LOOK_MS = 300
let started = 0

/**
 * Starts a program that does what a shell does, as an agent that works.
 *
 * @param program with arguments that come before those of a shell.
 * @param init.loginId who logged in, as the kernel keeps it over `sudo`.
 * @param init.inSession of another process, as a shell that another program started.
 * @param init.mounted bind mounts that only it sees, of files onto others that are there.
 */
export async function evadingAgent(
  { eve }: Pick<EvadedDevice, 'eve'>,
  program: readonly string[],
  init: {
    readonly uid?: number
    readonly loginId?: number
    readonly inSession?: boolean
    readonly mounted?: readonly [file: string, at: string]
  } = {},
): Promise<EvadingAgent> {
  const file = join(eve.home, `work-${++started}`)
  const { uid = EVE_ID, loginId, inSession = false, mounted } = init
  const login = loginId === undefined ? ':' : `echo ${loginId} > /proc/self/loginuid`
  const become = uid === 0 ? '' : `setpriv --reuid ${uid} --regid ${uid} --clear-groups`
  const mount = mounted === undefined ? ':' : `mount --bind ${mounted.join(' ')}`
  const script = `umask 0; : > "$0"; ${mount}; ${login}; exec ${become} "$@"`
  const child = spawn(
    '/usr/bin/unshare',
    [...(mounted === undefined ? [] : ['-m']), '/bin/sh', '-c', script, file, ...program, '-c', WORK, file],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      detached: !inSession,
      cwd: eve.home,
      env: { PATH: process.env.PATH },
    },
  )
  await once(child, 'spawn')
  const size = () => statSync(file, { throwIfNoEntry: false })?.size ?? 0
  const agent: EvadingAgent = {
    pid: child.pid ?? 0,
    async works() {
      const from = size()
      await waitFor(`${program.join(' ')} to work`, () => size() > from)
    },
    async hasWorked() {
      const from = size()
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
      return size() > from
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
  await agent.works()
  return agent
}
