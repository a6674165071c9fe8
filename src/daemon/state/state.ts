import type { Clock } from '../../base/clock.ts'
import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { WakeUp } from '../../base/wake-up.ts'
import { preparePrivateFolder } from '../../system/files/prepare-folder.ts'
import { isPassingFault } from '../../system/files/transient-errors.ts'
import type { Health } from '../health/health.ts'
import { type Identity, identityReader, type Progress, progressReader } from './identity.ts'
import { type StateFileComponents, stateFile } from './state-file.ts'

/** Identity and progress of this device, read once. */
export interface State {
  readonly identity: Identity | undefined
  /** Of this very device: another one begins anew. */
  readonly progress: Progress
  /** Something could not be written, and has not been since: `STATE_UNAVAILABLE` stands. */
  readonly failing: boolean
  /**
   * Counts at once: the directory has said so already, and nobody is asked twice.
   *
   * @returns whether it is on disk. If the disk fails, `run` writes it when that is over.
   */
  setIdentity(identity: Identity): Promise<boolean>
  /**
   * One change after the other: each sees what the one before left. Counts only once it is on disk.
   *
   * @throws `STORE_FAILED`.
   */
  changeProgress(change: (progress: Progress) => Omit<Progress, 'schema'>): Promise<void>
  /** Writes anew what could not be written, every few seconds: so it is known when the disk is well again. */
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

/** @throws `STORE_FAILED` when the folder cannot be trusted or used. Damaged files are set aside and told. */
export async function openState(components: StateComponents, init: { readonly stateFolder: string }): Promise<State> {
  const { clock, log, health } = components
  const { tightened } = await preparePrivateFolder(init.stateFolder, STATE_FOLDER)
  if (tightened) {
    log.warn('state folder was open to others and is not any more', { stateFolder: init.stateFolder })
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
  const progressFile = stateFile(fileComponents, { folder, name: 'progress.json', reader: progressReader })
  /** Whoever wanted it written gives up or tries again; that the disk is at fault is for a person to know. */
  const told = async (name: 'identity' | 'progress', written: Promise<void>) => {
    try {
      await written
    } catch (error) {
      if (isPassingFault(error)) {
        failing.add(name)
        health.raise('STATE_UNAVAILABLE')
        failed.wake()
      }
      throw error
    }
    const recovered = failing.delete(name) || identity === undefined
    if (recovered && failing.size === 0) health.clear('STATE_UNAVAILABLE')
  }
  const failing = new Set<'identity' | 'progress'>()
  const failed = new WakeUp()
  let identity = await identityFile.read()
  let changing: Promise<void> = Promise.resolve()
  const kept = (await progressFile.read()) ?? NO_PROGRESS
  // Written before it said whose it is: then it is of whom we are.
  let progress: Progress = { ...(identity === undefined ? {} : { device: identity.device }), ...kept }
  /** Another device, mostly of another directory, has its orders counted from the first. */
  const ownProgress = (): Progress =>
    progress.device === undefined || progress.device === identity?.device ? progress : NO_PROGRESS
  const writeIdentity = async (next: Identity) => {
    try {
      await told('identity', identityFile.write(next))
      return true
    } catch (error) {
      if (!isPassingFault(error)) throw error
      return false
    }
  }
  const changeProgress: State['changeProgress'] = (change) => {
    const changed = changing.then(async () => {
      const { order, open } = change(ownProgress())
      const whose = identity === undefined ? {} : { device: identity.device }
      const next: Progress = { schema: 'surety/progress@1', ...whose, order, open }
      await told('progress', progressFile.write(next))
      progress = next
    })
    changing = changed.catch(() => undefined)
    return changed
  }
  return {
    get identity() {
      return identity
    },
    get progress() {
      return ownProgress()
    },
    get failing() {
      return failing.size > 0
    },
    async setIdentity(next) {
      const durable = await writeIdentity(next)
      if (!durable) log.error('identity could not be written: it is tried again')
      identity = next
      return durable
    },
    changeProgress,
    async run({ signal }) {
      while (!signal.aborted) {
        if (failing.size === 0) await failed.wait({ signal })
        else await clock.sleep(RETRY_MS, { signal }).catch(() => undefined)
        if (signal.aborted) return
        if (failing.has('identity') && identity !== undefined) await writeIdentity(identity)
        if (failing.has('progress')) await changeProgress((same) => same).catch(() => undefined)
      }
    },
  }
}
