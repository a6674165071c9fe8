import { join } from 'node:path'
import type { Clock } from '../../../src/base/clock.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { createHealth } from '../../../src/daemon/health/health.ts'
import type { Identity } from '../../../src/daemon/state/identity.ts'
import { openUpdates, type Updates, type UpdatesInit } from '../../../src/daemon/updates/updates.ts'
import { makeFolderDurably } from '../../../src/system/files/own/durable-folder.ts'
import { PLATFORM, type TestRepository } from './test-repository.ts'

export interface TestUpdates extends Updates {
  /** How often the daemon was asked to end. */
  restarts(): number
  warnings(): readonly string[]
  /** Asks once. */
  ask(): Promise<TestUpdates>
  code(): string | undefined
}

export interface TestUpdatesInit extends Partial<UpdatesInit> {
  readonly folder: string
  readonly from: Pick<TestRepository, 'url' | 'root'>
  readonly clock?: Clock
  readonly device?: string
  readonly directoryTime?: () => number | undefined
}

/** The updates of a device that takes them from a folder. */
export async function testUpdates({
  folder,
  from,
  clock = systemClock,
  ...init
}: TestUpdatesInit): Promise<TestUpdates> {
  const stateFolder = join(folder, 'state')
  await makeFolderDurably(stateFolder, { mode: 0o700 })
  const health = createHealth({ clock })
  let restarts = 0
  const updates = await openUpdates(
    {
      clock,
      log: silentLog,
      health,
      onChange: () => undefined,
      // Only the id is read where the repository is a folder.
      identity: () => (init.device === undefined ? undefined : ({ device: init.device } as Identity)),
      directoryTime: init.directoryTime ?? (() => undefined),
      restart: () => {
        restarts += 1
      },
    },
    {
      stateFolder,
      version: '1.0.0',
      isUpdate: false,
      programFolder: undefined,
      platform: PLATFORM,
      canBecome: true,
      channel: 'stable',
      pin: undefined,
      root: from.root,
      url: from.url,
      directoryUrl: undefined,
      ...init,
    },
  )
  const test: TestUpdates = {
    ...updates,
    restarts: () => restarts,
    warnings: () => health.warnings().map(({ code }) => code),
    code: () => updates.view().lastError?.code,
    async ask() {
      await updates.check({ signal: new AbortController().signal })
      return test
    },
  }
  return test
}
