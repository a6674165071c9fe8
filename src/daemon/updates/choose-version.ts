import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { compareVersions, RELEASE_DAEMON, type Release, runtimeOf } from '../../protocol/updates.ts'
import {
  type KnownVersion,
  knownVersion,
  requireTrustedUpdates,
  type UpdateRecord,
  updateRecordFile,
  updatesFolder,
  versionFolder,
  withoutVersion,
  withVersion,
} from './update-record.ts'
import { verifyVersion } from './version-files.ts'

/** A trial that is started so often without becoming healthy is over. */
export const MAX_TRIALS = 3
/** A version that was healthy before is given up when it ends so often, each time within minutes. */
export const MAX_SHORT_RUNS = 5
/** A version that ran, but did not reach the directory, gets another trial after this time: the network may have been away. */
const RETRY_AFTER_MS = 24 * 60 * 60 * 1000

export interface ChooseVersionComponents {
  readonly clock: Pick<Clock, 'now'>
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>
}

export interface ChosenVersion {
  readonly version: string
  /** Absolute paths. */
  readonly node: string
  readonly daemon: string
}

/**
 * Called by the installed program before it does anything else. Chooses the version to become, and counts the start before it is
 * made: a version that ends at once would otherwise be started for ever.
 *
 * @returns undefined when the installed program itself shall run. That is also the answer to every failure.
 */
export async function chooseVersion(
  components: ChooseVersionComponents,
  { stateFolder, installed }: { readonly stateFolder: string; readonly installed: string },
): Promise<ChosenVersion | undefined> {
  const { clock, log } = components
  if (!existsSync(updatesFolder(stateFolder))) return undefined
  const onSetAside = (path: string, cause: unknown) =>
    log.error('damaged record of updates set aside', { path, reason: describeError(cause) })
  try {
    // Nothing has looked at the state folder yet, and root is about to run a program in it.
    await requireTrustedUpdates(stateFolder)
    const file = updateRecordFile({ clock, onSetAside }, stateFolder)
    const stored = await file.read()
    if (stored === undefined) return undefined
    const { record, chosen } = await choose(components, stateFolder, { ...stored, installed })
    try {
      if (JSON.stringify(record) !== JSON.stringify(stored)) await file.write(record)
    } catch (error) {
      // A start that is not counted is safe only for a version that was healthy before.
      if (chosen === undefined || knownVersion(record, chosen.version)?.state !== 'good') throw error
    }
    return chosen
  } catch (error) {
    log.error('no update can be started: the installed version runs', { reason: describeError(error) })
    return undefined
  }
}

async function choose(
  { clock, log }: ChooseVersionComponents,
  stateFolder: string,
  stored: UpdateRecord,
): Promise<{ readonly record: UpdateRecord; readonly chosen?: ChosenVersion }> {
  let record = stored
  for (;;) {
    const { selected, installed } = record
    if (selected === undefined) return { record }
    const known = knownVersion(record, selected)
    if (known === undefined || known.state === 'bad' || compareVersions(selected, installed) <= 0) {
      record = fallBack(record)
    } else if (known.starts >= (known.state === 'trial' ? MAX_TRIALS : MAX_SHORT_RUNS)) {
      const bad = givenUp(known, clock.now())
      log.error('this version is not started any more', { version: selected, reason: bad.reason })
      record = fallBack(withVersion(record, bad))
    } else {
      const folder = versionFolder(stateFolder, selected)
      let release: Release
      try {
        release = await verifyVersion(folder, known.release)
      } catch (error) {
        log.error('this version is damaged on disk', { version: selected, reason: describeError(error) })
        record = fallBack(withoutVersion(record, selected))
        continue
      }
      return {
        record: withVersion(record, { ...known, starts: known.starts + 1 }),
        chosen: {
          version: selected,
          node: join(folder, runtimeOf(release.platform)),
          daemon: join(folder, RELEASE_DAEMON),
        },
      }
    }
  }
}

/** Selects the newest other version that was healthy once, or none. */
function fallBack({ selected, ...record }: UpdateRecord): UpdateRecord {
  const [next] = record.versions
    .filter(({ version, state }) => {
      return version !== selected && state === 'good' && compareVersions(version, record.installed) > 0
    })
    .map(({ version }) => version)
    .sort((a, b) => compareVersions(b, a))
  return { ...record, ...(next === undefined ? {} : { selected: next }) }
}

function givenUp(known: KnownVersion, now: number): KnownVersion {
  const { cameUp = false, starts, state } = known
  if (state === 'good' || cameUp) {
    const reason =
      state === 'good'
        ? `it ended ${starts} times within minutes of its start`
        : `it ran ${starts} times and did not reach the directory`
    return { ...known, state: 'bad', reason, retryAt: Math.max(0, Math.trunc(now)) + RETRY_AFTER_MS }
  }
  return { ...known, state: 'bad', reason: `it was started ${starts} times and was never healthy` }
}

/** Whether the program at `path` is one of the versions below the state folder, and not the installed one. */
export function isUpdate(path: string, stateFolder: string): boolean {
  try {
    const updates = realpathSync.native(updatesFolder(stateFolder))
    return dirname(dirname(realpathSync.native(path))).startsWith(`${updates}${sep}`)
  } catch {
    return false
  }
}
