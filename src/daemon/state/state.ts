import type { Clock } from '../../base/clock.ts'
import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { WakeUp } from '../../base/wake-up.ts'
import { preparePrivateFolder } from '../../system/files/own/prepare-folder.ts'
import { isPassingFault } from '../../system/files/transient-errors.ts'
import type { Health } from '../health/health.ts'
import { type Identity, identityReader, MAX_PROGRESS_BYTES, type Progress, progressReader } from './identity.ts'
import { type StateFileComponents, stateFile } from './state-file.ts'

/** Identity and progress of this device. Both are read from disk once. */
export interface State {
  readonly identity: Identity | undefined
  /** Progress of the current identity. A new device starts with none. */
  readonly progress: Progress
  /** A write failed and has not succeeded since: `STATE_UNAVAILABLE` stands. */
  readonly isFailing: boolean
  /**
   * Takes effect at once, also where the disk fails: the directory has enrolled this device already.
   *
   * @returns whether it is on disk. If not, `run` writes it once the disk works.
   */
  setIdentity(identity: Identity): Promise<boolean>
  /**
   * Changes run one after the other. Each takes effect only once it is on disk.
   *
   * @throws `STORE_FAILED`.
   */
  changeProgress(change: (progress: Progress) => Omit<Progress, 'schema'>): Promise<void>
  /** Repeats failed writes every few seconds, and so notices when the disk works again. */
  run(options: { signal: AbortSignal }): Promise<void>
}

export interface StateComponents {
  readonly clock: Pick<Clock, 'now' | 'sleep'>
  readonly log: Log
  readonly health: Health
}

const RETRY_MS = 5_000
const STATE_FOLDER = { name: 'state folder', depth: 1, readable: 'closed', takesEmpty: true } as const
const NO_PROGRESS: Progress = { schema: 'surety/progress@1', order: 0, open: [] }

/**
 * Damaged files are set aside and raise a warning.
 *
 * @throws `STORE_FAILED` when the folder cannot be trusted or used.
 */
export async function openState(components: StateComponents, init: { readonly stateFolder: string }): Promise<State> {
  const { clock, log, health } = components
  const { tightened } = await preparePrivateFolder(init.stateFolder, STATE_FOLDER)
  if (tightened) {
    log.warn('state folder was open to other users; its permissions were corrected', { stateFolder: init.stateFolder })
    health.raise('STATE_FOLDER_OPEN')
  }
  const fileComponents: StateFileComponents = {
    clock,
    onSetAside(path, cause) {
      log.error('damaged state file set aside', { path, reason: describeError(cause) })
      health.raise('STATE_DAMAGED')
    },
  }
  const folder = init.stateFolder
  const identityFile = stateFile(fileComponents, { folder, name: 'identity.json', reader: identityReader })
  const progressFile = stateFile(fileComponents, {
    folder,
    name: 'progress.json',
    reader: progressReader,
    maxBytes: MAX_PROGRESS_BYTES,
  })
  const failing = new Set<'identity' | 'progress'>()
  const hasFailed = new WakeUp()
  /** Raises or clears `STATE_UNAVAILABLE` by the outcome of a write. The caller still gets its error. */
  const watched = async (name: 'identity' | 'progress', written: Promise<void>) => {
    try {
      await written
    } catch (error) {
      if (isPassingFault(error)) {
        failing.add(name)
        health.raise('STATE_UNAVAILABLE')
        hasFailed.wake()
      }
      throw error
    }
    // With an identity, a warning from the start is cleared once evidence has reported it.
    const recovered = failing.delete(name) || identity === undefined
    if (recovered && failing.size === 0) health.clear('STATE_UNAVAILABLE')
  }
  let identity = await identityFile.read()
  let lastChange: Promise<void> = Promise.resolve()
  const stored = (await progressFile.read()) ?? NO_PROGRESS
  // Progress that was written before the first enrolment names no device. It belongs to the present one.
  let progress: Progress = { ...(identity === undefined ? {} : { device: identity.device }), ...stored }
  /** Each device, mostly of another directory, has its own order numbers. */
  const ownProgress = (): Progress =>
    progress.device === undefined || progress.device === identity?.device ? progress : NO_PROGRESS
  const writeIdentity = async (next: Identity) => {
    try {
      await watched('identity', identityFile.write(next))
      return true
    } catch (error) {
      if (!isPassingFault(error)) throw error
      return false
    }
  }
  const changeProgress: State['changeProgress'] = (change) => {
    const changed = lastChange.then(async () => {
      const { order, open } = change(ownProgress())
      const owner = identity === undefined ? {} : { device: identity.device }
      const next: Progress = { schema: 'surety/progress@1', ...owner, order, open }
      await watched('progress', progressFile.write(next))
      progress = next
    })
    lastChange = changed.catch(() => undefined)
    return changed
  }
  return {
    get identity() {
      return identity
    },
    get progress() {
      return ownProgress()
    },
    get isFailing() {
      return failing.size > 0
    },
    async setIdentity(next) {
      const isDurable = await writeIdentity(next)
      if (!isDurable) log.error('identity could not be written; it will be tried again')
      identity = next
      return isDurable
    },
    changeProgress,
    async run({ signal }) {
      while (!signal.aborted) {
        if (failing.size === 0) await hasFailed.wait({ signal })
        else await clock.sleep(RETRY_MS, { signal }).catch(() => undefined)
        if (signal.aborted) return
        if (failing.has('identity') && identity !== undefined) await writeIdentity(identity)
        if (failing.has('progress')) await changeProgress((same) => same).catch(() => undefined)
      }
    },
  }
}
