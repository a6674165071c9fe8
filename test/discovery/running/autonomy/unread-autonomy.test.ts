import type { AgentState } from '../../../../src/discovery/matching/agent-state.ts'
import type { Autonomy } from '../../../../src/protocol/sighting.ts'
import { findAgents } from '../../../support/processes/find-agents.ts'
import { CLAUDE, processRecord } from '../../../support/processes/process-record.ts'

const ALICE = { id: '1000', name: 'alice' }
const SETTINGS = { by: 'configuration', name: 'permissions.defaultMode=bypassPermissions', path: '/s' } as const
const ASKS = { by: 'configuration', name: 'permissions.defaultMode=default', path: '/a' } as const
const autonomous: Autonomy = { level: 'autonomous', because: [SETTINGS] }
const state = (more: Partial<AgentState>): AgentState => ({ catalogueId: 'claude-code', user: ALICE, ...more })

describe('where a file of settings could not be read', () => {
  const UNREAD = { by: 'configuration', name: 'settings that cannot be read', path: '/u' } as const
  const unread: Autonomy = { level: 'unknown', because: [UNREAD] }
  const asks: Autonomy = { level: 'asks', because: [ASKS] }
  const inProject = (autonomy: Autonomy, own?: Autonomy) => [
    state({ ...(own && { autonomy: own }), projects: [{ workspace: '/home/alice/code', autonomy }] }),
  ]
  const managed = (autonomy: Autonomy): AgentState => ({ catalogueId: 'claude-code', autonomy })

  const levelOf = (args: readonly string[], states: readonly AgentState[]) => {
    const record = processRecord(100, CLAUDE, ['claude', ...args], { workingFolder: '/home/alice/code/x' })
    const [found] = findAgents([record], { states })
    return { level: found?.autonomy?.level, because: found?.autonomy?.because.map(({ name }) => name) }
  }

  test.each<[string, readonly AgentState[], readonly string[], string]>([
    ['its own', [state({ autonomy: unread })], [], 'unknown'],
    ['its own, and its project says that it asks', inProject(asks, unread), [], 'unknown'],
    ['its own, and its project says that it acts', inProject(autonomous, unread), [], 'autonomous'],
    ['of its project', inProject(unread), [], 'unknown'],
    ['of its project, and its own say that it asks', inProject(unread, asks), [], 'unknown'],
    ['of its project, and its own say that it acts', inProject(unread, autonomous), [], 'autonomous'],
    ['of an administrator', [managed(unread)], [], 'unknown'],
    ['of an administrator, and its own say that it asks', [managed(unread), state({ autonomy: asks })], [], 'unknown'],
    ['its own, and an administrator says that it asks', [managed(asks), state({ autonomy: unread })], [], 'asks'],
    ['its own, and its command line says that it asks', inProject(unread), ['--permission-mode', 'plan'], 'asks'],
    ['its own, and it is told to act', inProject(unread), ['--dangerously-skip-permissions'], 'autonomous'],
  ])('%s', (_, states, args, level) => expect(levelOf(args, states).level).toBe(level))

  test('that is said', () => {
    expect(levelOf([], [state({ autonomy: unread })])).toEqual({ level: 'unknown', because: [UNREAD.name] })
    expect(levelOf([], inProject(unread))).toEqual({ level: 'unknown', because: [UNREAD.name] })
  })
})

describe('whose home was not read', () => {
  const HOME = 'settings of a home that was not read'
  const judged = (executable: string, args: readonly string[] = [], states: readonly AgentState[] = []) => {
    const [found] = findAgents([processRecord(100, executable, ['x', ...args])], { states, isHomeRead: () => false })
    return [found?.autonomy?.level, ...(found?.autonomy?.because ?? []).map(({ name }) => name)]
  }

  test('does not know that it asks', () => {
    expect(judged(CLAUDE)).toEqual(['unknown', HOME])
    expect(judged(CLAUDE, ['-p', 'x'])).toEqual(['unknown', HOME])
  })

  test.each<[string, readonly string[], readonly AgentState[], readonly string[]]>([
    ['its command line', ['--permission-mode', 'plan'], [], ['asks', '--permission-mode=plan', HOME]],
    [
      'its command line',
      ['--dangerously-skip-permissions'],
      [],
      ['autonomous', '--dangerously-skip-permissions', HOME],
    ],
    ['what is known of it all the same', [], [state({ autonomy: autonomous })], ['autonomous', SETTINGS.name]],
    [
      'an administrator',
      [],
      [{ catalogueId: 'claude-code', autonomy: { level: 'asks', because: [ASKS] } }],
      ['asks', ASKS.name, HOME],
    ],
  ])('%s counts', (_, args, states, told) => expect(judged(CLAUDE, args, states)).toEqual(told))

  test('who acts by default does so', () => {
    expect(judged('/x/node_modules/opencode-ai/bin/opencode.exe')).toEqual([
      ...['autonomous', 'acts without asking unless told otherwise'],
    ])
  })
})

describe('where a command line is longer than what is kept of it', () => {
  const missing = { argumentsCut: true, argumentsMissing: true } as const
  const judged = (args: readonly string[], states: readonly AgentState[] = []) => {
    const [found] = findAgents([processRecord(100, CLAUDE, ['claude', ...args], missing)], { states })
    return [found?.autonomy?.level, ...(found?.autonomy?.because.map(({ name }) => name) ?? [])]
  }

  test('does not know that it asks', () => {
    const unread = 'a command line that was not read whole'
    expect(judged(['-p', 'x'])).toEqual(['unknown', unread])
    expect(judged(['--permission-mode', 'plan'])).toEqual(['unknown', unread])
    expect(judged(['-p', 'x'], [state({ autonomy: { level: 'asks', because: [ASKS] } })])).toEqual([
      ...['unknown', unread, ASKS.name],
    ])
  })

  test('that it acts is known all the same', () => {
    expect(judged(['--dangerously-skip-permissions'])).toEqual(['autonomous', '--dangerously-skip-permissions'])
    expect(judged([], [state({ autonomy: autonomous })])).toEqual(['autonomous', SETTINGS.name])
  })
})
