import fc from 'fast-check'
import { reader } from '../../../../src/base/schema.ts'
import type { ProcessRecord } from '../../../../src/discovery/matching/process-record.ts'
import { sightingSchema } from '../../../../src/protocol/sighting.ts'
import { findAgents } from '../../../support/processes/find-agents.ts'
import {
  CLAUDE,
  CODEX,
  CODEX_RELEASE,
  NODE,
  OPENCODE,
  processRecord,
} from '../../../support/processes/process-record.ts'

const sighting = reader(sightingSchema, { name: 'sighting' })

const PROGRAMS: readonly (readonly [executable: string | undefined, ...argv: string[]])[] = [
  [CLAUDE, 'claude', '-p', 'CANARY'],
  [CODEX, 'codex'],
  [CODEX, 'codex-linux-sandbox', 'CANARY'],
  [CODEX_RELEASE, 'codex', 'app-server', '--managed-daemon'],
  [OPENCODE, 'opencode'],
  [NODE, 'node', '/x/server.js', 'CANARY'],
  [NODE, 'npm exec CANARY', ''],
  ['/usr/bin/bash', 'bash', '-c', 'CANARY'],
  ['/usr/bin/bwrap', 'bwrap'],
  [undefined],
]

const pid = fc.integer({ min: 1, max: 12 })
const rows = fc.array(
  fc.record({
    program: fc.constantFrom(...PROGRAMS),
    parentPid: pid,
    startTicks: fc.integer({ min: 0, max: 20 }),
    sessionId: pid,
    ttyNumber: fc.constantFrom(0, 34816),
    userId: fc.constantFrom('0', '1000', '1001'),
    names: fc.subarray(['CLAUDECODE', 'OPENCODE', 'CODEX_THREAD_ID', 'SSH_CONNECTION', 'DISPLAY']),
    marker: fc.constantFrom({}, { OPENCODE_PID: '3' }, { CODEX_THREAD_ID: 'a' }),
    forkedBy: fc.option(fc.nat({ max: 12 }), { nil: undefined }),
    forkerEnded: fc.boolean(),
  }),
  { maxLength: 12 },
)

function recordsOf(given: typeof rows extends fc.Arbitrary<infer T> ? T : never): ProcessRecord[] {
  const records = given.map(({ program: [executable, ...argv], names, marker, ...at }, index) => {
    const { parentPid, startTicks, sessionId, ttyNumber, userId } = at
    const more = {
      parentPid,
      startTicks,
      sessionId,
      ttyNumber,
      userId,
      environmentNames: names,
      sessionMarkers: marker,
    }
    return { ...processRecord(index + 1, executable ?? '', argv, more), executable }
  })
  given.forEach(({ forkedBy, forkerEnded }, index) => {
    const forker = forkedBy === undefined ? undefined : records[forkedBy]
    if (forker === undefined) return
    Object.assign(records[index] ?? {}, { forkedBy: forkerEnded ? { ...forker, ended: true } : forker })
  })
  return records
}

/** Who forked whom forms circles, pids come twice, sessions are anybody's. */
test('for any processes, each agent fits the wire, and each process belongs to one', () => {
  fc.assert(
    fc.property(rows, (given) => {
      const records = recordsOf(given)
      const found = findAgents(records, {
        installed: () => true,
        details: { streams: () => ['socket', 'pipe', 'socket'] },
      })
      const owners = new Map<number, string>()
      const leaders = new Set(found.map(({ process }) => process?.pid))
      for (const each of found) {
        sighting.read(each)
        expect(JSON.stringify(each)).not.toContain('CANARY')
        const [first] = each.parts ?? []
        expect(first?.pid).toBe(each.process?.pid)
        if (each.ended === undefined) expect(first?.because).toBe('the agent itself')
        else expect(each.parts?.every(({ role }) => role === 'tool')).toBe(true)
        for (const part of each.parts ?? []) {
          expect(records.some((record) => record.pid === part.pid && record.startTicks === part.startTicks)).toBe(true)
          // An agent that another started is told by both.
          if (part.pid !== each.process?.pid && leaders.has(part.pid)) continue
          expect(owners.get(part.pid)).toBeUndefined()
          owners.set(part.pid, each.id)
        }
      }
      expect(new Set(found.map(({ id }) => id)).size).toBe(found.length)
    }),
    { numRuns: 2_000 },
  )
})

test('reports the same for any order of the look', () => {
  const told = (records: readonly ProcessRecord[]) =>
    findAgents(records, { installed: () => true }).toSorted((a, b) => a.id.localeCompare(b.id))
  fc.assert(
    fc.property(rows, (given) => {
      // Here nobody is older than who forked them.
      const records = recordsOf(
        given.map((row, at) => ({ ...row, startTicks: at, forkedBy: Math.min(row.forkedBy ?? 99, at - 1) })),
      )
      expect(told(records.toReversed())).toEqual(told(records))
    }),
    { numRuns: 500 },
  )
})
