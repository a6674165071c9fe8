import type { HandOff } from '../../../../src/discovery/matching/hand-off.ts'
import type { ProcessRecord } from '../../../../src/discovery/matching/process-record.ts'
import { findAgents, partsIn } from '../../../support/processes/find-agents.ts'
import { CLAUDE, detached, processRecord } from '../../../support/processes/process-record.ts'
import { BASH, tool } from './parts-of-agents.ts'

const CRON = processRecord(31, '/usr/sbin/cron', ['cron', '-f'], { ...detached(31, 1), userId: '0' })
const OTHER = processRecord(100, CLAUDE, ['claude'], { sessionId: 100 })
const AGENT = processRecord(110, CLAUDE, ['claude'], { sessionId: 110 })
const JOB = tool(200, 31)
const CHILD = processRecord(201, BASH, ['sleep', '1'], { parentPid: 200, sessionId: 200, ttyNumber: 0 })

const handOff: HandOff = {
  to: 'cron',
  job: '',
  userId: '1000',
  product: 'claude-code',
  agent: { pid: 110, startTicks: 1_100 },
}
const of = (given: HandOff) => ({
  find: (record: ProcessRecord, parent: ProcessRecord) => (parent === CRON && record === JOB ? given : undefined),
})

test('a job belongs to the agent that asked for it, with what it starts', () => {
  const found = findAgents([CRON, OTHER, AGENT, JOB, CHILD], { handOffs: of(handOff) })
  expect(found.map(partsIn)).toEqual([['agent 100'], ['agent 110', 'tool 200', 'tool 201']])
  expect(found[1]?.parts?.map(({ because }) => because)).toEqual([
    'the agent itself',
    'job of a crontab, which this agent changed',
    'child',
  ])
})

test('a job of an ended agent takes its place, under its id', () => {
  const [before] = findAgents([AGENT])
  const [after, ...others] = findAgents([CRON, JOB, CHILD], { handOffs: of(handOff) })
  expect(others).toEqual([])
  expect(after).toMatchObject({ id: before?.id, name: 'Claude Code', ended: true, process: { pid: 200 } })
  expect(partsIn(after)).toEqual(['tool 200', 'tool 201'])
  expect(after?.evidence).toContain('process 110 has ended; what it started still runs')
})

test('jobs left before this boot are one agent of product and user, and go to no other', () => {
  const { agent: _, ...earlier } = handOff
  const second = tool(210, 31)
  const found = findAgents([CRON, OTHER, JOB, second, CHILD], {
    handOffs: { find: (_record, parent) => (parent === CRON ? earlier : undefined) },
  })
  expect(found.map(partsIn)).toEqual([['agent 100'], ['tool 200', 'tool 201', 'tool 210']])
  expect(found[1]).toMatchObject({ catalogueId: 'claude-code', ended: true, process: { pid: 200 } })
  expect(found[1]?.evidence).toEqual([
    'job of a crontab, which this agent changed',
    'a session of its own, no terminal',
  ])
})

test.each<[string, readonly ProcessRecord[], HandOff]>([
  ['of a program that runs and is no agent', [processRecord(110, BASH, ['bash'])], handOff],
  ['of a product that is not in the catalogue', [], { ...handOff, product: 'no-such-agent' }],
])('a job %s belongs to none', (_, records, given) => {
  expect(findAgents([CRON, JOB, ...records], { handOffs: of(given) })).toEqual([])
})
