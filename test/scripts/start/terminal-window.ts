import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const TMUX = '/usr/bin/tmux'

/** Why there is no terminal here; undefined where there is. */
export function terminalMissing(): string | undefined {
  return existsSync(TMUX) ? undefined : `${TMUX} is missing (apt-get install tmux)`
}

/** A real terminal in which one command runs. */
export interface TerminalWindow extends Disposable {
  /** All lines: those that have scrolled away, then those on the screen. Folded ones are one, without what is blank at the end. */
  lines(): Promise<readonly string[]>
  /** As a person types: `C-c`, `Enter`, a letter. */
  type(...keys: readonly string[]): Promise<void>
}

/**
 * @param init.folder private, for its socket.
 * @param init.env beside a PATH.
 */
export function openTerminal(
  init: {
    readonly folder: string
    readonly columns: number
    readonly rows: number
    readonly env?: Readonly<Record<string, string>>
  },
  command: readonly string[],
): TerminalWindow {
  const own = ['-S', join(init.folder, 'terminal'), '-f', '/dev/null']
  const size = ['-x', String(init.columns), '-y', String(init.rows)]
  const variables = Object.entries(init.env ?? {}).map(([name, value]) => `${name}=${value}`)
  // What was printed can be read after the command has ended.
  const shell = ['/bin/sh', '-c', '"$@"; echo "ended with $?"; exec sleep infinity', 'sh', '/usr/bin/env', ...variables]
  const env = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' }
  execFileSync(TMUX, [...own, 'new-session', '-d', ...size, ...shell, ...command], { env })
  return {
    async lines() {
      const { stdout } = await run(TMUX, [...own, 'capture-pane', '-p', '-J', '-S', '-', '-E', '-'], { env })
      return stdout.split('\n').map((line) => line.trimEnd())
    },
    async type(...keys) {
      await run(TMUX, [...own, 'send-keys', ...keys], { env })
    },
    [Symbol.dispose]() {
      execFileSync(TMUX, [...own, 'kill-server'], { env })
    },
  }
}
