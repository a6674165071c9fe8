import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { DaemonConfig } from '../config/daemon.ts'
import { builtInCatalogue } from '../discovery/catalogue/built-in.ts'
import { createDiscovery } from '../discovery/discovery.ts'
import { hasReadableHome, servesModels } from '../discovery/homes/readable-homes.ts'
import { AptAnswers } from '../posture/apt-answers.ts'
import { DARWIN_CHECKS } from '../posture/darwin/checks.ts'
import { darwinHardware } from '../posture/darwin/hardware.ts'
import type { FreezeDrill } from '../posture/freeze-drill.ts'
import { systeminformationHardware } from '../posture/hardware.ts'
import { collectInventory } from '../posture/inventory.ts'
import { LINUX_CHECKS } from '../posture/linux/checks.ts'
import { collectPosture, quickChecks } from '../posture/posture.ts'
import { WINDOWS_CHECKS } from '../posture/windows/checks.ts'
import { windowsHardware } from '../posture/windows/hardware.ts'
import { forgetsNowAndThen, homeMemories } from '../reader/home-memories.ts'
import { homeReader } from '../reader/home-reader.ts'
import { readScreenLocks } from '../reader/screen-locks.ts'
import { hangSafeFiles } from '../system/mounts/hang-safe-files.ts'
import type { Platform } from '../system/platform.ts'
import { startProgram } from '../system/program/command.ts'
import type { CommandRunner } from '../system/program/command-runner.ts'
import { administratorsCatalogue, publisherKey } from './catalogue/administrators-catalogue.ts'
import { CatalogueKeeper } from './catalogue/catalogue-keeper.ts'
import type { Collectors } from './collection/collection.ts'

const POSTURE_CHECKS = { linux: LINUX_CHECKS, darwin: DARWIN_CHECKS, windows: WINDOWS_CHECKS }
/** Longest time of one check. */
const CHECK_TIMEOUT_MS = 60_000

interface ChooseComponents {
  readonly clock: Clock
  readonly log: Log
  readonly commands: CommandRunner
}

interface ChooseInit {
  readonly config: DaemonConfig
  /** The command that starts the reader: an absolute path, then arguments. */
  readonly readerCommand: readonly [path: string, ...args: string[]]
}

/** What collects on this system, with what its findings are read from. */
export async function chooseCollectors(
  { clock, log, commands }: ChooseComponents,
  { config, readerCommand }: ChooseInit,
  platform: Platform,
) {
  const { ownUserId, trustedFiles, mounts, windowsFacts } = platform
  const users = {
    list() {
      const isServer = servesModels(catalogue.current(), ownUserId)
      return platform.users.list((user) => hasReadableHome(user, ownUserId) || isServer(user))
    },
  }
  const memories = homeMemories(
    { log, forgets: forgetsNowAndThen },
    { folder: join(config.stateFolder, 'home-memories') },
  )
  const homes = homeReader(
    { startProgram: platform.startReader ?? startProgram, clock, log, memories },
    { command: readerCommand },
  )
  const { fromFile, publisher } = await configuredCatalogue(platform, config)
  const catalogue = new CatalogueKeeper(
    { clock, log, builtIn: builtInCatalogue, onReplaced: () => discovery.catalogueReplaced() },
    { fromFile, publisher },
  )
  const discovery = createDiscovery(
    {
      processes: platform.processes,
      events: platform.processEvents,
      details: platform.processDetails,
      jobFiles: platform.jobFiles,
      programs: platform.programs,
      mounts: () => mounts.local(),
      homes,
      systemFiles: hangSafeFiles(trustedFiles, mounts.hanging),
      users,
      clock,
      log,
    },
    {
      get catalogue() {
        return catalogue.current()
      },
      userId: ownUserId,
      ownPid: platform.ownPid,
      system: platform.name,
    },
  )
  let lastDrill: FreezeDrill | undefined
  const onDrill = (drill: FreezeDrill) => {
    lastDrill = drill
  }
  const posture = {
    files: trustedFiles,
    commands,
    clock,
    aptAnswers: new AptAnswers(),
    screenLocks: (options: { signal: AbortSignal }) =>
      readScreenLocks({ homes, users }, { userId: ownUserId }, options),
    freezeDrill: () => lastDrill,
    windows: windowsFacts,
  }
  const postureChecks = POSTURE_CHECKS[platform.name]
  const checks = { checkTimeoutMs: CHECK_TIMEOUT_MS, skip: config['posture.skip'] }
  const hardware = hardwareOf(platform, { commands, files: trustedFiles })
  const inventory = (options: { signal: AbortSignal }) =>
    collectInventory({ files: trustedFiles, clock, hardware, platform: platform.name }, options)
  const collectors: Collectors = {
    posture: (options) => collectPosture(postureChecks, posture, checks, options),
    quickPosture: (options) =>
      collectPosture(postureChecks, posture, { ...checks, only: quickChecks(postureChecks) }, options),
    inventory,
    discovery: (options) => discovery.collect(options),
    isDiscoveryDue: () => discovery.isCollectDue(),
    processes: (options) => discovery.processes(options),
    turn: (options) => discovery.turn(options),
    servers: (options) => discovery.servers(options),
    profiles: (options) => discovery.profiles(options),
    watch: (onChange) => discovery.watch(onChange),
  }
  const { runningAgents: agents, handOffs, holdRules: rulesFor, uidsOf } = discovery
  return { inventory, collectors, catalogue, agents, handOffs, rulesFor, uidsOf, onDrill }
}

/** @throws `CONFIG_INVALID` for a catalogue or key that cannot be used. */
export async function configuredCatalogue(
  { trustedFiles: files }: Pick<Platform, 'trustedFiles'>,
  config: DaemonConfig,
) {
  const key = config['discovery.catalogueKey']
  const publisher = key === undefined ? undefined : publisherKey(key)
  const path = config['discovery.catalogue']
  const fromFile = path === undefined ? undefined : await administratorsCatalogue({ files }, { path, publisher })
  return { fromFile, publisher }
}

function hardwareOf({ name, windowsFacts }: Platform, components: Parameters<typeof darwinHardware>[0]) {
  if (windowsFacts !== undefined) return windowsHardware(windowsFacts)
  return name === 'darwin' ? darwinHardware(components) : systeminformationHardware()
}
