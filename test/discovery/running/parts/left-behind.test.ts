import type { ProcessRecord } from '../../../../src/discovery/matching/process-record.ts'
import { findAgents, partsIn } from '../../../support/processes/find-agents.ts'
import {
  CODEX,
  CODEX_RELEASE,
  detached,
  NODE,
  OPENCODE,
  processRecord,
} from '../../../support/processes/process-record.ts'
import { BASH, graphs, tool } from './parts-of-agents.ts'

const daemon = (pid: number, more: Partial<ProcessRecord> = {}) =>
  processRecord(pid, CODEX_RELEASE, ['codex', 'app-server', '--managed-daemon'], { ...detached(pid, 1), ...more })

describe('what is left behind', () => {
  const codex = processRecord(100, CODEX, ['codex'])

  test('daemons at the first process go to the oldest agent of their user', () => {
    const other = processRecord(150, CODEX, ['codex'], { sessionId: 60 })
    const loop = processRecord(
      300,
      CODEX_RELEASE,
      ['codex', 'app-server', 'daemon', 'pid-update-loop'],
      detached(300, 1),
    )
    expect(graphs([other, codex, daemon(200), loop, tool(201, 200)])).toEqual({
      'codex 100': ['agent 100', 'helper 200', 'helper 300', 'tool 201'],
      'codex 150': ['agent 150'],
    })
  })

  test('a daemon of another user, or of a parent that runs, goes to no agent', () => {
    const shell = processRecord(150, BASH, ['bash'])
    const found = graphs([codex, daemon(200, { userId: '1001' }), shell, daemon(300, { parentPid: 150 })])
    expect(Object.keys(found)).toEqual(['codex 100', 'codex 200', 'codex 300'])
  })

  test('a daemon is no helper of what it has started', () => {
    const inner = processRecord(201, CODEX, ['codex', 'exec'], detached(201, 200))
    expect(graphs([daemon(200), inner, tool(202, 201)])).toEqual({
      'codex 200': ['helper 200', 'tool 201'],
      'codex 201': ['agent 201', 'tool 202'],
    })
  })

  test('of two daemons that are alone the first leads', () => {
    expect(graphs([daemon(300), daemon(200)])).toEqual({ 'codex 200': ['helper 200', 'helper 300'] })
  })

  test.each<[string, Partial<ProcessRecord>]>([
    ['the pid of one of several agents', { sessionMarkers: { OPENCODE_PID: '150' } }],
    ['the session that another tool has', { sessionMarkers: { OPENCODE_SESSION: 'b' } }],
  ])('an orphan goes to the agent that its variables name: %s', (_, marker) => {
    const agent = (pid: number) => processRecord(pid, OPENCODE, ['opencode'], { sessionId: pid })
    const known = tool(151, 150, { sessionMarkers: { OPENCODE_SESSION: 'b' } })
    const orphan = tool(400, 1, { environmentNames: ['PATH', 'OPENCODE'], ...marker })
    const found = findAgents([agent(100), agent(150), known, orphan, tool(401, 400)])
    expect(found.map(partsIn)).toEqual([['agent 100'], ['agent 150', 'tool 151', 'tool 400', 'tool 401']])
    expect(found[1]?.parts?.find(({ pid }) => pid === 400)?.because).toBe('session marker OPENCODE')
  })

  test.each<[string, ProcessRecord]>([
    ['of several agents, without a value that says which', tool(400, 1, { environmentNames: ['OPENCODE'] })],
    ['of another user', tool(400, 1, { environmentNames: ['OPENCODE'], userId: '1001' })],
    ['with a terminal', tool(400, 1, { environmentNames: ['OPENCODE'], ttyNumber: 34817 })],
    ['whose parent runs', tool(400, 390, { environmentNames: ['OPENCODE'] })],
    ['without the variable', tool(400, 1, { environmentNames: ['PATH', 'CLAUDECODE'] })],
  ])('an orphan goes to no agent: %s', (_, orphan) => {
    const agent = (pid: number) => processRecord(pid, OPENCODE, ['opencode'], { sessionId: pid })
    const shell = processRecord(390, BASH, ['bash'])
    expect(findAgents([agent(100), agent(150), shell, orphan]).flatMap(partsIn)).toEqual(['agent 100', 'agent 150'])
  })

  const OF_OPENCODE = ['OPENCODE', 'OPENCODE_PID', 'OPENCODE_SESSION']

  test.each<[string, Partial<ProcessRecord>]>([
    ['the pid of another', { sessionMarkers: { OPENCODE_PID: '150' } }],
    ['the pid of another, and was there before it', { sessionMarkers: { OPENCODE_PID: '150' }, startTicks: 999 }],
    ['nothing, and was there before it', { startTicks: 999 }],
    ['its pid, and was there before it', { sessionMarkers: { OPENCODE_PID: '100' }, startTicks: 999 }],
    ['a session, where its tools name another', { sessionMarkers: { OPENCODE_SESSION: 'b' } }],
  ])('an orphan is not of the only agent of its kind where its variables name %s', (_, marker) => {
    const agent = processRecord(100, OPENCODE, ['opencode'])
    const known = tool(101, 100, { sessionMarkers: { OPENCODE_SESSION: 'a' } })
    const orphan = tool(400, 1, { environmentNames: OF_OPENCODE, ...marker })
    expect(findAgents([agent, known, orphan]).flatMap(partsIn)).toEqual(['agent 100', 'tool 101'])
  })

  test.each<[string, Partial<ProcessRecord>]>([
    ['its pid', { sessionMarkers: { OPENCODE_PID: '100' } }],
    ['a session that one of its tools names', { sessionMarkers: { OPENCODE_SESSION: 'a' } }],
    [
      'a session that it took up again, and was there before it',
      { sessionMarkers: { OPENCODE_SESSION: 'a' }, startTicks: 999 },
    ],
    ['nothing', {}],
    ['a session of another kind', { sessionMarkers: { OTHER_SESSION: 'b', OTHER_PID: '7' } }],
  ])('an orphan is of the only agent of its kind where its variables name %s', (_, marker) => {
    const agent = processRecord(100, OPENCODE, ['opencode'])
    const known = tool(101, 100, { sessionMarkers: { OPENCODE_SESSION: 'a' } })
    const orphan = tool(400, 1, { environmentNames: OF_OPENCODE, ...marker })
    expect(findAgents([agent, known, orphan]).flatMap(partsIn).sort()).toEqual(['agent 100', 'tool 101', 'tool 400'])
  })

  test('what a terminal of Cursor has in all that it starts gives an orphan to no agent', () => {
    const cursor = '/home/alice/.local/share/cursor-agent/versions/1/cursor-agent'
    const agent = processRecord(100, cursor, ['cursor-agent'])
    const orphan = (name: string) => tool(400, 1, { environmentNames: ['PATH', name] })
    expect(graphs([agent, orphan('CURSOR_TRACE_ID')])).toEqual({ 'cursor-agent 100': ['agent 100'] })
    expect(graphs([agent, orphan('CURSOR_AGENT')])).toEqual({ 'cursor-agent 100': ['agent 100', 'tool 400'] })
  })

  test('who sits at a terminal below an orphan is no part of the agent', () => {
    const agent = processRecord(100, OPENCODE, ['opencode'])
    const tmux = processRecord(400, '/usr/bin/tmux', ['tmux'], detached(400, 1, { environmentNames: ['OPENCODE'] }))
    const shell = processRecord(401, BASH, ['bash'], { parentPid: 400, sessionId: 401, ttyNumber: 34817 })
    const editor = processRecord(402, '/usr/bin/vim', ['vim'], { parentPid: 401, sessionId: 401, ttyNumber: 34817 })
    expect(graphs([agent, tmux, shell, editor])).toEqual({ 'opencode 100': ['agent 100', 'tool 400'] })
  })

  test('a pid file names a process, if it was started when the file says', () => {
    const file = { pid: 400, path: '/home/alice/.codex/app-server-daemon/daemon.pid' }
    const named = (startTicks: number, id = '1000') => {
      const user = { id, name: 'x' }
      const states = [{ catalogueId: 'codex', user, pidFiles: [{ ...file, startTicks }] }]
      return findAgents([codex, processRecord(400, NODE, ['node'], detached(400, 1))], { states }).flatMap((each) =>
        (each.parts ?? []).map(({ pid, because }) => `${pid} ${because}`),
      )
    }
    expect(named(4000)).toEqual(['100 the agent itself', `400 pid file ${file.path}`])
    expect([named(3999), named(4000, '1001')]).toEqual([['100 the agent itself'], ['100 the agent itself']])
  })
})
