import { builtInCatalogue } from '../../../../src/discovery/catalogue/built-in.ts'
import { catalogueFor } from '../../../../src/discovery/catalogue/for-system.ts'
import { indexAgents } from '../../../../src/discovery/matching/agent-index.ts'
import type { ProcessRecord } from '../../../../src/discovery/matching/process-record.ts'
import type { StreamKind } from '../../../../src/system/processes/process-details.ts'
import { findAgents } from '../../../support/processes/find-agents.ts'

/** What `windows-tree-probe.ts` prints. */
export interface WindowsTree {
  readonly home: string
  readonly root: number
  readonly processes: readonly (ProcessRecord & { readonly stdio?: readonly StreamKind[] | undefined })[]
}

const index = indexAgents(catalogueFor(builtInCatalogue(), 'windows'))

/** What is made of it, with the executable of each part without its folder. */
export function agentsIn({ home, root, processes }: WindowsTree) {
  const found = findAgents(processes, {
    index,
    modelPorts: index.modelPorts.among([]),
    homes: [home],
    userOf: (id) => ({ id, name: 'ada' }),
    details: { streams: ({ pid }) => processes.find((each) => each.pid === pid)?.stdio as never },
  })
  return found.map(({ catalogueId, process, evidence, autonomy, workspace, attribution, parts = [] }) => ({
    catalogueId,
    evidence,
    autonomy,
    workspace,
    attribution,
    isRoot: process?.pid === root,
    parts: parts.map(({ role, executable, because }) => `${role} ${executable.split('/').at(-1)}: ${because}`),
  }))
}

export const EXPECTED = [
  {
    catalogueId: 'claude-code',
    isRoot: true,
    evidence: [
      expect.stringMatching(/^script C:\/.*\/@anthropic-ai\/claude-code\/cli\.js run by C:\/.*node\.exe$/),
      'environment marker CLAUDECODE',
      'environment marker CLAUDE_CODE_SESSION_ID',
    ],
    autonomy: { level: 'autonomous', because: [expect.objectContaining({ by: 'flag' })] },
    workspace: expect.stringMatching(/^C:\/windows$/i),
    attribution: { how: 'direct', because: expect.stringMatching(/^session \d+ of Windows$/) },
    parts: expect.arrayContaining([
      'agent node.exe: the agent itself',
      expect.stringMatching(/^tool cmd\.exe: /),
      expect.stringMatching(/^tool node\.exe: /),
    ]),
  },
]
