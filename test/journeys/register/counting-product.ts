import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { waitFor } from '../../support/wait-for.ts'

/** Where each product has its program. A stop holds it for every test of this machine, so each test file has its own. */
const PROGRAMS = {
  amp: '@ampcode/cli/bin/amp',
  'codex-acp': '@zed-industries/codex-acp-linux-x64/bin/codex-acp',
  droid: 'node_modules/droid/bin/droid',
}

/** A shell where that product has its program. Its child writes all the time. */
export function startAgent(folder: string, name: string, product: keyof typeof PROGRAMS) {
  const path = join(folder, name, PROGRAMS[product])
  mkdirSync(dirname(path), { recursive: true })
  copyFileSync('/bin/bash', path)
  const file = join(folder, `${name}.count`)
  const script = '(exec 3<> <(:); while :; do echo >> "$0"; read -t 0.02 -u 3; done) & wait'
  const child = spawn(path, ['-c', script, file], { stdio: 'ignore', detached: true })
  const size = () => statSync(file, { throwIfNoEntry: false })?.size ?? 0
  return {
    async grows(): Promise<boolean> {
      const before = size()
      await new Promise((resolve) => setTimeout(resolve, 300))
      return size() > before
    },
    /** A busy disk holds an append up for a second. */
    async goesOn(): Promise<void> {
      const before = size()
      await waitFor(`${name} to go on`, () => size() > before)
    },
    [Symbol.dispose]() {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It was ended before.
      }
    },
  }
}
