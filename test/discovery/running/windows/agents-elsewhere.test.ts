import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { builtInCatalogue } from '../../../../src/discovery/catalogue/built-in.ts'
import { catalogueFor } from '../../../../src/discovery/catalogue/for-system.ts'
import { indexAgents } from '../../../../src/discovery/matching/agent-index.ts'
import { type CapturedAgent, capturedAgent, recordsOf, streamsOf } from '../../../support/processes/captured-agent.ts'
import { findAgents, partsIn } from '../../../support/processes/find-agents.ts'
import { agentsIn, EXPECTED, type WindowsTree } from './windows-tree.ts'

const FIXTURE = join(import.meta.dirname, '../../../fixtures/windows/agent-tree.json')
const recorded: WindowsTree = JSON.parse(readFileSync(FIXTURE, 'utf8'))

describe('a recorded tree of Windows', () => {
  test('is one agent with its tool', () => {
    expect(agentsIn(recorded)).toMatchObject(EXPECTED)
  })

  test('is the same in another order and case', () => {
    const shouted = recorded.processes.toReversed().map((process) => ({
      ...process,
      executable: process.executable?.toUpperCase(),
      argv: process.argv.map((word) => (/^[A-Z]:\\/i.test(word) ? word.toUpperCase() : word)),
    }))
    const [agent, ...more] = agentsIn({ ...recorded, processes: shouted })
    expect([agent?.catalogueId, agent?.isRoot, agent?.parts.length, more]).toEqual(['claude-code', true, 4, []])
  })

  test('a pid that is used again makes no child', () => {
    const [root, ...children] = recorded.processes
    if (root === undefined) throw new Error('the fixture is empty')
    const later = { ...root, startTicks: Number.MAX_SAFE_INTEGER, environmentNames: [] }
    const strangers = children.map((child) => ({ ...child, parentPid: 0, environmentNames: [], sessionMarkers: {} }))
    const [agent] = agentsIn({ ...recorded, processes: [later, ...strangers] })
    expect(agent?.parts).toEqual(['agent node.exe: the agent itself'])
  })

  test.each([
    ['without variables', { environmentNames: undefined, sessionMarkers: {} }],
    ['without a working folder', { workingFolder: undefined }],
    ['without streams', { stdio: undefined }],
  ])('that tells less (%s) is still that agent', (_, less) => {
    const processes = recorded.processes.map((process) => ({ ...process, ...less }))
    expect(agentsIn({ ...recorded, processes }).map(({ catalogueId, isRoot }) => [catalogueId, isRoot])).toEqual([
      ['claude-code', true],
    ])
  })

  test('whose command lines may not be seen is no agent', () => {
    const processes = recorded.processes.map((process) => ({ ...process, argv: [], environmentNames: undefined }))
    expect(agentsIn({ ...recorded, processes })).toEqual([])
  })
})

/**
 * Trees that were captured on Linux, with the paths of macOS: sessions and terminals are those of the same calls. None was recorded on
 * a Mac.
 */
describe('trees with the paths of macOS', () => {
  const index = indexAgents(catalogueFor(builtInCatalogue(), 'darwin'))
  const onMac = (name: string): CapturedAgent =>
    JSON.parse(
      JSON.stringify(capturedAgent(name))
        .replaceAll('/home/', '/Users/')
        .replaceAll('/usr/bin/bash', '/bin/bash')
        .replaceAll('-linux-x64', '-darwin-arm64')
        .replaceAll('x86_64-unknown-linux-musl', 'aarch64-apple-darwin'),
    )

  test.each([
    ['claude', 'claude-code', ['agent 12059', 'mcp-server 12067', 'tool 12081', 'tool 12082']],
    ['codex', 'codex', ['agent 12212', 'helper 12242', 'helper 12322', 'mcp-server 12376', 'tool 12432']],
    ['copilot', 'copilot-cli', ['agent 12586', 'agent 12597', 'tool 12688']],
    ['cline-killed', 'cline-cli', ['helper 13373', 'tool 13409']],
  ])('%s is one agent with all its processes', (name, id, parts) => {
    const captured = onMac(name)
    const found = findAgents(recordsOf(captured, { events: false }), {
      index,
      modelPorts: index.modelPorts.among([]),
      homes: [captured.home],
      details: { streams: streamsOf(captured) },
      installed: () => true,
    })
    expect(found.map((each) => [each.catalogueId, partsIn(each), each.workspace])).toEqual([
      [id, parts, captured.workspace],
    ])
  })
})
