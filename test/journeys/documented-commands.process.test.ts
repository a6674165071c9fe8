import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { scaledMs } from '../support/machine-speed.ts'
import { freePort } from '../support/processes/free-port.ts'
import { testKey } from '../support/protocol/test-keys.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { makeAuthority } from '../support/tpm/certificates.ts'

/** The shell blocks of docs/quick-start.md and docs/json.md, run in one shell each as a reader pastes them. */

const ROOT = resolve(import.meta.dirname, '../..')

function shellBlocksOf(document: string): readonly string[] {
  const page = readFileSync(join(ROOT, document), 'utf8')
  return [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)
}

/** The programs as `npm run link` gives them, for the Node that runs this test. */
function linked(folder: string): string {
  const prefix = join(folder, 'linked')
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/link.ts'), '--prefix', prefix], {
    encoding: 'utf8',
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return `${join(prefix, 'bin')}:${dirname(process.execPath)}:/usr/bin:/bin`
}

/** Job control, as in the shell of a person, and an end at the first command that fails. */
async function paste(
  blocks: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  prepare: (cwd: string) => unknown = () => undefined,
) {
  using folder = temporaryFolder()
  const cwd = join(folder.path, 'new')
  mkdirSync(cwd, { mode: 0o700 })
  await prepare(cwd)
  const end = "trap 'kill $(jobs -p) 2> /dev/null || true' EXIT"
  const shell = spawn(
    '/bin/bash',
    ['-emc', [end, ...blocks.map((block, at) => `echo "block ${at + 1}"\n${block}`)].join('\n')],
    {
      cwd,
      env: { PATH: linked(folder.path), HOME: folder.path, LANG: 'C.UTF-8', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const said = { stdout: '', stderr: '' }
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text
  })
  shell.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text
  })
  const ended = once(shell, 'exit')
  const late = setTimeout(() => shell.kill('SIGTERM'), scaledMs(120_000))
  const [exitCode] = await ended
  clearTimeout(late)
  const log = (name: string) => {
    try {
      return readFileSync(join(cwd, name), 'utf8')
    } catch {
      return ''
    }
  }
  return { exitCode, ...said, logs: { directory: log('directory.log'), suretyd: log('suretyd.log') } }
}

test(
  'docs/quick-start.md: every shell block runs, on a real directory and daemon',
  async () => {
    const blocks = shellBlocksOf('docs/quick-start.md')
    expect(blocks).toHaveLength(7)
    const { exitCode, stdout, stderr, logs } = await paste(blocks, {
      SURETY_DIRECTORY_DEVICES_PORT: `${await freePort()}`,
      SURETY_DIRECTORY_API_PORT: `${await freePort()}`,
      // A question to apt takes seconds of a core.
      SURETYD_POSTURE_SKIP: 'os.security-updates',
    })
    // Compared together, so that a failure shows the logs.
    expect({ exitCode, stderr, logs: exitCode === 0 ? {} : logs, blocks: stdout.match(/^block \d$/gm) }).toEqual({
      ...{ exitCode: 0, stderr: expect.any(String), logs: {} },
      blocks: blocks.map((_, at) => `block ${at + 1}`),
    })
    expect(stdout).toMatch(/ada@example\.org/)
    expect(stdout).toMatch(/\nVERIFIED\n/)
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
    const { exitCode, stdout, stderr } = await paste(
      [...RUNNING, ...blocks, ...ENDED],
      { SURETY_DIRECTORY_DEVICES_PORT: `${await freePort()}`, SURETY_DIRECTORY_API_PORT: `${await freePort()}` },
      async (cwd) => {
        const valid = { notBefore: Date.now() - DAY_MS, notAfter: Date.now() + DAY_MS }
        const root = await makeAuthority({ subject: 'CN=Root', issuer: 'CN=Root', signer: key, key, ...valid })
        writeFileSync(
          join(cwd, 'root.pem'),
          `-----BEGIN CERTIFICATE-----\n${Buffer.from(root).toString('base64')}\n-----END CERTIFICATE-----\n`,
        )
        const below = { subject: 'CN=Intermediate', issuer: 'CN=Root', signer: key, key: testKey('below'), ...valid }
        writeFileSync(join(cwd, 'intermediate.der'), await makeAuthority(below))
      },
    )
    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(printed)
  },
  scaledMs(180_000),
)
