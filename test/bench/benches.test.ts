import { execFileSync } from 'node:child_process'
import { windowsAbsence } from '../support/windows/windows.ts'
import { BENCH_ARGS, testSmall } from './run-small.ts'

/** It makes packages and boots a machine: `installed.test.ts` runs it, with the family of the packages. */
const INSTALLED = 'installed'
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
  expect(NAMES).toContain(INSTALLED)
})

for (const name of NAMES.filter((each) => each !== INSTALLED)) testSmall(name, absence(name))
