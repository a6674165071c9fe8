import { execFileSync } from 'node:child_process'
import { windowsAbsence } from '../support/windows/windows.ts'
import { BENCH_ARGS, OF_PACKAGES, testSmall } from './run-small.ts'

const NAMES =
  execFileSync(process.execPath, [...BENCH_ARGS, '--list'], { encoding: 'utf8' }).match(/(?<=^ {2})\S+/gm) ?? []
const NEEDS_ROOT: readonly string[] = ['freeze', 'exec-hold', 'execs', 'sighting']
const notRoot = process.geteuid?.() === 0 ? undefined : 'it needs root'

function absence(name: string): string | undefined {
  if (name.includes('windows')) return windowsAbsence()
  return NEEDS_ROOT.includes(name) ? notRoot : undefined
}

test('there are benchmarks', () => {
  expect(NAMES.length).toBeGreaterThan(20)
  expect(NAMES).toEqual(expect.arrayContaining([...OF_PACKAGES]))
})

for (const name of NAMES.filter((each) => !OF_PACKAGES.includes(each))) testSmall(name, absence(name))
