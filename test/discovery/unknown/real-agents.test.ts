import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import type { Catalogue } from '../../../src/discovery/catalogue/catalogue.ts'
import { indexAgents } from '../../../src/discovery/matching/agent-index.ts'
import type { ProcessRecord } from '../../../src/discovery/matching/process-record.ts'
import { knownAgentTest } from '../../../src/discovery/unknown/suspects.ts'
import type { ProcessSockets, StreamKind } from '../../../src/system/processes/process-details.ts'
import type { ProcessEntry } from '../../../src/system/processes/process-table.ts'
import { look, type SeenProcess } from './behaviour-world.ts'

/** Real agents, captured while they ran a tool, with the catalogue that does not know them. */
const FOLDER = join(import.meta.dirname, '../../fixtures/agents')

interface CapturedProcess extends Omit<ProcessEntry, 'executable'> {
  readonly executable?: string
  readonly forkedBy?: number
  readonly environmentNames?: readonly string[]
  readonly stdio?: readonly [string, string, string]
  readonly sockets?: readonly string[]
}

interface Captured {
  readonly agent: string
  readonly home: string
  readonly toolPid: number
  readonly processes: readonly CapturedProcess[]
  readonly ended: readonly CapturedProcess[]
}

function read(name: string): Captured {
  // Written by `test/journeys/agents/capture.ts`.
  const captured = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as Captured
  if (!name.endsWith('-killed')) return captured
  // What was killed is remembered as it was.
  const left = new Set(captured.processes.map(({ pid }) => pid))
  const before = read(name.replace(/-killed$/, '')).processes.filter(({ pid }) => !left.has(pid))
  return { ...captured, ended: [...captured.ended, ...before] }
}

const NAMES = readdirSync(FOLDER).map((file) => file.replace(/\.json$/, ''))
const without = (entry: string): Catalogue => {
  const catalogue = builtInCatalogue()
  return { ...catalogue, entries: catalogue.entries.filter(({ id }) => id !== entry) }
}

/** As the memory of processes would hold them. */
function recordsOf({ processes, ended }: Captured): SeenProcess[] {
  const records = new Map<number, SeenProcess & { forkedBy?: ProcessRecord }>()
  const add = (each: CapturedProcess, gone: { ended?: true }) => {
    const { forkedBy: _, stdio, sockets, ...entry } = each
    records.set(each.pid, {
      ...entry,
      executable: entry.executable,
      sessionMarkers: {},
      ...gone,
      ...(stdio === undefined ? {} : { streams: [kind(stdio[0]), kind(stdio[1]), kind(stdio[2])] as const }),
      ...(sockets === undefined ? {} : { sockets: socketsOf(sockets) }),
    })
  }
  for (const each of ended) add(each, { ended: true })
  for (const each of processes) add(each, {})
  for (const { pid, forkedBy } of [...processes, ...ended]) {
    const record = records.get(pid)
    const parent = forkedBy === undefined ? undefined : records.get(forkedBy)
    if (record !== undefined && parent !== undefined) record.forkedBy = parent
  }
  return processes.flatMap(({ pid }) => records.get(pid) ?? [])
}

function kind(word: string): StreamKind {
  return word === 'socket' || word === 'pipe' || word === 'null' || word === 'terminal' ? word : 'other'
}

function socketsOf(lines: readonly string[]): ProcessSockets {
  const ends = (state: string) =>
    lines
      .filter((line) => line.startsWith(`${state} `))
      .map((line) => ({
        address: line.split(' ')[1] ?? '',
        port: Number(line.split(':').at(-1)),
        loopback: line.includes(' 127.'),
      }))
  return { connected: ends('connected'), listening: ends('listens') }
}

function lookAt(captured: Captured, catalogue: Catalogue) {
  const known = { index: indexAgents(catalogue), homes: [captured.home] }
  return look(recordsOf(captured), { homes: known.homes, isKnown: knownAgentTest(known, []) }, known.index.markers)
}

/** What speaks for each; an agent captured anew may show more. */
const SIGNALS: Readonly<Record<string, readonly string[]>> = {
  claude: ['child-markers 40', 'tool-children 30', 'shell-snapshots 20', 'autonomy-flag 20', 'model-endpoint 5'],
  cline: ['tool-children 30', 'child-markers 20', 'autonomy-flag 20'],
  'cline-killed': ['tool-children 30', 'child-markers 20', 'autonomy-flag 20', 'loopback-service 15'],
  'codex-exec': ['child-markers 30', 'tool-children 30', 'autonomy-flag 20'],
  codex: ['child-markers 30', 'tool-children 30', 'loopback-service 15'],
  'codex-killed': ['child-markers 30', 'tool-children 30'],
  copilot: ['child-markers 30', 'tool-children 30', 'autonomy-flag 20', 'model-endpoint 5'],
  gemini: ['tool-children 30', 'child-markers 20', 'autonomy-flag 20', 'model-endpoint 5'],
  openclaw: ['child-markers 30', 'tool-children 30', 'shell-snapshots 20', 'loopback-service 15'],
  opencode: ['child-markers 30', 'tool-children 30'],
  qwen: ['child-markers 30', 'tool-children 30', 'autonomy-flag 20', 'model-endpoint 5'],
}

test.each(NAMES)('reports %s without its entry in the catalogue, with its tool and why', async (name) => {
  const captured = read(name)
  const found = await lookAt(captured, without(captured.agent))
  expect(found.map(({ signals }) => signals?.map((signal) => `${signal.name} ${signal.weight}`))).toEqual([
    SIGNALS[name],
  ])
  const tools = found[0]?.parts?.filter(({ role }) => role === 'tool').map(({ pid }) => pid)
  expect(tools).toContain(captured.toolPid)
})

test.each(NAMES)('does not report %s a second time when the catalogue knows it', async (name) => {
  expect(await lookAt(read(name), builtInCatalogue())).toEqual([])
})
