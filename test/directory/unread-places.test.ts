import fc from 'fast-check'
import { type Placed, SOURCES, unreadPlaces, wasLookedFor } from '../../src/protocol/looked-for.ts'
import type { Sighting, SourceReport } from '../../src/protocol/sighting.ts'

/** Short, of few letters, so that many lie within others: `/`, `/a`, `/ab/a`, `/a-/b`. */
const path = fc
  .array(fc.constantFrom('a', 'b', 'ab', 'a-', 'a.b'), { maxLength: 3 })
  .map((names) => `/${names.join('/')}`)
const id = fc.constantFrom('1', '2')

const report = fc.record(
  {
    source: fc.constantFrom(...Object.values(SOURCES)),
    path,
    user: id.map((of) => ({ id: of, name: 'ada' })),
    state: fc.constantFrom('parsed', 'absent', 'unreadable', 'too-large', 'timed-out'),
    items: fc.constant(0),
    durationMs: fc.constant(0),
  },
  { requiredKeys: ['source', 'state', 'items', 'durationMs'] },
) as fc.Arbitrary<SourceReport>

const placed: fc.Arbitrary<Placed> = fc.record({
  kind: fc.constantFrom('agent', 'extension', 'mcp-server', 'model-runtime', 'agent-file'),
  state: fc.constantFrom('running', 'installed'),
  host: fc.constantFrom('chromium', 'firefox', 'vscode'),
  user: id.map((of) => ({ id: of })),
  path,
  scope: fc.constantFrom('user', 'project'),
  fileKind: fc.constantFrom('skill', 'hook'),
})

test('what could be missed is what was not looked for, however many reports there are', () => {
  fc.assert(
    fc.property(fc.array(report, { maxLength: 40 }), placed, fc.boolean(), (told, sighting, usersRead) => {
      // One word on the users and one on the processes: where there is none, neither can be said.
      const about = { items: 0, durationMs: 0 }
      const reports: SourceReport[] = [
        ...told.filter(({ source }) => source !== SOURCES.users),
        { ...about, source: SOURCES.users, state: usersRead ? 'parsed' : 'unreadable' },
        { ...about, source: SOURCES.processes, state: 'parsed' },
      ]
      // All that is looked at of a sighting is where it is.
      const lookedFor = wasLookedFor(sighting as Sighting, reports)
      expect(unreadPlaces(reports)?.(sighting) ?? false).toBe(!lookedFor)
    }),
    { numRuns: 3_000 },
  )
})

test('a look that tells of no source, or of none that failed, failed nowhere', () => {
  expect(unreadPlaces([])).toBeUndefined()
  expect(unreadPlaces([{ source: SOURCES.mcp, state: 'absent' }])).toBeUndefined()
})
