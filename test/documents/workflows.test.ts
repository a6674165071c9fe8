import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseDocument } from 'yaml'
import { FAMILY_NAMES } from '../support/jest/suites.ts'

/** The workflows for GitHub, as far as a machine without GitHub can judge them: keys, names, permissions and pins. */

const ROOT = resolve(import.meta.dirname, '../..')
const FOLDER = join(ROOT, '.github/workflows')
const FILES = readdirSync(FOLDER)
const SCRIPTS = Object.keys(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts)

/** See "Workflow syntax for GitHub Actions". Only what is used here. */
const KEYS = {
  workflow: ['name', 'on', 'permissions', 'concurrency', 'jobs'],
  job: [
    ...['runs-on', 'container', 'strategy', 'continue-on-error', 'timeout-minutes', 'needs', 'permissions', 'steps'],
  ],
  step: ['name', 'if', 'uses', 'with', 'run', 'env'],
  event: ['push', 'pull_request', 'schedule', 'workflow_dispatch'],
} as const
/** Images of runners that GitHub offers, or one of them from the matrix. */
const RUNNER = /^(ubuntu-24\.04|macos-15|windows-2025|\$\{\{ matrix\.system \}\})$/
/** Rights beyond reading, and the jobs that have them. */
const RIGHTS = { 'release.yml build': ['id-token', 'attestations'], 'release.yml publish': ['contents'] }

type Members = Readonly<Record<string, unknown>>
interface Job extends Members {
  readonly needs?: string
  readonly permissions?: Readonly<Record<string, string>>
  readonly steps: readonly (Members & { readonly uses?: string; readonly run?: string })[]
}
interface Workflow extends Members {
  readonly on: Members
  readonly permissions: Members
  readonly jobs: Readonly<Record<string, Job>>
}

const strangers = (members: object, known: readonly string[]) =>
  Object.keys(members).filter((key) => !known.includes(key))

/** One line for each fault. */
function faults(file: string, text: string): readonly string[] {
  const document = parseDocument(text)
  if (document.errors.length > 0) return document.errors.map(({ message }) => message)
  const workflow: Workflow = document.toJS()
  const jobs = Object.entries(workflow.jobs)
  const steps = jobs.flatMap(([, job]) => job.steps)
  const pins = [...text.matchAll(/uses: (.*)/g)].map(([, pin = '']) => pin)
  const scripts = [...text.matchAll(/npm (?:run )?((?:test|check|package|build)[a-z:]*)/g)].map(([, name = '']) => name)
  return [
    ...strangers(workflow, KEYS.workflow).map((key) => `a workflow has no ${key}`),
    ...strangers(workflow.on, KEYS.event).map((key) => `no event ${key}`),
    ...jobs.flatMap(([, job]) => strangers(job, KEYS.job).map((key) => `a job has no ${key}`)),
    ...steps.flatMap((step) => strangers(step, KEYS.step).map((key) => `a step has no ${key}`)),
    ...steps.filter((step) => (step.uses === undefined) === (step.run === undefined)).map(() => 'a step uses or runs'),
    ...jobs.filter(([, job]) => !RUNNER.test(String(job['runs-on']))).map(([name]) => `${name} has no known runner`),
    ...jobs.filter(([, job]) => job['timeout-minutes'] === undefined).map(([name]) => `${name} has no time limit`),
    ...jobs
      .filter(([, { needs }]) => needs !== undefined && !(needs in workflow.jobs))
      .map(([name]) => `${name} needs no job`),
    ...(JSON.stringify(workflow.permissions) === '{"contents":"read"}'
      ? []
      : ['a workflow reads contents and no more']),
    ...jobs.flatMap(([name, { permissions = {} }]) => {
      const written = Object.keys(permissions).filter((right) => permissions[right] !== 'read')
      const allowed = Object.entries(RIGHTS).find(([job]) => job === `${file} ${name}`)?.[1] ?? []
      return written.filter((right) => !allowed.includes(right)).map((right) => `${name} may not write ${right}`)
    }),
    ...pins
      .filter((pin) => !/^actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(pin))
      .map((pin) => `not pinned: ${pin}`),
    ...scripts.filter((name) => !SCRIPTS.includes(name)).map((name) => `no script ${name}`),
  ]
}

test('there are workflows for checks, packages, every test and a release', () => {
  expect(FILES.sort()).toEqual(['check.yml', 'deep.yml', 'packages.yml', 'release.yml'])
})

test.each(FILES)('%s has the form of a workflow', (file) => {
  expect(faults(file, readFileSync(join(FOLDER, file), 'utf8'))).toEqual([])
})

test('deep.yml runs every family of deep tests', () => {
  const workflow = parseDocument(readFileSync(join(FOLDER, 'deep.yml'), 'utf8'))
  expect(Object(workflow.getIn(['jobs', 'family', 'strategy', 'matrix', 'family'])).toJSON()).toEqual(FAMILY_NAMES)
})

const CHECK = readFileSync(join(FOLDER, 'check.yml'), 'utf8')
test.each([
  ['timeout-minutes: 60', 'timeout-minuts: 60', ['a job has no timeout-minuts', 'linux has no time limit']],
  ['- run: npm ci', '- runs: npm ci', ['a step has no runs', 'a step uses or runs']],
  ['- run: npm test', '- run: npm run tests', ['no script tests']],
  ['runs-on: ubuntu-24.04', 'runs-on: debian-13', ['linux has no known runner']],
  ['contents: read', 'contents: write', ['a workflow reads contents and no more']],
  ['timeout-minutes: 60', 'timeout-minutes: 60\n    permissions: {issues: write}', ['linux may not write issues']],
  [/@[0-9a-f]{40} # v6.0.2/, '@v6', ['not pinned: actions/checkout@v6']],
  ['name: check', 'name: check\nname: twice', [expect.stringContaining('Map keys must be unique')]],
])('catches %s written as %j', (from, to, lines) => {
  expect(faults('check.yml', CHECK.replace(from, to))).toEqual(lines)
})
