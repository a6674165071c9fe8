import { type ChildProcess, spawn } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'
import { join } from 'node:path'

/**
 * From now on the programs that this process starts end with it, even when it is killed. Node announces every child on a
 * diagnostics channel, except those of `spawnSync`. They are reported to a cleanup process, which outlives this one.
 *
 * @returns how many were started since.
 */
export function killChildrenAtExit(): () => number {
  let cleanup: ChildProcess | undefined
  let starting = false
  let count = 0
  const report = (line: string) => {
    if (cleanup === undefined) {
      starting = true
      cleanup = startCleanup()
      starting = false
    }
    cleanup.stdin?.write(`${line}\n`)
  }
  subscribe('child_process', (message) => {
    if (starting) return
    count++
    const { process: child } = message as { readonly process: ChildProcess } // as Node documents it
    child.once('spawn', () => {
      // A short child may have ended before this event.
      report(`started ${child.pid}`)
      if (child.exitCode !== null || child.signalCode !== null) report(`ended ${child.pid}`)
      else child.once('exit', () => report(`ended ${child.pid}`))
    })
  })
  return () => count
}

/** Starts the cleanup process detached: no test waits for it, and signals to the group of this process do not reach it. */
function startCleanup(): ChildProcess {
  const cleanup = spawn(process.execPath, [join(import.meta.dirname, 'child-cleanup-process.ts')], {
    // It must not inherit the output of this process, because readers wait until all copies are closed.
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  cleanup.on('error', () => undefined).unref()
  const { stdin } = cleanup
  stdin.on('error', () => undefined)
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref()
  return cleanup
}
