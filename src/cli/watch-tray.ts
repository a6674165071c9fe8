import { codeOf } from '../base/errors.ts'
import type { Status } from '../protocol/messages/control.ts'
import type { CliComponents } from './cli-components.ts'
import type { DaemonClient } from './daemon-client.ts'

/** A status, or how long there has been none. */
export type TrayNews = { readonly status: Status } | { readonly awayForMs: number }

/** Agents may change all the time. */
const BETWEEN_MS = 1_000
const RETRY_MS = 2_000
/** An update restarts the daemon. */
const PATIENCE_MS = 10_000

/**
 * Calls `onNews` with the status whenever agents have changed, and every ten seconds. Ends when the package was removed.
 *
 * @throws `INPUT_MALFORMED` when the daemon speaks another version: then this program has been replaced as well.
 */
export async function watchTray(
  { pause, now, isInstalled = () => true }: Pick<CliComponents, 'pause' | 'now' | 'isInstalled'>,
  daemon: Pick<DaemonClient, 'status' | 'sightings'>,
  onNews: (news: TrayNews) => void,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  let mark: string | undefined
  let since: number | undefined
  let isShown = false
  while (!signal.aborted) {
    try {
      const unlike = mark === undefined ? {} : { unlike: mark }
      const answer = await daemon.sightings({ kinds: ['agent'], ...unlike }, { signal })
      const status = await daemon.status()
      ;[mark, since, isShown] = [answer.mark, undefined, true]
      onNews({ status })
      await pause(BETWEEN_MS, { signal })
    } catch (error) {
      if (signal.aborted) return
      if (codeOf(error) === 'INPUT_MALFORMED' || codeOf(error) === undefined) throw error
      // No menu would work.
      if (!isInstalled()) return
      // The first answer after this comes at once.
      mark = undefined
      since ??= now()
      const awayForMs = now() - since
      if (!isShown || awayForMs >= PATIENCE_MS) onNews({ awayForMs })
      isShown = true
      await pause(RETRY_MS, { signal })
    }
  }
}
