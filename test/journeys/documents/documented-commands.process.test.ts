import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scaledMs } from '../../support/machine-speed.ts'
import { freePort } from '../../support/processes/free-port.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { makeAuthority } from '../../support/tpm/certificates.ts'
import { paste, shellBlocksOf } from './pasted-shell.ts'

/** The shell blocks of documents that need no machine of their own. */

test(
  'docs/quick-start.md: every shell block runs, on a real directory and daemon',
  async () => {
    const blocks = shellBlocksOf('docs/quick-start.md')
    expect(blocks).toHaveLength(7)
    const { exitCode, stdout, stderr, begun, logs } = await paste(blocks, {
      environment: {
        SURETY_DIRECTORY_DEVICES_PORT: `${await freePort()}`,
        SURETY_DIRECTORY_API_PORT: `${await freePort()}`,
        SURETY_DIRECTORY_CONSOLE_PORT: '0',
        // A question to apt takes seconds of a core.
        SURETYD_POSTURE_SKIP: 'os.security-updates',
      },
    })
    // Compared together, so that a failure shows the logs.
    expect({ exitCode, stderr, logs: exitCode === 0 ? {} : logs, begun }).toEqual({
      exitCode: 0,
      stderr: expect.any(String),
      logs: {},
      begun: blocks.map((_, at) => at + 1),
    })
    expect(stdout).toMatch(/ada@example\.org/)
    expect(stdout).toMatch(/^VERIFIED: /m)
    expect(logs.directory).toMatch(/the directory ends/)
  },
  scaledMs(180_000),
)

test('docs/json.md: every shell block runs', async () => {
  const { exitCode, stdout } = await paste(shellBlocksOf('docs/json.md'))
  expect({ exitCode, schemas: stdout.includes('"title": "surety/status@1"') }).toEqual({ exitCode: 0, schemas: true })
})

/** What stands around the examples of administrators: a directory, and a profile of one of them. */
const RUNNING = [
  `umask 077
export SURETY_DIRECTORY_DATA="$PWD/directory"
surety-directory serve --names localhost 2> directory.log &
until surety-directory devices list > /dev/null 2>&1; do kill -0 $!; sleep 1; done
surety-directory administrators add ada --role operator --out ada.json`,
]
const ENDED = ['kill %1', 'wait']
const DAY_MS = 86_400_000

test.each([
  ['command-line', 3, /DIRECTORY_UNREACHABLE\n {2}Means/],
  ['trust-anchors', 1, /CN=Intermediate/],
] as const)(
  'docs/admin/%s.md: every shell block runs',
  async (name, count, printed) => {
    const blocks = shellBlocksOf(`docs/admin/${name}.md`)
    expect(blocks).toHaveLength(count)
    const key = testKey('maker')
    const { exitCode, stdout, stderr } = await paste([...RUNNING, ...blocks, ...ENDED], {
      environment: {
        SURETY_DIRECTORY_DEVICES_PORT: `${await freePort()}`,
        SURETY_DIRECTORY_API_PORT: `${await freePort()}`,
        SURETY_DIRECTORY_CONSOLE_PORT: '0',
      },
      async prepare(cwd) {
        const valid = { notBefore: Date.now() - DAY_MS, notAfter: Date.now() + DAY_MS }
        const root = await makeAuthority({ subject: 'CN=Root', issuer: 'CN=Root', signer: key, key, ...valid })
        writeFileSync(
          join(cwd, 'root.pem'),
          `-----BEGIN CERTIFICATE-----\n${Buffer.from(root).toString('base64')}\n-----END CERTIFICATE-----\n`,
        )
        const below = { subject: 'CN=Intermediate', issuer: 'CN=Root', signer: key, key: testKey('below'), ...valid }
        writeFileSync(join(cwd, 'intermediate.der'), await makeAuthority(below))
      },
    })
    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(printed)
  },
  scaledMs(180_000),
)

test(
  'gitops.md and governed-fleet.md: every shell block runs, on real programs',
  async () => {
    const gitops = shellBlocksOf('docs/admin/gitops.md')
    const [status = '', people = '', laptops = '', accepted = '', ...rest] =
      shellBlocksOf('docs/admin/governed-fleet.md')
    expect([gitops.length, rest.length]).toEqual([1, 6])
    const enrolled = `export SURETY_SOCKET="$PWD/run/control.sock"
suretyd run --keys software --state-folder "$PWD/state" --socket "$SURETY_SOCKET" --enrolment-file "$PWD/enrolment" 2> suretyd.log &
until surety-directory devices pending --json | grep -q dev_; do kill -0 $!; sleep 1; done`
    const checked = 'until surety status --json 2> /dev/null | grep -q \'"verdict"\'; do kill -0 %2; sleep 1; done'
    const removed = 'mv surety earlier'
    const fleet = [status, people, laptops, enrolled, accepted, checked, ...rest]
    const blocks = [...RUNNING, ...gitops, removed, ...fleet, 'kill %2 %1', 'wait']
    const { exitCode, stdout, stderr, begun, logs } = await paste(blocks, {
      environment: {
        SURETY_DIRECTORY_DEVICES_PORT: `${await freePort()}`,
        SURETY_DIRECTORY_API_PORT: `${await freePort()}`,
        SURETY_DIRECTORY_CONSOLE_PORT: '0',
        // A question to apt takes seconds of a core.
        SURETYD_POSTURE_SKIP: 'os.security-updates',
      },
    })
    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr, logs: exitCode === 0 ? {} : logs, begun }).toEqual({
      exitCode: 0,
      stderr: '',
      logs: {},
      begun: blocks.map((_, at) => at + 1),
    })
    expect(stdout).toContain('add person "grace": email grace@example.org\n')
    expect(stdout).toContain(
      'add person "bob": email bob@example.org; groups developers; manager ada\n2 new, 0 to change',
    )
    expect(stdout).toContain('\n2 added, 0 changed, 0 unchanged\n')
    expect(stdout).toMatch(/\nDEVICES: 1\n.*\n.*\n\nAGENTS SEEN/)
    expect(stdout).toMatch(/\nANSWERS FOR AGENTS: 1\n.*\n +nightly builds +active/)
    expect(stdout).toMatch(/change rules: text .*\n/)
    expect(stdout).toMatch(/add registration "nightly builds": .*owner ada/)
    expect(stdout).toMatch(/^nightly builds\tactive\tada\t/m)
    // What was exported at the end is what is there.
    expect(stdout).toMatch(/\n0 to add, 0 to change, 0 to remove, \d+ unchanged\n/)
  },
  scaledMs(180_000),
)
