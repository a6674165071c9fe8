import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { linuxProcessDetails } from '../../../../src/system/processes/linux/process-details.ts'
import { linuxProcesses } from '../../../../src/system/processes/linux/process-table.ts'

test('an executable that was deleted is called otherwise than when it began', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'surety-replaced-'))
  const program = join(folder, 'program')
  copyFileSync(realpathSync('/bin/sh'), program)
  const child = spawn(program, ['-c', 'echo up; read line'], { stdio: ['pipe', 'pipe', 'ignore'] })
  try {
    await once(child.stdout, 'data')
    const entry = linuxProcesses().entry(child.pid ?? 0)
    const now = () => (entry === undefined ? 'none' : linuxProcessDetails().executableNow(entry))
    expect([entry?.executable, now()]).toEqual([program, program])
    rmSync(program)
    expect(now()).toBe(`${program} (deleted)`)
    child.kill('SIGKILL')
    await once(child, 'close')
    expect(now()).toBeUndefined()
  } finally {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  }
})
