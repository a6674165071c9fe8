import { type ChildProcess, spawn } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'
import { join } from 'node:path'

/**
 * From now on what this process starts ends with it, even when it is killed: Node tells of every child, also of those that
 * the code under test starts, and a guardian is told. Not of those that are waited for in place (`spawnSync`).
 */
export function guardChildren(): void {
  let guardian: ChildProcess | undefined
  let starting = false
  const tell = (line: string) => {
    if (guardian === undefined) {
      starting = true
      guardian = startGuardian()
      starting = false
    }
    guardian.stdin?.write(`${line}\n`)
  }
  subscribe('child_process', (message) => {
    if (starting) return
    const { process: child } = message as { readonly process: ChildProcess } // as Node documents it
    child.once('spawn', () => {
      // It may have ended already: then it has been told of, or is now.
      tell(`started ${child.pid}`)
      if (child.exitCode !== null || child.signalCode !== null) tell(`ended ${child.pid}`)
      else child.once('exit', () => tell(`ended ${child.pid}`))
    })
  })
}

/** Beside us, not with us: no test waits for it, and what is sent to our group does not reach it. */
function startGuardian(): ChildProcess {
  const guardian = spawn(process.execPath, [join(import.meta.dirname, 'guardian.ts')], {
    // Nothing of ours: who reads what we say waits until nobody holds it any more.
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  guardian.on('error', () => undefined).unref()
  const { stdin } = guardian
  stdin.on('error', () => undefined)
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref()
  return guardian
}
