import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** What `suretyd` says to a command line that it does not understand: one line with a code, and what to do. */

const MAIN = resolve(import.meta.dirname, '../../src/main-daemon.ts')

function suretyd(...args: readonly string[]) {
  using folder = temporaryFolder()
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    cwd: folder.path,
    env: { PATH: '/usr/bin:/bin', HOME: folder.path },
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

test.each([
  [[], /a command is missing: the commands are run and check-catalogue\. For help run: suretyd --help/],
  [['status'], /unknown command "status".*; for this use: surety status/],
  [['version'], /unknown command "version".*; for this use: surety version/],
  [['nosuch'], /unknown command "nosuch": the commands are run and check-catalogue/],
  [['\u001b[2J'], /unknown command "\\u001b\[2J"/],
  [['check-catalogue'], /check-catalogue takes one file, 0 were given/],
  [['check-catalogue', 'a', 'b'], /check-catalogue takes one file, 2 were given/],
  [['run', '--enrolment-stdin', '--service-input'], /both read standard input: give one/],
])('%j: exit code 2', (args, said) => {
  const { status, stdout, stderr } = suretyd(...args)
  expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: '', stderr: expect.stringMatching(said) })
  expect(stderr).toMatch(/^suretyd: [^\n]* \[USAGE_INVALID\]\n$/)
})

test.each([
  [['--nosuch'], /unknown option "--nosuch"\. The options are listed by --help \[/],
  [['--\u001b[2J'], /unknown option "--\\u001b\[2J"/],
  [['--log-levle', 'info'], /unknown option "--log-levle" \(similar: --log-level, /],
  [['more'], /no option takes the word "more": leave it out/],
  [['--log-level', 'loud'], /--log-level: log\.level: expected one of error, warn, info, debug \[/],
  [
    ['--posture-skip', 'foo.bar'],
    /posture\.skip: expected a list of checks, separated by commas on a command line: disk\.root-encrypted, /,
  ],
  [['--log-max-files', '1e3'], /log\.maxFiles: expected a whole number from 1 to 100 \[/],
  [['--socket', 'relative'], /socket: expected an absolute path \[/],
  [['--support-url', 'http://x'], /support\.url: expected an address that begins with https:\/\/ \[/],
  [['--config', '/nowhere'], /\/nowhere: no such file \[/],
])('run %j: exit code 2, in the words of the setting', (args, said) => {
  const { status, stdout, stderr } = suretyd('run', ...args)
  expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: '', stderr: expect.stringMatching(said) })
  expect(stderr).toMatch(/^suretyd: [^\n]* \[CONFIG_INVALID\]\n$/)
  expect(stderr).not.toMatch(/schema|pattern|\^|must be equal/)
})

test('help shows what each setting may be, and its default', () => {
  const { status, stdout } = suretyd('--help')
  expect(status).toBe(0)
  expect(stdout).toMatch(/--log-level VALUE +minimum log level; one of error, warn, info, debug \[info\]/)
  expect(stdout).toMatch(/--log-max-files VALUE +how many log files are kept; a whole number from 1 to 100 \[5\]/)
})

const asRoot = process.geteuid?.() === 0 ? test : test.skip

asRoot('as an ordinary user it says what to do', () => {
  using folder = temporaryFolder()
  const closed = join(folder.path, 'closed')
  const { status, stderr } = spawnSync(
    '/usr/bin/setpriv',
    [
      '--reuid',
      '65534',
      '--clear-groups',
      process.execPath,
      MAIN,
      'run',
      '--keys',
      'software',
      '--state-folder',
      closed,
    ],
    { env: { PATH: '/usr/bin:/bin' }, encoding: 'utf8' },
  )
  expect(status).toBe(1)
  expect(stderr).toMatch(/Run it as root, or give --state-folder and --socket in folders of your own \[[A-Z_]+\]\n$/)
})
