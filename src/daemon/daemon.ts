import { release, uptime } from 'node:os'
import { join } from 'node:path'
import { geteuid } from 'node:process'
import type { Clock } from '../base/clock.ts'
import { describeError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { userIdOf } from '../base/user-id.ts'
import type { DaemonConfig } from '../config/daemon.ts'
import type { ConfigOrigin } from '../config/layers.ts'
import { builtInCatalogue } from '../discovery/catalogue/built-in.ts'
import { createDiscovery } from '../discovery/discovery.ts'
import { hasReadableHome, servesModels } from '../discovery/homes/readable-homes.ts'
import type { OpenKeysInit } from '../keys/open-keys.ts'
import { AptAnswers } from '../posture/apt-answers.ts'
import { systeminformationHardware } from '../posture/hardware.ts'
import { collectInventory } from '../posture/inventory.ts'
import { collectPosture, QUICK_CHECKS } from '../posture/posture.ts'
import type { Inventory } from '../protocol/evidence.ts'
import { CHECKS } from '../protocol/finding.ts'
import type { DeviceLabel } from '../protocol/frames.ts'
import { forgetsNowAndThen, homeMemories } from '../reader/home-memories.ts'
import { homeReader } from '../reader/home-reader.ts'
import { readScreenLocks } from '../reader/screen-locks.ts'
import { trustedFiles } from '../system/files/linux.ts'
import { hangSafeFiles } from '../system/mounts/hang-safe-files.ts'
import { linuxMounts } from '../system/mounts/linux.ts'
import { loadNativeAddon, type NativeAddon } from '../system/native/native-addon.ts'
import { linuxProcesses } from '../system/processes/linux.ts'
import { linuxProcessDetails } from '../system/processes/linux-details.ts'
import { linuxProcessEvents } from '../system/processes/linux-events.ts'
import { linuxProgramResolver } from '../system/processes/linux-program-resolver.ts'
import { ownPid } from '../system/processes/own-pid.ts'
import type { ProcessEventSource } from '../system/processes/process-events.ts'
import type { ProcessTable } from '../system/processes/process-table.ts'
import type { ProgramResolver } from '../system/processes/program-resolver.ts'
import { commandRunner, startProgram } from '../system/program/command.ts'
import { collectGarbage, hasHeapGrown } from '../system/program/v8-memory.ts'
import { linuxUsers } from '../system/users/linux.ts'
import { realHomesComponents, withRealHomes } from '../system/users/real-homes.ts'
import { administratorsCatalogue, publisherKey } from './catalogue/administrators-catalogue.ts'
import { CatalogueKeeper } from './catalogue/catalogue-keeper.ts'
import type { Collectors } from './collection/collection.ts'
import { serveControl } from './control/control-server.ts'
import { type EnrolmentSource, enrolmentFile } from './enrolment/enrolment-source.ts'
import { type Phase, runDaemon } from './run-daemon.ts'
import { requireSchedules } from './schedule/require-schedules.ts'
import { connectWebSocket } from './stream/connection.ts'

export interface DaemonComponents {
  readonly clock: Clock
  readonly log: Log
  /** The enrolment string from standard input, in place of the configured file. */
  readonly enrolment?: EnrolmentSource
  readonly onPhase?: (phase: Phase) => void
}

export interface DaemonInit {
  readonly config: DaemonConfig
  /** For `surety config show`. */
  readonly entries: readonly ConfigOrigin[]
  /** The command that starts the reader: an absolute path, then arguments. */
  readonly readerCommand: readonly [path: string, ...args: string[]]
  readonly version: string
}

/** Longest time of one check. */
const CHECK_TIMEOUT_MS = 60_000
/** Heap growth, in bytes, that justifies a garbage collection of about 50 ms: about three scans of the homes. */
const MUCH_MEMORY = 1.5 * 1024 * 1024

/**
 * Wires the daemon together and runs it until `signal` aborts.
 *
 * @throws as `runDaemon`; `CONFIG_INVALID` for a schedule or a catalogue that cannot be used.
 */
export async function startDaemon(
  components: DaemonComponents,
  init: DaemonInit,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { clock, log } = components
  const { config, entries } = init
  requireSchedules(entries)
  // First of all: descriptors that the daemon inherited must not reach its children.
  const addon = nativeAddon(log)
  const processes = linuxProcesses({ addon })
  const events = addon === undefined ? undefined : linuxProcessEvents({ addon }, { release: release() })
  const programs = addon === undefined ? undefined : linuxProgramResolver({ addon })
  const releaseMemory = () => {
    collectGarbage()
    addon?.trimMemory()
  }
  const { inventory, collectors, catalogue } = await chooseCollectors(components, init, { processes, events, programs })
  const refusedPins = new Set<string>()
  await runDaemon(
    {
      clock,
      log,
      random: Math.random,
      openKeys: async (want, options) => {
        // Loaded on first use, since most devices need only one of the providers.
        const { openKeys } = await import('../keys/open-keys.ts')
        const { renew, unbound } = options
        return await openKeys({ clock, refusedPins }, { ...keysInit(config, want), renew, unbound }, options)
      },
      connect: connectWebSocket,
      collectors,
      catalogue,
      label: async () => labelOf(await inventory({ signal })),
      // On Linux this is /proc/uptime, which counts sleep as well.
      boot: { id: () => processes.bootId(), uptimeMs: () => uptime() * 1000 },
      enrolment: components.enrolment ?? enrolmentFile({ log }, config.enrolmentFile),
      serveControl: (answers) =>
        serveControl({ addon, log, ...answers, config: () => [...entries] }, { socket: config.socket }),
      ...(components.onPhase === undefined ? {} : { onPhase: components.onPhase }),
      releaseMemory,
      releaseMuchMemory() {
        if (hasHeapGrown(MUCH_MEMORY)) releaseMemory()
      },
    },
    {
      stateFolder: config.stateFolder,
      spoolBytes: config['spool.maxBytes'],
      version: init.version,
      schedules: {
        posture: config['schedules.posture'],
        discovery: config['schedules.discovery'],
        processes: config['schedules.processes'],
        attest: config['schedules.attest'],
      },
    },
    { signal },
  )
}

async function chooseCollectors(
  { clock, log }: DaemonComponents,
  { config, readerCommand }: DaemonInit,
  seen: {
    readonly processes: ProcessTable
    readonly events: ProcessEventSource | undefined
    readonly programs: ProgramResolver | undefined
  },
) {
  const userId = userIdOf(geteuid?.() ?? 0)
  const files = trustedFiles()
  const mounts = linuxMounts()
  const homePaths = realHomesComponents(mounts.hanging)
  const accounts = linuxUsers(files)
  const users = {
    async list() {
      const isServer = servesModels(catalogue.current(), userId)
      return withRealHomes(homePaths, await accounts.list(), (user) => hasReadableHome(user, userId) || isServer(user))
    },
  }
  const memories = homeMemories(
    { log, forgets: forgetsNowAndThen },
    { folder: join(config.stateFolder, 'home-memories') },
  )
  const homes = homeReader({ startProgram, clock, memories }, { command: readerCommand })
  const key = config['discovery.catalogueKey']
  const publisher = key === undefined ? undefined : publisherKey(key)
  const path = config['discovery.catalogue']
  const fromFile = path === undefined ? undefined : await administratorsCatalogue({ files }, { path, publisher })
  const catalogue = new CatalogueKeeper(
    { clock, log, builtIn: builtInCatalogue, onReplaced: () => discovery.catalogueReplaced() },
    { fromFile, publisher },
  )
  const discovery = createDiscovery(
    {
      ...seen,
      details: linuxProcessDetails(),
      homes,
      systemFiles: hangSafeFiles(files, mounts.hanging),
      users,
      clock,
      log,
    },
    {
      get catalogue() {
        return catalogue.current()
      },
      userId,
      ownPid: ownPid(),
    },
  )
  const posture = {
    files,
    commands: commandRunner(),
    clock,
    aptAnswers: new AptAnswers(),
    screenLocks: (options: { signal: AbortSignal }) => readScreenLocks({ homes, users }, { userId }, options),
  }
  const skipped = config['posture.skip'].split(',')
  const checks = { checkTimeoutMs: CHECK_TIMEOUT_MS, skip: CHECKS.filter((check) => skipped.includes(check)) }
  const hardware = systeminformationHardware()
  const inventory = (options: { signal: AbortSignal }) => collectInventory({ files, clock, hardware }, options)
  const collectors: Collectors = {
    posture: (options) => collectPosture(posture, checks, options),
    quickPosture: (options) => collectPosture(posture, { ...checks, only: QUICK_CHECKS }, options),
    inventory,
    discovery: (options) => discovery.collect(options),
    isDiscoveryDue: () => discovery.isCollectDue(),
    processes: (options) => discovery.processes(options),
    turn: (options) => discovery.turn(options),
    servers: (options) => discovery.servers(options),
    profiles: (options) => discovery.profiles(options),
    watch: (onChange) => discovery.watch(onChange),
  }
  return { inventory, collectors, catalogue }
}

function keysInit(config: DaemonConfig, want: string): OpenKeysInit {
  const simulator = config['tpm.simulator']
  const library = config['pkcs11.module']
  const tokenLabel = config['pkcs11.tokenLabel']
  const pinFile = config['pkcs11.pinFile']
  return {
    stateFolder: config.stateFolder,
    want: want === 'tpm' || want === 'pkcs11' || want === 'software' ? want : config.keys,
    tpm: { device: config['tpm.device'], ...(simulator === undefined ? {} : { simulator }) },
    ...(library === undefined || pinFile === undefined
      ? {}
      : { pkcs11: { library, pinFile, ...(tokenLabel === undefined ? {} : { tokenLabel }) } }),
  }
}

function labelOf({ hostname, platform, arch, machineId, serial }: Inventory): DeviceLabel {
  return {
    hostname,
    platform,
    arch,
    ...(machineId === undefined ? {} : { machineId }),
    ...(serial === undefined ? {} : { serial }),
  }
}

/** Without the addon, the local socket cannot identify its callers, and serves only root and the user of the daemon. */
function nativeAddon(log: Log): NativeAddon | undefined {
  let addon: NativeAddon
  try {
    addon = loadNativeAddon()
  } catch (error) {
    log.warn('native addon unavailable', { reason: describeError(error) })
    return undefined
  }
  try {
    addon.closeOnExec()
  } catch (error) {
    // Linux before 5.11. Node marks the descriptors that it opens itself.
    log.warn('inherited descriptors stay open in children', { reason: describeError(error) })
  }
  addon.keepHeapSmall()
  return addon
}
