import type { CliComponents } from '../../src/cli/command/cli-components.ts'
import type { DaemonClient } from '../../src/cli/command/daemon-client.ts'
import { runCli } from '../../src/cli/surety.ts'
import type { SightingsAnswer } from '../../src/protocol/messages/control.ts'
import type { AgentFileSighting, AgentPart, ModelRuntimeSighting, Sighting } from '../../src/protocol/sighting.ts'
import type { Terminal } from '../../src/view/terminal.ts'
import {
  agentSighting,
  extensionSighting,
  mcpServerSighting,
  unknownAgent,
} from '../support/protocol/sample-sightings.ts'

export const TIME = Date.UTC(2026, 10, 25, 12)
export const PLAIN: Terminal = { columns: undefined, colour: false }
export const alice = { id: '1000', name: 'alice' }

export const process = (pid: number) => ({
  pid,
  startTicks: pid,
  bootId: 'b',
  parentPid: 900,
  executable: '/usr/bin/node',
})
export const part = (
  role: AgentPart['role'],
  pid: number,
  parentPid: number,
  changes: Partial<AgentPart> = {},
): AgentPart => ({
  role,
  pid,
  startTicks: pid,
  parentPid,
  executable: `/usr/bin/${role}`,
  because: 'child',
  ...changes,
})

export const server = mcpServerSighting('f', { user: alice, version: 'latest', unpinned: true })
export const claude = agentSighting('1', {
  vendor: 'Anthropic',
  user: alice,
  process: process(1001),
  workspace: '/home/alice/src/app',
  flags: ['--dangerously-skip-permissions'],
  autonomy: {
    level: 'autonomous',
    because: [
      { by: 'flag', name: '--dangerously-skip-permissions' },
      { by: 'configuration', name: 'defaultMode', path: '/home/alice/.claude/settings.json' },
    ],
  },
  account: { provider: 'claude.ai', name: 'alice@example.org', path: '/home/alice/.claude.json' },
  attribution: {
    how: 'direct',
    because: 'its session is a login',
    human: alice,
    session: { id: '7', kind: 'terminal', tty: 'pts/3' },
  },
  endpoints: [{ by: 'environment', name: 'ANTHROPIC_BASE_URL', address: 'proxy.example:443' }],
  parts: [
    part('agent', 1001, 900, { because: 'itself' }),
    part('helper', 1010, 1, { because: 'forked by an ancestor that has ended' }),
    part('tool', 1020, 1001),
    part('tool', 1021, 1020),
    part('mcp-server', 1030, 1001, { server: 'f'.repeat(32) }),
  ],
  morePartsCount: 3,
})
export const deskbot = unknownAgent('2', { user: alice, process: process(1002) })
export const codex = agentSighting('3', {
  name: 'Codex',
  catalogueId: 'codex',
  state: 'installed',
  path: '/usr/bin/codex',
  user: alice,
  endOfLife: '2026-01-01',
  successor: 'codex-next',
  lastUsedAt: TIME - 3 * 86_400_000,
})
export const runtime: ModelRuntimeSighting = {
  kind: 'model-runtime',
  id: '4'.repeat(32),
  name: 'Ollama',
  evidence: [],
  state: 'running',
  process: process(1004),
  listens: [{ port: 11434, loopback: false }],
  models: ['llama3', 'qwen'],
}
export const file: AgentFileSighting = {
  kind: 'agent-file',
  id: '5'.repeat(32),
  name: 'CLAUDE.md',
  evidence: [],
  fileKind: 'instructions',
  client: 'claude-code',
  scope: 'project',
  path: '/home/alice/src/app/CLAUDE.md',
  owner: '1001',
  sizeBytes: 10,
  invisibleUnicode: true,
  writableByOthers: true,
  user: alice,
}
export const ALL: readonly Sighting[] = [codex, claude, deskbot, extensionSighting('6'), server, runtime, file]

export function answerOf(items: readonly Sighting[], changes: Partial<SightingsAnswer> = {}): SightingsAnswer {
  return {
    items: [...items],
    mark: `${items.length}`.padStart(32, '0'),
    limitedToCaller: false,
    time: TIME,
    ...changes,
  }
}

const unused = () => Promise.reject(new TypeError('not asked for'))
export const daemonOf = (sightings: DaemonClient['sightings']): DaemonClient => ({
  status: unused,
  config: unused,
  refresh: unused,
  check: unused,
  lastBatch: unused,
  actions: unused,
  remove: unused,
  freeze: unused,
  release: unused,
  claim: unused,
  claims: unused,
  sightings,
})

/** A daemon that has found `items`. */
export function seeing(items: readonly Sighting[], changes: Partial<SightingsAnswer> = {}): DaemonClient {
  return daemonOf(async ({ kinds }) =>
    answerOf(
      items.filter(({ kind }) => kinds?.includes(kind) ?? true),
      changes,
    ),
  )
}

export async function run(
  argv: string,
  daemon: DaemonClient = seeing(ALL),
  terminal: Terminal = PLAIN,
  signal?: AbortSignal,
  whenResized: CliComponents['whenResized'] = () => undefined,
) {
  let [out, err] = ['', '']
  const exitCode = await runCli(
    {
      daemonAt: () => daemon,
      readConfig: () => [],
      now: () => TIME,
      out: (text) => {
        out += text
      },
      err: (text) => {
        err += text
      },
      untilInterrupted: () => signal ?? AbortSignal.abort(),
      whenResized,
      pause: async () => undefined,
      fixes: {},
      saveNew: async () => undefined,
      saveNewFolder: async () => undefined,
    },
    { argv: argv.split(' '), socket: '/default.sock', terminal },
  )
  return { exitCode, out, err }
}
export const linesOf = (text: string) => text.replace(/\n$/, '').split('\n')
/** Without the risks below it. */
export const tableOf = (text: string) => linesOf(text.split('\n\nRisks (')[0] ?? '')
