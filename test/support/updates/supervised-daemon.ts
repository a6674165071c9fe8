import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const RESTART_MS = 100

export interface SupervisedDaemon extends AsyncDisposable {
  /** What all its runs wrote to standard error. */
  log(): string
  /** The exit codes or signals of the runs that ended. */
  readonly ends: readonly (number | string)[]
  /** Ends the present run as a crash would. */
  kill(): void
}

/** Starts the installed program again whenever it ends, as a service manager does. */
export function supervisedDaemon(init: {
  readonly installed: string
  readonly args: readonly string[]
}): SupervisedDaemon {
  const ends: (number | string)[] = []
  let child: ChildProcess | undefined
  let said = ''
  let isOver = false
  const command = [join(init.installed, 'bin/node'), join(init.installed, 'suretyd/suretyd.mjs'), 'run', ...init.args]
  const ended = (async () => {
    while (!isOver) {
      child = spawn(command[0] ?? '', command.slice(1), {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { PATH: process.env.PATH },
      })
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        said += text
      })
      const [code, signal] = await once(child, 'close')
      ends.push(code ?? signal)
      // A wrong configuration: another start would not help.
      if (code === 2) return
      await delay(RESTART_MS)
    }
  })()
  return {
    log: () => said,
    ends,
    kill: () => void child?.kill('SIGKILL'),
    async [Symbol.asyncDispose]() {
      isOver = true
      child?.kill('SIGKILL')
      await ended
    },
  }
}
