import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, copyFileSync, lchownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  daemonCommand,
  directoryCommand,
  footerOf,
  requireTrustedCheckout,
} from '../../../scripts/start/quick-start.ts'
import type { AgentSighting } from '../../../src/protocol/sighting.ts'
import { agentSighting } from '../../support/protocol/sample-sightings.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const OTHER = 4242
const ROOT = resolve(import.meta.dirname, '../../..')
const asRoot = process.geteuid?.() === 0 ? test : test.skip

/** Creates the files of a checkout that are read before anything is created. @returns the catalogue. */
function makeCheckout(folder: string): string {
  mkdirSync(join(folder, 'src/discovery/catalogue'), { recursive: true })
  mkdirSync(join(folder, 'scripts'))
  for (const path of ['scripts/start.ts', 'scripts/test.ts', 'src/discovery/catalogue/catalogue.json']) {
    writeFileSync(join(folder, path), '')
  }
  copyFileSync(join(ROOT, 'scripts/run.cjs'), join(folder, 'scripts/run.cjs'))
  return join(folder, 'src/discovery/catalogue/catalogue.json')
}

test('trusts a checkout of its own user', () => {
  using folder = temporaryFolder()
  makeCheckout(folder.path)
  expect(() => requireTrustedCheckout(folder.path)).not.toThrow()
})

test('refuses a checkout that others may write, with a command to run', () => {
  using folder = temporaryFolder()
  const catalogue = makeCheckout(folder.path)
  chmodSync(catalogue, 0o666)
  expect(() => requireTrustedCheckout(folder.path)).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(
        new RegExp(
          `^suretyd does not trust this checkout: "${catalogue}" .*\\(mode 666\\)\\. Run: chmod -R go-w ${folder.path}$`,
        ),
      ),
    }),
  )
})

asRoot('(root) refuses a checkout of another user, with what to do', () => {
  using folder = temporaryFolder()
  const catalogue = makeCheckout(folder.path)
  chownSync(catalogue, OTHER, OTHER)
  expect(() => requireTrustedCheckout(folder.path)).toThrow(
    /user 4242.*\. Clone the repository again, as the user who runs npm start$/,
  )
})

function giveToOther(folder: string): void {
  for (const each of readdirSync(folder, { recursive: true })) lchownSync(join(folder, String(each)), OTHER, OTHER)
}

asRoot.each([
  ['npm start', 'scripts/start.ts'],
  ['npm test', 'scripts/test.ts'],
])('(root) %s refuses the clone of a user before it creates anything', (command, script) => {
  using folder = temporaryFolder()
  makeCheckout(folder.path)
  giveToOther(folder.path)
  const before = readdirSync(folder.path, { recursive: true })
  const run = join(folder.path, 'scripts/run.cjs')
  const { status, stdout, stderr } = spawnSync(process.execPath, [run, script], { cwd: folder.path, encoding: 'utf8' })
  expect({ status, stdout, lines: stderr.split('\n') }).toEqual({
    status: 1,
    stdout: '',
    lines: [
      `${command}: this checkout belongs to user 4242. As root, suretyd trusts only files of root.`,
      `Run ${command} without sudo, or make a clone that root owns: sudo git clone URL /opt/surety`,
      '',
    ],
  })
  expect(readdirSync(folder.path, { recursive: true })).toEqual(before)
})

asRoot('(root) runs other commands in the clone of a user', () => {
  using folder = temporaryFolder()
  makeCheckout(folder.path)
  giveToOther(folder.path)
  const run = join(folder.path, 'scripts/run.cjs')
  const { stderr } = spawnSync(process.execPath, [run, 'src/main-cli.ts'], { cwd: folder.path, encoding: 'utf8' })
  expect(stderr).toMatch(/^the pinned Node is missing/)
})

test('quotes paths with spaces in the commands that it prints', () => {
  expect([
    daemonCommand("/home/al/Bob's work/control.sock"),
    directoryCommand('/home/al/my work/administrator.json', 'devices', 'list'),
    directoryCommand('/srv/surety/administrator.json', 're-enrolments', 'approve', 'ren_x'),
  ]).toEqual([
    "npm run -s surety -- status --socket '/home/al/Bob'\\''s work/control.sock'",
    "npm run -s surety-directory -- devices list --profile '/home/al/my work/administrator.json'",
    'npm run -s surety-directory -- re-enrolments approve ren_x --profile /srv/surety/administrator.json',
  ])
})

describe('the lines below the summary', () => {
  const session = { controlSocket: '/s', profile: '/p', consoleUrl: 'http://localhost:7445' }
  const agent = agentSighting('3')
  const frozen = agentSighting('4', { frozenBy: [{ stop: 'local', by: 'root', reason: 'a look' }] })
  const stopsOf = (agents: readonly AgentSighting[], isRoot = true) =>
    footerOf(session, { agents: [...agents], isRoot }).slice(3)

  test('begin with the console, and end with how to end', () => {
    const lines = footerOf(session, { agents: [], isRoot: true })
    expect([lines[0], lines.at(-1)]).toEqual(['Look around:        http://localhost:7445', 'Press Ctrl-C to end both.'])
    expect(footerOf({ ...session, consoleUrl: undefined }, { agents: [], isRoot: true })[0]).toMatch(/^How to fix/)
  })

  test('say to start an agent, and with one the exact commands', () => {
    const end = 'Press Ctrl-C to end both.'
    const release = 'Let it resume:      npm run -s surety -- release --socket /s'
    expect(stopsOf([agentSighting('1', { state: 'installed' })])).toEqual([
      'Start an agent in another terminal: it appears here within a second.',
      'Stop it:            npm run -s surety -- freeze AGENT --socket /s',
      release,
      end,
    ])
    expect(stopsOf([agent])).toEqual([
      'Stop it:            npm run -s surety -- freeze 33333333 --socket /s',
      release,
      end,
    ])
    expect(stopsOf([frozen])).toEqual([release, end])
    expect(stopsOf([agent], false)).toEqual([expect.stringMatching(/^To stop an agent, run npm start as root/), end])
  })
})

test('refuses an empty data folder, which would mean the working folder', () => {
  const args = [join(ROOT, 'scripts/start.ts'), '--data', '', '--help']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect({ status, stdout, stderr }).toEqual({
    status: 2,
    stdout: '',
    stderr: "error: option '--data <folder>' argument '' is invalid. The name of the folder is empty.\n",
  })
})
