import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

/** A process that lies where an agent lies: found by its executable, not by its name. */
export function fakeAgent(folder: string): { readonly pid: number } & Disposable {
  const bin = join(folder, 'node_modules/@anthropic-ai/claude-code/bin')
  mkdirSync(bin, { recursive: true })
  copyFileSync('/usr/bin/sleep', join(bin, 'claude.exe'))
  const child = spawn(join(bin, 'claude.exe'), ['600'], { stdio: 'ignore' })
  return { pid: child.pid ?? 0, [Symbol.dispose]: () => void child.kill('SIGKILL') }
}
