import { setTimeout } from 'node:timers/promises'
import { SuretyError } from '../../base/errors.ts'
import { loadNativeAddon } from '../native/native-addon.ts'
import { onEndSignal } from './end-signals.ts'
import { readerGone } from './pipe-closed.ts'

export interface UntilInterruptedInit {
  /** Where it goes: once nobody reads that any more, it is over too. */
  readonly output?: { readonly fd: number }
  readonly onSignal?: (name: NodeJS.Signals) => void
}

/**
 * The end of a command that goes on until somebody ends it, or has something to put back. `stop` is aborted by Ctrl-C and its like, and
 * with `output` once nobody reads it: `… --watch | head -3` ends with `head`, though nothing changes; without the addon when
 * something does.
 */
export function untilInterrupted(stop: AbortController, { output, onSignal }: UntilInterruptedInit): AbortSignal {
  onEndSignal((name) => {
    onSignal?.(name)
    stop.abort(new SuretyError('SESSION_TIMEOUT', `ended by ${name}`))
  })
  if (output !== undefined) void endWithReader(stop, output)
  return stop.signal
}

async function endWithReader(stop: AbortController, output: { readonly fd: number }): Promise<void> {
  try {
    const init = { descriptor: output.fd, everyMs: 500 }
    if (await readerGone({ addon: loadNativeAddon() }, init, { signal: stop.signal })) stop.abort()
  } catch {
    // No addon, or ended by somebody else.
  }
}

/** Ends early, without a word, once the signal is aborted. */
export function pause(ms: number, options: { readonly signal: AbortSignal }): Promise<void> {
  return setTimeout(ms, undefined, options).catch(() => undefined)
}
