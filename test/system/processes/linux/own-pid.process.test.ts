import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ownPid } from '../../../../src/system/processes/linux/own-pid.ts'

const MODULE = join(import.meta.dirname, '../../../../src/system/processes/linux/own-pid.ts')
const UNSHARE = '/usr/bin/unshare'

const canUnshare = spawnSync(UNSHARE, ['--pid', '--fork', 'true']).status === 0
if (!canUnshare) process.stderr.write('skipped: our number in a process namespace: only root may make one, on Linux\n')

test('it is the one under which we are listed', () => {
  expect(ownPid()).toBe(process.pid)
})

const there = canUnshare ? test : test.skip

there('also in a process namespace of our own, where we have another', async () => {
  const say = `import { ownPid } from ${JSON.stringify(MODULE)}; console.log(process.pid, ownPid()); process.stdin.resume()`
  const args = ['--pid', '--fork', process.execPath, '--input-type=module', '-e', say]
  const child = spawn(UNSHARE, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const [said] = await once(child.stdout, 'data')
  const [inside, listed] = String(said).split(' ').map(Number)
  expect(inside).toBe(1)
  expect(readFileSync(`/proc/${listed}/status`, 'utf8')).toMatch(new RegExp(`^NSpid:.*\\t${listed}\\t1$`, 'm'))
  child.stdin.end()
  await ended
})
