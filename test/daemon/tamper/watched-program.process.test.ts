import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

/** A real program that is really stopped, and one that really gets no processor. */

const PROGRAM = join(import.meta.dirname, 'watched-program-probe.ts')
/** The first that this program may use. */
const CPU = /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
const onLinux = process.platform === 'linux' ? test : test.skip
/** An ordinary user may enter the idle class of the scheduler, and not leave it. */
const asRootOnLinux = process.getuid?.() === 0 ? onLinux : test.skip

async function watched() {
  const folder = temporaryFolder()
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM, folder.path], {
    stdio: 'pipe',
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  const signs = (): readonly { kind: string; cause?: string; durationMs?: number }[] =>
    out
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line))
      .filter(({ kind }) => kind !== 'watching')
  await waitFor('the watch', () => out.includes('watching'), { show: () => ({ out, err }) })
  return { child, signs, [Symbol.asyncDispose]: () => ended(child).finally(() => folder[Symbol.dispose]()) }
}

async function ended(child: ChildProcessWithoutNullStreams): Promise<void> {
  const over = once(child, 'exit')
  child.kill('SIGCONT')
  child.stdin.end()
  await over
}

const stateOf = (pid: number | undefined) =>
  execFileSync('ps', ['-o', 'state=', '-p', `${pid}`], { encoding: 'utf8' }).trim()
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

onLinux('a stopped program reports it once it continues, and nothing while it runs', async () => {
  await using program = await watched()
  program.child.kill('SIGSTOP')
  await waitFor('the stop', () => stateOf(program.child.pid) === 'T')
  await later(900)
  const held = () => program.signs().filter(({ cause }) => cause === 'signal')
  expect(held()).toEqual([])
  program.child.kill('SIGCONT')
  await waitFor('the sign', () => held().length > 0)
  const [sign] = held()
  expect(sign).toMatchObject({ kind: 'paused' })
  expect(sign?.durationMs).toBeGreaterThanOrEqual(800)
})

asRootOnLinux('a program that gets no processor says that it was starved', async () => {
  await using program = await watched()
  const pid = `${program.child.pid}`
  // On one processor, below everything else. Beside one other program it would get its turn after a tenth of a second.
  execFileSync('/usr/bin/taskset', ['-acp', CPU, pid])
  const starve = async () => {
    execFileSync('/usr/bin/chrt', ['-a', '-i', '-p', '0', pid])
    const loop = ['-c', CPU, '/usr/bin/sh', '-c', 'while :; do :; done']
    const busy = Array.from({ length: 16 }, () => spawn('/usr/bin/taskset', loop, { stdio: 'ignore' }))
    await later(1_500)
    for (const one of busy) one.kill('SIGKILL')
    execFileSync('/usr/bin/chrt', ['-a', '-o', '-p', '0', pid])
    await later(500)
  }
  // On a busy machine the others may get as little.
  await waitFor('the sign', () => starve().then(() => program.signs().some(({ kind }) => kind === 'starved')), {
    show: () => ({ signs: program.signs() }),
  })
})
