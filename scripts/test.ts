/** `npm test`: brings what the tests need, builds the native parts, runs jest, ends with one line that counts. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { measureSlowness, slowness } from '../test/support/machine-speed.ts'
import { installTestPrerequisites } from './prerequisites.ts'

const root = resolve(import.meta.dirname, '..')
const run = (args: readonly string[], env: Record<string, string> = {}) =>
  spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } }).status ?? 1

// Fixtures have the modes that the tests expect of them.
process.umask(0o022)
measureSlowness(process.env)
if (slowness() > 1) console.log(`This machine is slow or busy: time limits are ${slowness()} times as long as usual.`)
const jestArguments = process.argv.slice(2)
if (jestArguments.length === 0) installTestPrerequisites((line) => console.log(line))
run(['scripts/build-native.ts', '--if-possible'])

const folder = mkdtempSync(join(tmpdir(), 'surety-test-'))
const report = join(folder, 'report.json')
const status = run(
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    // Whoever names files may mean to soak for hours.
    ...(jestArguments.length === 0 ? ['--reporters=default', '--reporters=<rootDir>/scripts/stuck-tests.ts'] : []),
    '--json',
    `--outputFile=${report}`,
    ...jestArguments,
  ],
  // The programs that tests start by the hundred start three times as fast.
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
