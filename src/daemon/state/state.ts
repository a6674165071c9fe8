import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { isPassingFault } from '../../system/passing-fault.ts'
import type { Health } from '../health.ts'
import { type Identity, identityReader, type Progress, progressReader } from './identity.ts'
import { type StateFileComponents, stateFile } from './state-file.ts'
import { prepareStateFolder } from './state-folder.ts'

/** Identity and progress of this device, read once and changed only after the change is on disk. */
export interface State {
  readonly identity: Identity | undefined
  readonly progress: Progress
  setIdentity(identity: Identity): Promise<void>
  /** One change after the other: each sees what the one before left. */
  changeProgress(change: (progress: Progress) => Omit<Progress, 'schema'>): Promise<void>
}

export interface StateComponents {
  readonly clock: StateFileComponents['clock']
  readonly log: Log
  readonly health: Health
}

const NO_PROGRESS: Progress = { schema: 'surety/progress@1', order: 0, open: [] }

/** @throws `STORE_FAILED` when the folder cannot be trusted or used. Damaged files are set aside and told. */
export async function openState(components: StateComponents, init: { readonly stateFolder: string }): Promise<State> {
  const { clock, log, health } = components
  const { tightened } = await prepareStateFolder(init.stateFolder)
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
  const told = async (written: Promise<void>) => {
    try {
      await written
    } catch (error) {
      if (isPassingFault(error)) health.raise('STATE_UNAVAILABLE')
      throw error
    }
    if (identity === undefined) health.clear('STATE_UNAVAILABLE')
  }
  let identity = await identityFile.read()
  let changing: Promise<void> = Promise.resolve()
  let progress = (await progressFile.read()) ?? NO_PROGRESS
  return {
    get identity() {
      return identity
    },
    get progress() {
      return progress
    },
    async setIdentity(next) {
      await told(identityFile.write(next))
      identity = next
    },
    changeProgress(change) {
      const changed = changing.then(async () => {
        const next: Progress = { ...change(progress), schema: 'surety/progress@1' }
        await told(progressFile.write(next))
        progress = next
      })
      changing = changed.catch(() => undefined)
      return changed
    },
  }
}
