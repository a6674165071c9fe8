import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Starts `sleep` as an executable in the folder of a known agent, which is recognised by that path. */
export function startStandInAgent(folder: string): Disposable & { readonly child: ChildProcess } {
  const path = join(folder, 'node_modules/@openai/codex-linux/vendor/here/bin/codex')
  mkdirSync(dirname(path), { recursive: true })
  if (!existsSync(path)) copyFileSync('/usr/bin/sleep', path)
  const child = spawn(path, ['600'], { stdio: 'ignore' })
  return { child, [Symbol.dispose]: () => void child.kill('SIGKILL') }
}
