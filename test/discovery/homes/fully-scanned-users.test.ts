import { homesRead } from '../../../src/discovery/homes/fully-scanned-users.ts'
import type { HomeFindings } from '../../../src/discovery/homes/home-reader.ts'
import type { SourceReport } from '../../../src/protocol/sighting.ts'

const ALICE = { id: '1000', name: 'alice' }
const report = (source: string, state: SourceReport['state'], path = '/home/alice', user = ALICE): SourceReport => ({
  source,
  state,
  path,
  user,
  items: 0,
  durationMs: 0,
})
const home = (...sources: readonly SourceReport[]): HomeFindings => ({ sightings: [], sources })

test.each<[string, readonly HomeFindings[], readonly string[]]>([
  ['was looked through', [home(report('installed-agents', 'parsed'))], ['1000']],
  ['is not there', [home(report('installed-agents', 'absent'))], ['1000']],
  [
    'holds a file that could not be read',
    [home(report('installed-agents', 'malformed', '/home/alice/.claude/x'), report('installed-agents', 'parsed'))],
    ['1000'],
  ],
  ['was looked at until the deadline', [home(report('installed-agents', 'timed-out'))], []],
  ['is a link', [home(report('installed-agents', 'unreadable'))], []],
  [
    'was looked through for all but agents',
    [home(report('mcp-servers', 'parsed'), report('installed-agents', 'timed-out'))],
    [],
  ],
  ['was looked through for models alone', [home(report('model-runtimes', 'parsed'))], []],
  ['has more faults than are told', [home(report('installed-agents', 'too-large', '/home/alice/x'))], []],
  ['nobody reported on', [home()], []],
  [
    'is one of two, of which one could not be seen',
    [home(report('installed-agents', 'parsed')), home(report('installed-agents', 'unreadable', '/srv/alice'))],
    [],
  ],
  [
    'is one of many',
    [
      home(report('installed-agents', 'timed-out')),
      home(report('installed-agents', 'parsed', '/home/bob', { id: '1001', name: 'bob' })),
    ],
    ['1001'],
  ],
])('a home that %s', (_, homes, ids) => expect([...homesRead(homes)]).toEqual(ids))
