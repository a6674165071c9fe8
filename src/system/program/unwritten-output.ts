import type { Writable } from 'node:stream'

export interface UnwrittenOutputInit {
  /** Whoever read has gone: there is nobody left to write for. */
  readonly closed: () => void
  /** A full disk and its like: what was to be told is not told. `reason` is the system's word. */
  readonly failed: (reason: string) => void
}

/** Tells of what could not be written to `output`, which otherwise ends the program with a stack, or is lost without a word. */
export function onUnwrittenOutput(output: Writable, { closed, failed }: UnwrittenOutputInit): void {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') closed()
    else failed(error.message)
  })
}
