import type { AgentState } from '../../../../src/discovery/matching/agent-state.ts'
import type { Autonomy } from '../../../../src/protocol/sighting.ts'
import { findAgents } from '../../../support/processes/find-agents.ts'
import { processRecord } from '../../../support/processes/process-record.ts'

const ALICE = { id: '1000', name: 'alice' }
const OPENCODE = '/x/node_modules/opencode-ai/bin/opencode.exe'

describe('OpenCode, which acts without asking by default', () => {
  const says = (level: Autonomy['level'], name: string): Autonomy => ({
    level,
    because: [{ by: 'configuration', name, path: '/p' }],
  })
  const DEFAULT = 'acts without asking unless told otherwise'
  const judged = (project: Autonomy, autonomy?: Autonomy) => {
    const state: AgentState = {
      catalogueId: 'opencode',
      user: ALICE,
      projects: [{ workspace: '/code', autonomy: project }],
    }
    const states = [autonomy === undefined ? state : { ...state, autonomy }]
    const record = processRecord(100, OPENCODE, ['opencode'], { workingFolder: '/code' })
    const found = findAgents([record], { states })[0]?.autonomy
    return [found?.level, ...(found?.because ?? []).map(({ name }) => name)]
  }
  const noted: Autonomy = {
    ...says('autonomous', 'edit'),
    because: [{ by: 'default', name: DEFAULT }, ...says('asks', 'edit').because],
  }

  test('asks in a project that asks, unless its own settings act', () => {
    expect(judged(says('asks', 'project'))).toEqual(['asks', 'project'])
    expect(judged(says('asks', 'project'), says('asks', 'own'))).toEqual(['asks', 'project', 'own'])
    expect(judged(says('asks', 'project'), says('autonomous', 'own'))).toEqual(['autonomous', 'project', 'own'])
  })

  test('asks when its own settings ask, and its project decides nothing', () => {
    expect(judged(noted, says('asks', 'own'))).toEqual(['asks', 'edit', 'own'])
    expect(judged(noted)).toEqual(['autonomous', DEFAULT, 'edit'])
  })
})
