import type { Risk } from '../../../src/protocol/risks.ts'
import type { AgentFileSighting, Sighting } from '../../../src/protocol/sighting.ts'
import { agentSighting, extensionSighting, mcpServerSighting } from './sample-sightings.ts'

function agentFile(changes: Partial<AgentFileSighting>): AgentFileSighting {
  return {
    kind: 'agent-file',
    id: '7'.repeat(32),
    name: 'settings.json',
    evidence: [],
    fileKind: 'hook',
    client: 'claude-code',
    scope: 'user',
    path: '/home/alice/.claude/settings.json',
    owner: '1000',
    sizeBytes: 6,
    invisibleUnicode: false,
    writableByOthers: false,
    ...changes,
  }
}

const runtime: Sighting = {
  kind: 'model-runtime',
  id: '8'.repeat(32),
  name: 'Ollama',
  evidence: [],
  state: 'running',
  models: [],
  listens: [{ port: 11_434, loopback: false }],
}

/** Sightings, and the risks that each has: the worst first. */
export const RISKY_SIGHTINGS: readonly (readonly [Sighting, readonly Risk[]])[] = [
  [mcpServerSighting('1'), []],
  [mcpServerSighting('1', { plaintextSecret: true, environment: ['GITHUB_TOKEN'] }), ['secret-in-file']],
  [mcpServerSighting('1', { writableByOthers: true }), ['configuration-writable']],
  [mcpServerSighting('1', { programWritableByOthers: true }), ['program-writable']],
  [mcpServerSighting('1', { cleartext: true }), ['no-tls']],
  [mcpServerSighting('1', { shell: true, unpinned: true }), ['started-by-shell', 'not-pinned']],
  [agentFile({}), []],
  [agentFile({ runsDownload: true }), ['hook-runs-download']],
  [agentFile({ fileKind: 'skill', name: 'deploy', runsDownload: true }), ['text-runs-download']],
  [agentFile({ fileKind: 'command', runsDownload: true }), ['text-runs-download']],
  [agentFile({ invisibleUnicode: true, writableByOthers: true }), ['invisible-text', 'file-writable']],
  [runtime, ['open-to-network']],
  [{ ...runtime, listens: [{ port: 1, loopback: true }] }, []],
  [agentSighting('1', { autonomy: { level: 'asks', because: [] } }), []],
  [agentSighting('1', { autonomy: { level: 'autonomous', because: [] } }), ['autonomous']],
  [agentSighting('1', { endOfLife: '2026-08-09', successor: 'antigravity' }), ['discontinued']],
  [extensionSighting('1'), []],
  [extensionSighting('1', { broadHosts: true, debugger: true }), ['drives-browser', 'reads-every-site']],
  [extensionSighting('1', { installSource: 'unpacked' }), ['not-from-store']],
  [
    extensionSighting('1', { installSource: 'sideloaded', endOfLife: '2026-01-01' }),
    ['not-from-store', 'discontinued'],
  ],
  [extensionSighting('1', { ai: false, broadHosts: true, debugger: true, installSource: 'unpacked' }), []],
]
