import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { codeOf, describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { TrustAnchors } from '../../crypto/x509/trust-anchors.ts'
import { readTrustAnchors } from './read-trust-anchors.ts'

/** How long a new anchor waits until it is used. */
const EVERY_MS = 5_000

export interface AnchorSource {
  readonly current: TrustAnchors
  /** Reads the folder again if it changed. What cannot be read leaves the anchors as they were, and is logged once. */
  refresh(): Promise<void>
}

/** @throws as `readTrustAnchors`, at the start alone. */
export async function anchorSource({ log }: { readonly log: Log }, folder: string | undefined): Promise<AnchorSource> {
  let seen = await fingerprintOf(folder)
  let anchors = await readTrustAnchors(folder, log)
  return {
    get current() {
      return anchors
    },
    async refresh() {
      const found = await fingerprintOf(folder)
      if (found === seen) return
      seen = found
      try {
        anchors = await readTrustAnchors(folder, log)
        log.info('trust anchors were read again', { trustAnchors: anchors.count })
      } catch (error) {
        log.error('the trust anchors stay as they were', { code: codeOf(error), error: describeError(error) })
      }
    },
  }
}

/** Refreshes until the signal aborts. */
export async function keepAnchorsRead(
  { clock, anchors }: { readonly clock: Pick<Clock, 'sleep'>; readonly anchors: AnchorSource },
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  for (;;) {
    try {
      await clock.sleep(EVERY_MS, { signal })
    } catch {
      return // stopped
    }
    await anchors.refresh()
  }
}

/** Names, sizes and times of all files. What cannot be looked at counts as one more state. */
async function fingerprintOf(folder: string | undefined): Promise<string> {
  if (folder === undefined) return ''
  const folders = [folder, join(folder, 'simulated')]
  return JSON.stringify(await Promise.all(folders.map(filesIn)))
}

async function filesIn(folder: string): Promise<readonly string[]> {
  try {
    const names = await readdir(folder)
    const files = names.toSorted().map(async (name) => {
      const { mtimeMs, ctimeMs, size, ino } = await stat(join(folder, name))
      return `${name} ${mtimeMs} ${ctimeMs} ${size} ${ino}`
    })
    return await Promise.all(files)
  } catch {
    return ['unreadable']
  }
}
