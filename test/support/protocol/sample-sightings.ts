import type { AgentSighting, ExtensionSighting, McpServerSighting } from '../../../src/protocol/sighting.ts'

/** Sightings of which a test says only what it is about. `digit` names one: its id is that, 32 times. */

export function agentSighting(digit: string, changes: Partial<AgentSighting> = {}): AgentSighting {
  return {
    kind: 'agent',
    id: digit.repeat(32),
    name: 'Claude Code',
    catalogueId: 'claude-code',
    version: '2.1.0',
    evidence: [],
    state: 'running',
    agentKind: 'cli-agent',
    ...changes,
  }
}

/** As told of a program that no catalogue knows. */
export function unknownAgent(digit: string, changes: Partial<AgentSighting> = {}): AgentSighting {
  const { catalogueId: _, version: __, ...rest } = agentSighting(digit, { name: 'deskbot', agentKind: 'unknown' })
  return { ...rest, score: 7, signals: [{ name: 'tool-session', weight: 3, detail: 'setsid, no tty' }], ...changes }
}

export function mcpServerSighting(digit: string, changes: Partial<McpServerSighting> = {}): McpServerSighting {
  return {
    kind: 'mcp-server',
    id: digit.repeat(32),
    name: 'files',
    evidence: [],
    client: 'cursor',
    scope: 'user',
    configuration: '/home/alice/.cursor/mcp.json',
    enabled: true,
    transport: 'stdio',
    command: 'npx',
    environment: [],
    unpinned: false,
    shell: false,
    cleartext: false,
    plaintextSecret: false,
    writableByOthers: false,
    launchHash: '1'.repeat(32),
    ...changes,
  }
}

export function extensionSighting(digit: string, changes: Partial<ExtensionSighting> = {}): ExtensionSighting {
  return {
    kind: 'extension',
    id: digit.repeat(32),
    name: 'Helper',
    evidence: [],
    host: 'chromium',
    product: 'chromium',
    profile: 'Default',
    extensionId: 'abcdefghijklmnopabcdefghijklmnop',
    enabled: true,
    installSource: 'store',
    permissions: [],
    hostPermissions: [],
    broadHosts: false,
    ai: true,
    ...changes,
  }
}
