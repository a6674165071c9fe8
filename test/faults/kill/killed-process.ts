import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A program that is killed while it runs, and started again. */
interface KilledProcess {
  /** kill -9, and wait until it is gone. */
  kill(): Promise<void>
  /** Ends its standard input: it is asked to finish. */
  finish(): void
  /** Resolves when it ended by itself, and well; rejects when otherwise. */
  readonly ended: Promise<void>
  /** Rejects when it ended though nobody killed it. */
  readonly failed: Promise<never>
}

export function startProcess(
  command: readonly [script: string, ...args: string[]],
  onLine: (line: string) => void,
): KilledProcess {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...command], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE },
  })
  let stderr = ''
  child.stdin.on('error', () => undefined)
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  createInterface({ input: child.stdout }).on('line', onLine)
  let killed = false
  const closed = once(child, 'close')
  const ended = closed.then(([code, signal]) => {
    if (code !== 0 && !killed) throw new Error(`${command.join(' ')} ended with ${code ?? signal}: ${stderr}`)
  })
  const failed = ended.then(() => new Promise<never>(() => undefined))
  for (const promise of [ended, failed]) promise.catch(() => undefined)
  return {
    ended,
    failed,
    finish: () => child.stdin.end(),
    async kill() {
      killed = true
      child.kill('SIGKILL')
      await closed
      // Ended by itself a moment before: that is no kill.
      if (child.signalCode !== 'SIGKILL') throw new Error(`${command.join(' ')} ended by itself: ${stderr}`)
    },
  }
}
