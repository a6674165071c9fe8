import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadNativeAddon } from '../../../../src/system/native/native-addon.ts'
import { linuxProcesses } from '../../../../src/system/processes/linux/process-table.ts'
import { sayMissing } from '../../../hostile-device/hostile-program.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { waitFor } from '../../../support/wait-for.ts'

const missing = whatIsMissing()
if (missing !== undefined) sayMissing('processes without a first thread', missing)

function whatIsMissing(): string | undefined {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return 'root on Linux'
  if (!existsSync('/usr/bin/gcc')) return 'gcc (apt install gcc libc6-dev)'
  return loadNativeAddon() === undefined ? 'the native addon' : undefined
}

const whenPossible = missing === undefined ? test : test.skip

whenPossible('knows a process whose first thread has ended by its other threads', async () => {
  using folder = temporaryFolder()
  const program = join(folder.path, 'leaderless')
  execFileSync('/usr/bin/gcc', ['-pthread', '-o', program, join(import.meta.dirname, 'leaderless.c')])
  const child = spawn(program, ['--yolo'], { stdio: ['pipe', 'pipe', 'ignore'], env: { AI_AGENT: 'robo' } })
  const closed = once(child, 'close')
  const pid = child.pid ?? 0
  await once(child.stdout, 'data')
  await waitFor('the end of its first thread', () => readFileSync(`/proc/${pid}/status`, 'utf8'), {
    until: (status) => /^State:\tZ/m.test(status),
  })
  const table = linuxProcesses({ addon: loadNativeAddon() })
  const known = { executable: program, argv: [program, '--yolo'], comm: 'leaderless' }
  expect(table.entry(pid)).toMatchObject(known)
  expect((await table.scan({})).find((entry) => entry.pid === pid)).toMatchObject(known)
  expect(table.surroundings(pid, new Set())?.environmentNames).toEqual(['AI_AGENT'])
  child.stdin.end()
  await closed
  expect(table.entry(pid)).toBeUndefined()
})
