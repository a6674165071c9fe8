import { uptime } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { DaemonConfig } from '../config/daemon.ts'
import type { ConfigOrigin } from '../config/layers.ts'
import type { OpenKeysInit } from '../keys/open-keys.ts'
import { HOOKS_SOCKET } from '../protocol/gate/hook-clients.ts'
import type { Support } from '../protocol/messages/control.ts'
import type { Inventory } from '../protocol/messages/evidence.ts'
import type { DeviceLabel } from '../protocol/messages/frames.ts'
import { requireOwnLog } from '../system/logging/rotating-file.ts'
import { openPlatform } from '../system/platform/this-platform.ts'
import type { Platform, ServiceManager } from '../system/platform.ts'
import { commandRunner, startProgram } from '../system/program/command.ts'
import type { CommandRunner } from '../system/program/command-runner.ts'
import type { ServiceEvents } from '../system/program/service-input.ts'
import { collectGarbage, hasHeapGrown } from '../system/program/v8-memory.ts'
import { chooseCollectors, configuredCatalogue } from './choose-collectors.ts'
import { serveControl } from './control/control-server.ts'
import { type EnrolmentSource, enrolmentCredential, enrolmentFile, firstOf } from './enrolment/enrolment-source.ts'
import { type GateKeeperComponents, gateKeeper } from './gate/gate-keeper.ts'
import { keepLoginLine } from './login-line/login-line-file.ts'
import { GatePolicyKeeper } from './offers/gate-policy-keeper.ts'
import type { Phase } from './phase.ts'
import { runDaemon } from './run-daemon.ts'
import { requireSchedules } from './schedule/require-schedules.ts'
import { openSettingsWatch } from './settings/settings-watch.ts'
import { connectWebSocket } from './stream/connection.ts'
import { hashedSettings, placesOf, tamperProbe } from './tamper/tamper-probe.ts'
import type { UpdatesInit } from './updates/updates.ts'

export interface DaemonComponents {
  readonly clock: Clock
  readonly log: Log
  /** The enrolment string from standard input, in place of the configured file. */
  readonly enrolment?: EnrolmentSource
  /** The service host that started the daemon; else that of the platform. */
  readonly service?: ServiceManager
  readonly serviceEvents?: ServiceEvents | undefined
  readonly onPhase?: (phase: Phase) => void
  /** Reads the settings as they are set now. @throws `CONFIG_INVALID`. */
  readonly readSettings?: () => Pick<DaemonInit, 'config' | 'entries'>
  /** Ends the daemon so that its service manager starts it again: as another version, or with other settings. */
  readonly restart?: () => void
  /** For tests: a system that was recorded, and what its programs answer. */
  readonly recorded?: { readonly openPlatform: typeof openPlatform; readonly commands: CommandRunner }
}

export interface DaemonInit {
  readonly config: DaemonConfig
  /** For `surety config show`. */
  readonly entries: readonly ConfigOrigin[]
  /** The command that starts the reader: an absolute path, then arguments. */
  readonly readerCommand: readonly [path: string, ...args: string[]]
  /** The command that starts the gate, which answers hooks on Linux. */
  readonly gateCommand?: readonly [path: string, ...args: string[]] | undefined
  /** For tests; else where all hooks ask. */
  readonly hooksSocket?: string
  readonly version: string
  /** The running program, if it can be replaced by an update. */
  readonly program?: Pick<UpdatesInit, 'version' | 'isUpdate' | 'programFolder' | 'platform' | 'canBecome'> | undefined
  /** The folder of the installed program. Absent for a checkout, whose files a developer changes. */
  readonly programFolder?: string | undefined
  /** Of the service manager that started the daemon, if any: `NOTIFY_SOCKET`. */
  readonly notifySocket?: string | undefined
  /** `CREDENTIALS_DIRECTORY` of systemd. */
  readonly credentialsFolder?: string | undefined
  /** `WATCHDOG_USEC`, when it is meant for this process. Microseconds. */
  readonly watchdogUs?: number | undefined
  /** Of the machine: `LC_ALL`, `LC_MESSAGES` or `LANG`, as the service manager sets them. */
  readonly locale?: string | undefined
}

/** Its name in `LoadCredential=`. */
const ENROLMENT_CREDENTIAL = 'surety.enrolment'
/** Sees what every user sees. */
const ANYONE = { userId: '', isRoot: false }
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
  // Before any child starts.
  const open = components.recorded?.openPlatform ?? openPlatform
  const platform = await open({ log, clock }, { notifySocket: init.notifySocket, watchdogUs: init.watchdogUs })
  const releaseMemory = () => {
    collectGarbage()
    platform.trimMemory?.()
  }
  const { inventory, collectors, catalogue, agents, handOffs, rulesFor, uidsOf, onDrill } = await chooseCollectors(
    { clock, log, commands: components.recorded?.commands ?? commandRunner() },
    init,
    platform,
  )
  const { service = platform.service, serviceEvents } = components
  const { peers, listenLocal, ownUserId, openFreezer, openExecGate, startCanary, processes, network, terminal } =
    platform
  const { enforcersFolder } = platform
  signal.addEventListener('abort', () => service?.stopping(), { once: true })
  const refusedPins = new Set<string>()
  const gatePolicy = new GatePolicyKeeper({ clock, log, onReplaced: () => undefined })
  using probe = tamperProbe(platform, serviceEvents)
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
      gatePolicy,
      ...(openFreezer === undefined
        ? {}
        : {
            stops: {
              openFreezer,
              enforcersFolder,
              agents,
              handOffs,
              processes,
              network,
              terminal,
              exec: openExecGate && { openGate: openExecGate, rulesFor, uidsOf },
              drills: startCanary && { startCanary, onDrill },
            },
          }),
      label: async () => labelOf(await inventory({ signal })),
      // On Linux this is /proc/uptime, which counts sleep as well.
      boot: { id: () => platform.processes.bootId(), uptimeMs: () => uptime() * 1000 },
      enrolment: components.enrolment ?? enrolmentSources({ log }, config, init),
      async serveControl(answers) {
        const parts = { peers, listen: listenLocal, ownUserId, log, ...answers, config: () => [...entries] }
        const server = await serveControl(parts, { socket: config.socket })
        service?.ready()
        const file = config['tray.loginFile']
        const status = () => answers.status(ANYONE)
        if (file !== undefined) void keepLoginLine({ clock, log, status }, { file, locale: init.locale }, { signal })
        return server
      },
      ...(components.onPhase === undefined ? {} : { onPhase: components.onPhase }),
      serviceEvents,
      ...gateOf({ clock, log, agents, policy: () => gatePolicy.current() }, init, platform),
      ...updatesOf(components, init, platform),
      tamper: { probe, settings: hashedSettings(entries), places: placesOf(platform, init, serviceEvents) },
      ...settingsOf({ ...components, ...(service === undefined ? {} : { service }) }, init, platform),
      releaseMemory,
      releaseMuchMemory() {
        if (hasHeapGrown(MUCH_MEMORY)) releaseMemory()
      },
    },
    {
      stateFolder: config.stateFolder,
      spoolBytes: config['spool.maxBytes'],
      version: init.version,
      support: supportOf(config),
      trayShow: config['tray.show'],
      schedules: {
        posture: config['schedules.posture'],
        discovery: config['schedules.discovery'],
        processes: config['schedules.processes'],
        attest: config['schedules.attest'],
        updates: config['schedules.updates'],
        settings: config['schedules.settings'],
      },
      stream: { directoryUrl: config['directory.url'] },
    },
    { signal },
  )
}

/** The file comes first: a person can put another string there. */
function enrolmentSources(
  components: { readonly log: Log },
  config: DaemonConfig,
  { credentialsFolder }: Pick<DaemonInit, 'credentialsFolder'>,
): EnrolmentSource {
  const file = enrolmentFile(components, config.enrolmentFile)
  if (credentialsFolder === undefined) return file
  return firstOf([file, enrolmentCredential(join(credentialsFolder, ENROLMENT_CREDENTIAL))])
}

function settingsOf(
  { clock, log, service, restart, readSettings }: DaemonComponents,
  { config, entries }: DaemonInit,
  platform: Platform,
): Pick<Parameters<typeof runDaemon>[0], 'settings'> {
  if (readSettings === undefined) return {}
  let latest = config
  return {
    settings: (parts) =>
      openSettingsWatch(
        {
          ...parts,
          clock,
          log,
          restart: service?.startsAgain === true ? restart : undefined,
          read() {
            const now = readSettings()
            requireSchedules(now.entries)
            latest = now.config
            return now.entries
          },
          async requireUsable() {
            const { 'log.file': path, 'log.maxFiles': maxFiles } = latest
            if (path !== undefined) requireOwnLog({ path, maxFiles })
            await configuredCatalogue(platform, latest)
          },
        },
        { stateFolder: config.stateFolder, inUse: entries },
      ),
  }
}

function gateOf(
  components: Pick<GateKeeperComponents, 'clock' | 'log' | 'agents' | 'policy'>,
  { config, gateCommand, hooksSocket = HOOKS_SOCKET }: DaemonInit,
  { name }: Pick<Platform, 'name'>,
): Pick<Parameters<typeof runDaemon>[0], 'gate'> {
  if (gateCommand === undefined || name !== 'linux') return {}
  return {
    gate: (parts) =>
      gateKeeper(
        { ...components, ...parts, startProgram },
        {
          command: gateCommand,
          socket: hooksSocket,
          isAlwaysWanted: config['hooks.gate'] === 'always',
          hooksFolder: join(config.stateFolder, 'hooks'),
          withoutGate: config['hooks.withoutGate'],
        },
      ),
  }
}

/** Loaded only where updates come from a repository. */
function updatesOf(
  { clock, log, restart }: DaemonComponents,
  { config, program }: DaemonInit,
  { mounts }: Pick<Platform, 'mounts'>,
): Pick<Parameters<typeof runDaemon>[0], 'updates'> {
  if (config['updates.by'] !== 'directory' || program === undefined || restart === undefined) return {}
  return {
    async updates(parts) {
      const { openUpdates } = await import('./updates/updates.ts')
      return await openUpdates(
        { clock, log, restart, hangingMounts: mounts.hanging, ...parts },
        {
          ...program,
          stateFolder: config.stateFolder,
          channel: config['updates.channel'],
          pin: config['updates.pin'],
          root: config['updates.root'],
          url: config['updates.url'],
          directoryUrl: config['directory.url'],
        },
      )
    },
  }
}

function supportOf(config: DaemonConfig): Support {
  const { 'support.owner': owner, 'support.contact': contact, 'support.url': url } = config
  return {
    ...(owner === undefined ? {} : { owner }),
    ...(contact === undefined ? {} : { contact }),
    ...(url === undefined ? {} : { url }),
  }
}

function keysInit(config: DaemonConfig, want: OpenKeysInit['want']): OpenKeysInit {
  const simulator = config['tpm.simulator']
  const library = config['pkcs11.module']
  const tokenLabel = config['pkcs11.tokenLabel']
  const pinFile = config['pkcs11.pinFile']
  return {
    stateFolder: config.stateFolder,
    want: want === 'auto' ? config.keys : want,
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
