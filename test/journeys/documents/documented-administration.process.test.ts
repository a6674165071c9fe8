import { readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { machineLacks, paste, shellBlocksOf } from './pasted-shell.ts'

/** The shell blocks of docs/admin/ and docs/reference/, run in this order on one new machine. */

const ROOT = resolve(import.meta.dirname, '../../..')

interface Page {
  readonly path: string
  /** The part of the page that another test runs. */
  readonly without?: string
  /** What a reader did before the block with this number, from 0. */
  readonly before?: Readonly<Record<number, string>>
}

const newToken = (name: string) => `
surety-directory token create --owner ada@example.org --minimum-tier software --out ${name}
install -m 600 ${name} /etc/surety/enrolment
`
const FIRST_RE_ENROLMENT = `$(surety-directory re-enrolments list --json | jq -r '.reEnrolments[0].id')`

const PAGES: readonly Page[] = [
  { path: 'docs/admin/install.md' },
  {
    path: 'docs/admin/roles.md',
    // The first collection has just told the directory what a check finds.
    before: { 0: `surety check --wait > checked\ncat checked\nif grep -q 'no newer verdict' checked; then exit 9; fi` },
  },
  { path: 'docs/admin/scim.md' },
  { path: 'docs/admin/fleet.md' },
  { path: 'docs/admin/watching.md' },
  {
    path: 'docs/admin/policy.md',
    before: {
      0: ['advisory', 'required', 'advisory']
        .map(
          (weight) => `printf 'schema: surety/policy@1\\nchecks: {session.screen-lock: ${weight}}\\n' > policy.yaml
surety-directory policy set policy.yaml`,
        )
        .join('\n'),
    },
  },
  {
    path: 'docs/admin/answer-for-agents.md',
    without: 'Register',
    before: {
      3: `surety-directory humans add nightly-owner --name 'Nightly Owner'
surety-directory registrations create nightly --purpose builds --product unknown/nightly --owner nightly-owner --active`,
    },
  },
  { path: 'docs/admin/catalogue.md' },
  { path: 'docs/admin/webhooks.md' },
  {
    path: 'docs/admin/updates.md',
    // What the package unpacks to.
    before: {
      1: 'for name in bin/node suretyd/suretyd.mjs; do install -D /dev/null new/usr/lib/surety/$name; done',
    },
  },
  { path: 'docs/admin/mdm.md' },
  { path: 'docs/admin/hooks.md' },
  { path: 'docs/reference/settings.md' },
  {
    path: 'docs/admin/enrolment.md',
    before: {
      3: `surety-directory devices retire lap-0042 --yes --reason 'to be reinstalled'
${newToken('again.enrolment')}
until surety-directory re-enrolments list --json | jq -e '.reEnrolments | length == 1' > /dev/null; do sleep 1; done`,
      4: `until surety status --json | jq -e '.enrolment == "enrolled"' > /dev/null; do sleep 1; done`,
    },
  },
  { path: 'docs/admin/console.md', before: { 0: 'surety-directory people add bob' } },
  { path: 'docs/admin/access.md' },
  {
    path: 'docs/admin/backup.md',
    before: {
      2: 'kill %1; wait %1',
      3: 'surety-directory serve &\nuntil curl -sk https://localhost:7444/healthz; do sleep 1; done',
    },
  },
]

const READ = PAGES.map(({ path, without, before = {} }) =>
  shellBlocksOf(path, { without }).map(
    (block, at) => `${before[at] ?? ''}\n${block.replace('ren_…', FIRST_RE_ENROLMENT)}`,
  ),
)

test.each(PAGES)('$path has a shell block', ({ path }) => expect(shellBlocksOf(path)).not.toEqual([]))

const lacks = machineLacks()
if (lacks !== undefined) process.stdout.write(`documented administration: left out, ${lacks}\n`)

;(lacks === undefined ? test : test.skip)(
  'every shell block of the pages for administrators runs, on a new machine',
  async () => {
    const blocks = [...READ.flat(), 'surety-directory devices list\ncat /var/log/surety/directory.log']
    const { exitCode, stdout, stderr, begun } = await paste(blocks, {
      machine: true,
      prepare: async (cwd) => {
        const catalogue = builtInCatalogue()
        const newer = JSON.stringify({ ...catalogue, version: catalogue.version + 1 })
        await writeFile(join(cwd, 'catalogue.json'), newer)
      },
      timeoutMs: scaledMs(240_000),
      environment: {
        SURETYD_KEYS: 'software',
        // A question to apt takes seconds of a core.
        SURETYD_POSTURE_SKIP: 'os.security-updates',
      },
    })
    // Compared together, so that a failure shows where and why.
    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr, at: blocks[begun.length - 1] }).toEqual({
      exitCode: 0,
      stderr: '',
      at: blocks.at(-1),
    })
    expect(begun).toEqual(blocks.map((_, at) => at + 1))
    expect(stdout).toContain('helpdesk@example.org')
    expect(stdout).toContain('# TYPE surety_directory_devices gauge')
  },
  scaledMs(300_000),
)

/** Run by documented-commands, documented-verdict, archive and the tests of the directory; so is the part Register. */
const RUN_ELSEWHERE = [
  ...['docs/quick-start.md', 'docs/json.md', 'docs/api.md', 'docs/audit.md', 'docs/stops.md'],
  ...['docs/admin/command-line.md', 'docs/admin/trust-anchors.md', 'docs/admin/devices.md', 'docs/admin/people.md'],
  ...['docs/admin/gitops.md', 'docs/admin/governed-fleet.md'],
]
/** Starts the tests themselves. */
const NOT_RUN = ['docs/testing.md']

test('each document with a shell block is run by a test', () => {
  const found = ['docs', 'docs/admin', 'docs/reference'].flatMap((folder) =>
    readdirSync(join(ROOT, folder)).flatMap((name) => (name.endsWith('.md') ? [`${folder}/${name}`] : [])),
  )
  const run = [...PAGES.map(({ path }) => path), ...RUN_ELSEWHERE]
  expect(found.filter((path) => shellBlocksOf(path).length > 0 && !run.includes(path))).toEqual(NOT_RUN)
})
