import fc from 'fast-check'
import {
  coverageGaps,
  coverageOf,
  type ScannedSource,
  type SightingLocation,
  SOURCES,
} from '../../src/protocol/scan-coverage.ts'
import { SIGHTING_KINDS } from '../../src/protocol/sighting.ts'

/** Short paths of few letters, so that many lie within others: `/`, `/a`, `/ab/a`, `/a-/b`. */
const path = fc
  .array(fc.constantFrom('a', 'b', 'ab', 'a-', 'a.b'), { maxLength: 3 })
  .map((names) => `/${names.join('/')}`)
const user = fc.constantFrom('1', '2').map((id) => ({ id }))

const report: fc.Arbitrary<ScannedSource> = fc.record(
  {
    source: fc.constantFrom(...Object.values(SOURCES)),
    path,
    user,
    state: fc.constantFrom('parsed', 'absent', 'unreadable', 'too-large', 'timed-out'),
  },
  { requiredKeys: ['source', 'state'] },
)

const location: fc.Arbitrary<SightingLocation> = fc.record({
  kind: fc.constantFrom(...SIGHTING_KINDS),
  state: fc.constantFrom('running', 'installed'),
  host: fc.constantFrom('chromium', 'firefox', 'vscode'),
  user,
  path,
  scope: fc.constantFrom('user', 'project'),
  fileKind: fc.constantFrom('skill', 'hook'),
})

/** The rules once more, a pair of report and sighting at a time. */
function expectedCoverage(sighting: SightingLocation, reports: readonly ScannedSource[]): boolean {
  const { kind, state, host, user } = sighting
  const isRunning = (kind === 'agent' || kind === 'model-runtime') && state === 'running'
  const source = {
    agent: SOURCES.installed,
    'model-runtime': SOURCES.runtimes,
    'mcp-server': SOURCES.mcp,
    'agent-file': SOURCES.agentFiles,
    extension: host === 'vscode' ? SOURCES.editors : host === 'firefox' ? SOURCES.firefox : SOURCES.chromium,
  }[kind]
  const own = reports.filter((each) =>
    isRunning
      ? each.source === SOURCES.processes && each.user === undefined
      : each.source === source && each.user?.id === user?.id,
  )
  const isRead = (each: ScannedSource) => ['parsed', 'absent'].includes(each.state)
  if (own.length === 0) return !isRunning && reports.some((each) => each.source === SOURCES.users && isRead(each))
  return own.every((each) => isRead(each) || !couldHide(each, sighting))
}

function couldHide({ path: failed, state }: ScannedSource, { kind, path = '', scope, fileKind }: SightingLocation) {
  if (failed === undefined || state === 'too-large') return true
  const isWithin = (inner: string, outer: string) => inner === outer || inner.startsWith(`${outer}/`)
  if (kind === 'agent-file' && scope === 'user' && fileKind === 'skill') return isWithin(path, failed)
  if (kind !== 'agent' && kind !== 'model-runtime') return true
  const folder = failed.slice(0, failed.lastIndexOf('/')) || '/'
  return folder === '/' || isWithin(path, folder) || isWithin(failed, path)
}

test('a scan covers a sighting if its source was read and no failure could hide it', () => {
  fc.assert(
    fc.property(fc.array(report, { maxLength: 40 }), location, (reports, sighting) => {
      expect(coverageOf(reports)(sighting)).toBe(expectedCoverage(sighting, reports))
    }),
    { numRuns: 3_000 },
  )
})

test('gaps are what a scan does not cover', () => {
  fc.assert(
    fc.property(fc.array(report, { maxLength: 40 }), location, fc.boolean(), (some, sighting, usersRead) => {
      // Both lists are always reported, once: without a report the two questions have different answers.
      const reports: ScannedSource[] = [
        ...some.filter(({ source }) => source !== SOURCES.users),
        { source: SOURCES.users, state: usersRead ? 'parsed' : 'unreadable' },
        { source: SOURCES.processes, state: 'parsed' },
      ]
      expect(coverageGaps(reports)?.(sighting) ?? false).toBe(!expectedCoverage(sighting, reports))
    }),
    { numRuns: 3_000 },
  )
})

test('no reports and no failed report mean no gaps', () => {
  expect(coverageGaps([])).toBeUndefined()
  expect(coverageGaps([{ source: SOURCES.mcp, state: 'absent' }])).toBeUndefined()
})
