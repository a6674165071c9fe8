/**
 * `npm test`, `npm run test:unit`, `test:deep`, `test:all` and their like, each a suite of `test/support/jest/suites.ts`: installs
 * what the suite needs, builds the native parts, runs jest and prints the counts. `npm test -- PATH` runs the tests with that in
 * their path, `npm run test:deep -- FAMILY` one family, and `ci` does what CI does: `npm test`, then the family of the day.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import {
  argumentsOfFamily,
  CONFLICTS,
  FAMILY_NAMES,
  type Family,
  FULL_DRAWS,
  familyOfDay,
  SUITES,
  type Suite,
} from '../test/support/jest/suites.ts'
import { measureSlowness, slowness } from '../test/support/machine-speed.ts'
import { memoryOfRun } from '../test/support/temporary-folder.ts'
import { SUITE_SECONDS_FILE } from './suite-seconds.ts'
import { installTestPrerequisites } from './test-prerequisites.ts'

interface Run {
  readonly jest: readonly string[]
  /** Undefined where files are named: nothing is installed, and no time is kept. */
  readonly suite?: Suite | Family
  readonly env?: Readonly<Record<string, string>>
}

interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

const DAY_MS = 86_400_000
/** Of `npm test`, on two idle cores. More fails nothing. */
const LIMIT_SECONDS = 360
const NO_COUNTS: Counts = { passed: 0, failed: 0, skipped: 0 }

const root = resolve(import.meta.dirname, '..')
// So that fixtures have the modes that tests expect.
process.umask(0o022)
measureSlowness(process.env)
if (slowness() > 1) console.log(`This machine is slow or busy: time limits are ${slowness()} times as long as usual.`)
const folder = mkdtempSync(join(tmpdir(), 'surety-test-'))
try {
  using memory = memoryOfRun()
  Object.assign(process.env, memory.env)
  let sum = NO_COUNTS
  for (const each of runsOf(process.argv.slice(2))) sum = added(sum, await countsOf(each))
  console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`)
  if (sum.failed > 0) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function runsOf([given = 'test', ...named]: readonly string[]): readonly Run[] {
  if (given === 'ci') return [suiteRun('test'), runOfToday()]
  if (named.length === 0 && given === 'deep') return [suiteRun('deep'), CONFLICTS]
  if (named.length === 0 && isSuite(given)) return [suiteRun(given)]
  const [family = ''] = named
  if (given === 'deep' && family === 'conflicts') return [CONFLICTS]
  if (given === 'deep' && isFamily(family)) return [familyRun(family)]
  return [{ jest: given === 'test' ? named : [given, ...named] }]
}

function suiteRun(suite: Suite): Run {
  return { suite, jest: SUITES[suite], env: suite === 'all' ? FULL_DRAWS : {} }
}

function familyRun(family: Family): Run {
  return { suite: family, jest: argumentsOfFamily(family) }
}

function runOfToday(): Run {
  const day = Math.floor(Date.now() / DAY_MS)
  const family = familyOfDay(day)
  console.log(`Deep tests of today: ${family}, with TEST_SEED=${day}. They are run by: npm run test:deep -- ${family}`)
  return { ...familyRun(family), env: { TEST_SEED: String(day) } }
}

async function countsOf({ suite, jest, env }: Run): Promise<Counts> {
  if (suite !== undefined && suite !== 'unit') await installTestPrerequisites(suite, (line) => console.log(line))
  run(['scripts/build-native.ts', '--if-possible'])
  // Tests in a browser open the built console.
  if (suite !== 'unit') run(['scripts/make-console.ts', '--if-changed'])
  // Else each test under Wine would compile it, several at once.
  if (suite !== undefined && suite !== 'unit' && suite !== 'test')
    run(['scripts/build-native.ts', '--windows', '--if-possible'])
  const report = join(folder, 'report.json')
  rmSync(report, { force: true })
  const begun = performance.now()
  const status = run(
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      // A run of named files may be a soak test of hours.
      ...(suite === undefined ? [] : ['--reporters=default', '--reporters=<rootDir>/scripts/stuck-test-reporter.ts']),
      '--json',
      `--outputFile=${report}`,
      ...jest,
    ],
    // Programs start three times as fast, and tests start hundreds.
    { NODE_COMPILE_CACHE: join(folder, 'compiled'), ...env },
  )
  if (suite !== undefined) keepSeconds(suite, Math.round((performance.now() - begun) / 1000))
  const counts = existsSync(report) ? countsIn(report) : NO_COUNTS
  // jest may fail without a failed test.
  return status === 0 || counts.failed > 0 ? counts : { ...counts, failed: 1 }
}

function keepSeconds(suite: Suite | Family, seconds: number): void {
  const took = `${suite}: ${Math.floor(seconds / 60)} min ${seconds % 60} s`
  console.log(suite === 'test' ? `${took}; the limit is ${LIMIT_SECONDS / 60} min on two idle cores` : took)
  const path = join(root, SUITE_SECONDS_FILE)
  const kept = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify({ ...kept, [suite]: seconds }, undefined, 2)}\n`)
}

function countsIn(report: string): Counts {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numRuntimeErrorTestSuites } = JSON.parse(
    readFileSync(report, 'utf8'),
  )
  return {
    passed: numPassedTests,
    failed: numFailedTests + numRuntimeErrorTestSuites,
    skipped: numPendingTests + numTodoTests,
  }
}

function added(one: Counts, other: Counts): Counts {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
  }
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): number {
  return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } }).status ?? 1
}

function isSuite(name: string): name is Suite {
  return Object.hasOwn(SUITES, name)
}

function isFamily(name: string): name is Family {
  return FAMILY_NAMES.some((each) => each === name)
}
