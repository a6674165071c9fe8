import { createHash } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fromUtf8 } from '../../base/bytes.ts'
import { type Clock, untilAborted } from '../../base/clock.ts'
import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { rolloutPosition } from '../../crypto/rollout-position.ts'
import {
  channelReader,
  compareVersions,
  type DaemonProgram,
  type Release,
  releaseFor,
  releaseReader,
  targetOfChannel,
  targetOfRelease,
  UPDATE_LIMITS,
  type UpdatePlatform,
} from '../../protocol/updates.ts'
import { makeFolderDurably } from '../../system/files/own/durable-folder.ts'
import type { HangingMounts } from '../../system/mounts/mounts.ts'
import type { Health } from '../health/health.ts'
import type { Identity } from '../state/identity.ts'
import type { StateFile } from '../state/state-file.ts'
import { installVersion, unfinishedName } from './install-version.ts'
import { readTrustedMetadata, type TrustedMetadata } from './trusted-metadata.ts'
import {
  knownVersion,
  requireTrustedUpdates,
  type UpdateRecord,
  updateRecordFile,
  updatesFolder,
  versionFolder,
  withVersion,
} from './update-record.ts'
import { type UpdateSource, updateSource } from './update-source.ts'

/** Updates of this program from an update repository. The installed program starts what this selects: see `choose-version.ts`. */
export interface Updates {
  /** What is running, and the state of its updates. */
  view(): UpdatesView
  /** Asks the repository, and takes another version if it offers one. Failures are shown by `view` and not thrown. */
  check(options: { signal: AbortSignal }): Promise<void>
  /** The daemon has reached this in this run. */
  reached(phase: 'attested' | 'collected'): void
  /** Ends a trial that does not become healthy in time. */
  run(options: { signal: AbortSignal }): Promise<void>
}

export interface UpdatesView extends DaemonProgram {
  readonly checkedAt?: number
  readonly lastError?: { readonly code: string; readonly message: string }
}

export interface UpdatesComponents {
  readonly clock: Clock
  readonly log: Log
  readonly health: Pick<Health, 'raise' | 'clear'>
  readonly identity: () => Identity | undefined
  /** The directory's time, once it is known. */
  readonly directoryTime: () => number | undefined
  /** Ends the daemon, so that the installed program chooses again. */
  readonly restart: () => void
  /** Mounts on which no mirror is read. */
  readonly hangingMounts?: HangingMounts
  /** `view` changed. */
  readonly onChange: () => void
}

export interface UpdatesInit {
  readonly stateFolder: string
  /** Of the running program. */
  readonly version: string
  /** The running program is one of the versions below the state folder. */
  readonly isUpdate: boolean
  /** The folder of the running program, in the layout of a version; undefined in a checkout. */
  readonly programFolder: string | undefined
  readonly platform: UpdatePlatform
  readonly channel: string
  readonly pin: string | undefined
  /** SHA-256 of `1.root.json`. */
  readonly root: string | undefined
  /** Another version can be started in the place of this one. */
  readonly canBecome: boolean
  /** The directory itself when absent. */
  readonly url: string | undefined
  /** Address of the directory, where settings give another one than the enrolment. */
  readonly directoryUrl: string | undefined
}

/** A trial that is not healthy after this time ends, and counts. */
const TRIAL_MS = 10 * 60_000
/** A version that ran so long does not end at its start. */
const LONG_RUN_MS = 2 * 60_000
/** The dates of signatures mean nothing to a clock that is wrong. */
const MOST_CLOCK_OFFSET_MS = 60 * 60_000

export async function openUpdates(components: UpdatesComponents, init: UpdatesInit): Promise<Updates> {
  const { clock, log, health } = components
  const { stateFolder, version, isUpdate, pin, channel } = init
  if (init.canBecome) {
    await makeFolderDurably(updatesFolder(stateFolder), { mode: 0o700 })
    await removeUnfinished(stateFolder, '.metadata-')
  }
  const file: StateFile<UpdateRecord> = updateRecordFile(
    {
      clock,
      onSetAside: (path, cause) =>
        log.error('damaged record of updates set aside', { path, reason: describeError(cause) }),
    },
    stateFolder,
  )
  let record: UpdateRecord = (await file.read()) ?? { schema: 'surety/updates@1', installed: version, versions: [] }
  if (!isUpdate && record.installed !== version) record = { ...record, installed: version }
  let lastChange: Promise<void> = Promise.resolve()
  /** Changes run one after the other. Each takes effect once it is on disk. */
  const change = (next: (record: UpdateRecord) => UpdateRecord): Promise<void> => {
    const changed = lastChange.then(async () => {
      const changedRecord = next(record)
      await file.write(changedRecord)
      record = changedRecord
    })
    lastChange = changed.catch(() => undefined)
    return changed
  }
  const own = () => (isUpdate ? knownVersion(record, version) : undefined)
  let state: DaemonProgram['updates'] = own()?.state === 'trial' ? 'trial' : 'unchecked'
  let refused: string | undefined
  let checkedAt: number | undefined
  let lastError: UpdatesView['lastError']
  const phases = new Set<'attested' | 'collected'>()
  const healthy = Promise.withResolvers<void>()

  const show = (next: DaemonProgram['updates'], refusedVersion?: string) => {
    const isNews = state !== next || refused !== refusedVersion
    state = next
    refused = refusedVersion
    if (isNews) components.onChange()
  }

  /** Selects a version, or the installed program, and ends this one. */
  const become = async (selected: string | undefined) => {
    await change(({ selected: _, ...rest }) => ({ ...rest, ...(selected === undefined ? {} : { selected }) }))
    log.info('suretyd ends to become another version', { from: version, to: selected ?? record.installed })
    show('waiting')
    components.restart()
  }

  const offered = async (metadata: TrustedMetadata, options: { signal: AbortSignal }): Promise<string | undefined> => {
    if (pin !== undefined) return pin
    const bytes = await metadata.target(targetOfChannel(channel), { ...options, maxBytes: UPDATE_LIMITS.channelBytes })
    const document = channelReader.readJson(fromUtf8(bytes))
    if (document.channel !== channel) throw new SuretyError('UPDATE_UNTRUSTED', 'the channel has another name')
    const device = components.identity()?.device
    return releaseFor(document, device === undefined ? 99.999 : rolloutPosition(device))
  }

  const take = async (
    source: UpdateSource,
    metadata: TrustedMetadata,
    wanted: string,
    { signal }: { signal: AbortSignal },
  ): Promise<void> => {
    const target = targetOfRelease(wanted, init.platform)
    const releaseBytes = await metadata.target(target, { maxBytes: UPDATE_LIMITS.releaseBytes, signal })
    const releaseHash = createHash('sha256').update(releaseBytes).digest('hex')
    const known = knownVersion(record, wanted)
    if (known?.release === releaseHash && known.state === 'bad') {
      if (known.retryAt === undefined || known.retryAt > clock.now()) {
        health.raise('UPDATE_ROLLED_BACK', `Version ${wanted}: ${known.reason ?? 'it failed'}.`)
        return show('rolled-back', wanted)
      }
    }
    const release: Release = releaseReader.readJson(fromUtf8(releaseBytes))
    if (release.version !== wanted || release.platform !== init.platform) {
      throw new SuretyError('UPDATE_UNTRUSTED', `the release ${wanted} is of another version or platform`)
    }
    const here = [init.programFolder, ...record.versions.map((one) => versionFolder(stateFolder, one.version))]
    await removeUnfinished(stateFolder, '.new-', unfinishedName(releaseHash))
    await installVersion(
      source,
      { stateFolder, release, releaseBytes, releaseHash, here: here.filter((folder) => folder !== undefined) },
      { signal },
    )
    const isGood = known?.release === releaseHash && known.state === 'good'
    const taken = { version: wanted, release: releaseHash, state: isGood ? 'good' : 'trial', starts: 0 } as const
    await change((current) => withVersion(current, taken))
    await become(wanted)
  }

  const checkOnce = async (options: { signal: AbortSignal }) => {
    requireClock(components)
    const root = requireUsable(init)
    await requireTrustedUpdates(stateFolder)
    using source = openSource(components, init)
    const metadata = await readTrustedMetadata(source, { stateFolder, root }, options)
    const wanted = await offered(metadata, options)
    health.clear('UPDATES_FAILING')
    lastError = undefined
    checkedAt = Math.max(0, Math.trunc(clock.now()))
    if (wanted === undefined || wanted === version) {
      health.clear('UPDATE_ROLLED_BACK')
      return show(own()?.state === 'trial' ? 'trial' : 'current')
    }
    if (compareVersions(wanted, record.installed) > 0) return await take(source, metadata, wanted, options)
    // The package is newer than what is offered, or is just that.
    return isUpdate && wanted === record.installed ? await become(undefined) : show('current')
  }

  const becomeHealthy = async () => {
    const known = own()
    if (known === undefined) return
    const { reason: _, retryAt: __, cameUp: ___, ...rest } = known
    await change((current) => withVersion(current, { ...rest, state: 'good', starts: 0 }))
    if (known.state === 'trial') log.info('this version is healthy', { version })
    if (state === 'trial') show('current')
    await removeOthers(stateFolder, record).catch((error: unknown) => {
      // Windows keeps files that a program has open. They go with the next healthy version.
      log.warn('old versions stay on disk', { reason: describeError(error) })
    })
  }

  return {
    view: () => ({
      version,
      updates: state,
      channel,
      ...(pin === undefined ? {} : { pin }),
      ...(isUpdate ? { installed: record.installed } : {}),
      ...(refused === undefined ? {} : { refused }),
      ...(checkedAt === undefined ? {} : { checkedAt }),
      ...(lastError === undefined ? {} : { lastError }),
    }),
    async check(options) {
      try {
        await checkOnce(options)
      } catch (error) {
        options.signal.throwIfAborted()
        const [code, message] = [codeOf(error) ?? 'INTERNAL', describeError(error)]
        lastError = { code, message: message.slice(0, 500) }
        log.warn('updates cannot be taken now', { code, reason: message })
        // A device may be away from its directory for as long as it likes.
        if (code !== 'DIRECTORY_UNREACHABLE') health.raise('UPDATES_FAILING', `${code}.`)
        show(own()?.state === 'trial' ? 'trial' : 'failed')
      }
    },
    reached(phase) {
      phases.add(phase)
      if (phases.size === 2) healthy.resolve()
    },
    async run({ signal }) {
      const known = own()
      if (known?.state === 'good') {
        await clock.sleep(LONG_RUN_MS, { signal })
        await becomeHealthy()
      } else if (known !== undefined) {
        const over = new AbortController()
        const either = AbortSignal.any([signal, over.signal])
        const cameUp = async () => {
          await clock.sleep(LONG_RUN_MS, { signal: either })
          const current = own()
          if (current?.state === 'trial') await change((known) => withVersion(known, { ...current, cameUp: true }))
          await clock.sleep(TRIAL_MS - LONG_RUN_MS, { signal: either })
          return false
        }
        const isHealthy = await Promise.race([healthy.promise.then(() => true), cameUp()])
        over.abort()
        if (isHealthy) await becomeHealthy()
        else {
          log.error('this version does not become healthy: it ends', { version, reached: [...phases].join() })
          components.restart()
        }
      }
      await untilAborted({ signal })
    },
  }
}

/** @throws `NOT_SUPPORTED`, `CONFIG_INVALID`. */
function requireUsable({ root, canBecome }: UpdatesInit): string {
  if (!canBecome) {
    const message = 'no other version can be started here: on Windows the service alone can, with its own state folder'
    throw new SuretyError('NOT_SUPPORTED', message)
  }
  if (root === undefined)
    throw new SuretyError('CONFIG_INVALID', 'updates.by is directory, and updates.root is not set')
  return root
}

/** @throws `CLOCK_OFF`. */
function requireClock({ clock, directoryTime }: UpdatesComponents): void {
  const time = directoryTime()
  if (time !== undefined && Math.abs(clock.now() - time) > MOST_CLOCK_OFFSET_MS) {
    throw new SuretyError('CLOCK_OFF', 'the clock of this device is wrong, so the dates of signatures mean nothing')
  }
}

function openSource(
  { identity, hangingMounts: hanging }: UpdatesComponents,
  { url, directoryUrl }: UpdatesInit,
): UpdateSource {
  if (url !== undefined) return updateSource({ url: url.endsWith('/') ? url : `${url}/`, hanging })
  const enrolled = identity()
  if (enrolled === undefined) throw new SuretyError('DIRECTORY_UNREACHABLE', 'this device is not enrolled yet')
  const { host } = new URL(directoryUrl ?? enrolled.pins.url)
  return updateSource({ url: `https://${host}/updates/`, caCertificate: enrolled.caCertificate })
}

/** Keeps the selected version and the newest other one that was healthy. */
async function removeOthers(stateFolder: string, { selected, versions }: UpdateRecord): Promise<void> {
  const [previous] = versions
    .filter(({ version, state }) => version !== selected && state === 'good')
    .map(({ version }) => version)
    .sort((a, b) => compareVersions(b, a))
  const kept = new Set([selected, previous])
  for (const name of await readdir(updatesFolder(stateFolder))) {
    if (!/^\d+\.\d+\.\d+$/.test(name) || kept.has(name)) continue
    await rm(join(updatesFolder(stateFolder), name), { recursive: true, force: true })
  }
}

async function removeUnfinished(stateFolder: string, prefix: string, except?: string): Promise<void> {
  for (const name of await readdir(updatesFolder(stateFolder))) {
    if (!name.startsWith(prefix) || name === except) continue
    await rm(join(updatesFolder(stateFolder), name), { recursive: true, force: true })
  }
}
