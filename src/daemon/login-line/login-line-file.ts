import { constants } from 'node:fs'
import { chmod, mkdir, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Clock, orAborted } from '../../base/clock.ts'
import { codeOf, describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { Status } from '../../protocol/messages/control.ts'
import { languageOf } from '../../view/checks/check-catalogue.ts'
import { loginLine } from '../../view/login-line.ts'

/**
 * Keeps one line in a file that pam_motd prints when someone logs in to a terminal. Nothing of ours runs at a log-in, so that none
 * can wait for us or fail.
 */

export interface LoginLineComponents {
  readonly clock: Clock
  readonly log: Log
  /** As an ordinary user may see it. */
  readonly status: () => Status | Promise<Status>
}

export interface LoginLineInit {
  readonly file: string
  /** The machine's language: at this moment no user is known. */
  readonly locale?: string | undefined
  readonly everyMs?: number
}

const EVERY_MS = 15_000

/** Until the signal aborts. The file is then removed. Never rejects. */
export async function keepLoginLine(
  components: LoginLineComponents,
  { file, locale, everyMs = EVERY_MS }: LoginLineInit,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const { clock, log, status } = components
  /** Null before the first time: a file of an earlier run may be there. */
  let written: string | undefined | null = null
  let hasFailed = false
  while (!signal.aborted) {
    try {
      const line = loginLine(await status(), clock.now(), languageOf(locale))
      if (line !== written) await put(file, line)
      ;[written, hasFailed] = [line, false]
    } catch (error) {
      if (!hasFailed)
        log.warn('the line for log-ins cannot be written', { file, error: describeError(error), code: codeOf(error) })
      hasFailed = true
    }
    await orAborted(clock.sleep(everyMs, { signal }), signal).catch(() => undefined)
  }
  await rm(file, { force: true }).catch(() => undefined)
}

/** Everyone may read it, whatever the umask of the daemon. */
async function put(file: string, line: string | undefined): Promise<void> {
  if (line === undefined) {
    await rm(file, { force: true })
    return
  }
  const folder = await mkdir(dirname(file), { recursive: true })
  if (folder !== undefined) await chmod(folder, 0o755)
  const { O_CREAT, O_NOFOLLOW, O_TRUNC, O_WRONLY } = constants
  await using opened = await open(file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o644)
  await opened.chmod(0o644)
  await opened.writeFile(`${line}\n`)
}
