import { execFile, execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { debianMachineLacks } from '../journeys/machines/debian-machine.ts'
import { windowsAbsence } from '../support/windows/windows.ts'

/** Each benchmark runs small and throws nothing. Its figures then mean nothing, and no limit is looked at. */

const RUN = resolve(import.meta.dirname, '../../bench/run.ts')
const NODE_ARGS = ['--disable-warning=ExperimentalWarning', RUN]
const NAMES =
  execFileSync(process.execPath, [...NODE_ARGS, '--list'], { encoding: 'utf8' }).match(/(?<=^ {2})\S+/gm) ?? []
const NEEDS_ROOT: readonly string[] = ['freeze', 'exec-hold', 'execs', 'sighting']
const notRoot = process.geteuid?.() === 0 ? undefined : 'it needs root'

function absence(name: string): string | undefined {
  if (name === 'installed') return debianMachineLacks()
  if (name.includes('windows')) return windowsAbsence()
  return NEEDS_ROOT.includes(name) ? notRoot : undefined
}

test('there are benchmarks', () => expect(NAMES.length).toBeGreaterThan(20))

for (const name of NAMES) {
  const absent = absence(name)
  if (absent !== undefined) process.stderr.write(`skipped: bench ${name}: ${absent}\n`)
  const there = absent === undefined ? test : test.skip
  there(`${name} runs small and reports figures`, async () => {
    const env = { ...process.env, BENCH_SMALL: '1' }
    const { stdout } = await promisify(execFile)(process.execPath, [...NODE_ARGS, name], { env })
    const figures = stdout.trim().split('\n')
    expect(figures.map((line) => JSON.parse(line).value)).toEqual(figures.map(() => expect.any(Number)))
  })
}
