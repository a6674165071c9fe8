/**
 * `npm test`, `npm run test:unit`, `test:deep`, `test:windows` and `test:all`: builds the native parts, runs jest and prints the counts.
 * Except for unit tests, it installs what the tests need first. `npm test -- PATH` runs the tests with that in their path.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { SUITES } from '../test/support/jest/suites.ts'
import { measureSlowness, slowness } from '../test/support/machine-speed.ts'
import { installTestPrerequisites } from './test-prerequisites.ts'

const root = resolve(import.meta.dirname, '..')
const run = (args: readonly string[], env: Record<string, string> = {}) =>
  spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } }).status ?? 1

// So that fixtures have the modes that tests expect.
process.umask(0o022)
measureSlowness(process.env)
if (slowness() > 1) console.log(`This machine is slow or busy: time limits are ${slowness()} times as long as usual.`)
const [given = 'test', ...named] = process.argv.slice(2)
const suite = Object.entries(SUITES).find(([name]) => name === given && named.length === 0)
const jestArguments = suite?.[1] ?? (given === 'test' ? named : [given, ...named])
if (suite !== undefined && given !== 'unit') await installTestPrerequisites((line) => console.log(line))
run(['scripts/build-native.ts', '--if-possible'])
// Else each test under Wine would compile it, several at once.
if (suite !== undefined && given !== 'unit') run(['scripts/build-native.ts', '--windows', '--if-possible'])

const folder = mkdtempSync(join(tmpdir(), 'surety-test-'))
const report = join(folder, 'report.json')
const status = run(
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    // A run of named files may be a soak test of hours.
    ...(suite !== undefined ? ['--reporters=default', '--reporters=<rootDir>/scripts/stuck-test-reporter.ts'] : []),
    '--json',
    `--outputFile=${report}`,
    ...jestArguments,
  ],
  // Programs start three times as fast, and tests start hundreds.
  { NODE_COMPILE_CACHE: join(folder, 'compiled') },
)
try {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numRuntimeErrorTestSuites } = JSON.parse(
    readFileSync(report, 'utf8'),
  )
  const failed = numFailedTests + numRuntimeErrorTestSuites
  console.log(`${numPassedTests} passed, ${failed} failed, ${numPendingTests + numTodoTests} skipped`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exitCode = status
