import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'

/** A file system of its own at `path`: an exec gate that fails there holds up nothing else on the machine. Only root can. */
export function ownMount(path: string): Disposable {
  mkdirSync(path)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'surety-test', path])
  return { [Symbol.dispose]: () => void execFileSync('umount', ['--lazy', path]) }
}
