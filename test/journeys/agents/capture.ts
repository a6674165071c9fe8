/**
 * Writes `test/fixtures/agents/NAME.json`: every process of a real agent while it runs a tool, as it was started and as
 * it is then. Names of variables, never values, but for those that name a session. What leaves a daemon behind is
 * captured once more, as `NAME-killed.json`, after its program was killed. Run it as root when an agent in
 * `real-agents.ts` changes: `node scripts/run.cjs test/journeys/agents/capture.ts [NAME…]`.
 */
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { jsonLines } from '../../../scripts/json-lines.ts'
import { loadNativeAddon } from '../../../src/system/native/native-addon.ts'
import { linuxProcessEvents } from '../../../src/system/processes/linux/process-events.ts'
import { linuxProcesses } from '../../../src/system/processes/linux/process-table.ts'
import type { ProcessEntry } from '../../../src/system/processes/process-table.ts'
import { installAgents } from './laboratory/agent-packages.ts'
import { laboratoryLacks } from './laboratory/laboratory.ts'
import { laboratoryFor, prepareAgent, type StartedAgent, startAgent } from './laboratory/start-agents.ts'
import { REAL_AGENTS } from './real-agents.ts'

const FIXTURES = join(import.meta.dirname, '../../fixtures/agents')
/** Their values name a session and nothing else. */
const SESSION_VARIABLES =
  /^(AI_AGENT|AGENT|CLAUDE_CODE_SESSION_ID|CODEX_(THREAD|SESSION)_ID|COPILOT_AGENT_SESSION_ID|OPENCODE_PID|QWEN_CODE_SESSION_ID)$/
/** What an agent does after it has started its tool. */
const SETTLE_MS = 1_500

const addon = loadNativeAddon()
const table = linuxProcesses({ addon })
/** As they were when they became the program that they are. */
const started = new Map<number, ProcessEntry>()
const forkedBy = new Map<number, number>()
const ended = new Map<number, ProcessEntry>()

function watch(): Disposable {
  const source = linuxProcessEvents({ addon }, { release: release() })
  return source.watch(['fork', 'exec', 'exit'], ({ events }) => {
    for (const { kind, pid, parentPid, process: entry } of events) {
      if (kind === 'fork' && parentPid !== undefined) forkedBy.set(pid, parentPid)
      if (typeof entry === 'object') started.set(pid, entry)
      const last = kind === 'exit' ? started.get(pid) : undefined
      if (last !== undefined) ended.set(pid, last)
    }
  })
}

function environmentOf(pid: number) {
  const pairs = readFileSync(`/proc/${pid}/environ`, 'utf8')
    .split('\0')
    .map((line) => line.split('='))
  const names = pairs.flatMap(([name = '', ...value]) => (name !== '' && value.length > 0 ? [name] : []))
  const markers = pairs.filter(([name = '']) => SESSION_VARIABLES.test(name))
  return {
    environmentNames: names,
    sessionMarkers: Object.fromEntries(markers.map(([name, ...value]) => [name, value.join('=')])),
  }
}

/** Of standard input, output and error. */
function stdioOf(pid: number): string[] {
  return [0, 1, 2].map((fd) => {
    try {
      const target = readlinkSync(`/proc/${pid}/fd/${fd}`)
      if (target === '/dev/null') return 'null'
      if (target.startsWith('/dev/pts/')) return 'terminal'
      return /^(pipe|socket|anon_inode):/.exec(target)?.[1] ?? 'file'
    } catch {
      return 'closed'
    }
  })
}

/** `connected 127.0.0.1:PORT` and `listens 127.0.0.1:PORT` of the sockets that this process holds. */
function socketsOf(pid: number): string[] {
  const own = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
      } catch {
        return []
      }
    }),
  )
  const lines = readFileSync(`/proc/${pid}/net/tcp`, 'utf8').trim().split('\n').slice(1)
  return lines.flatMap((line) => {
    const [, local = '', remote = '', state, , , , , , inode = ''] = line.trim().split(/\s+/)
    if (!own.has(inode)) return []
    if (state === '0A') return [`listens ${address(local)}`]
    return state === '01' ? [`connected ${address(remote)}`] : []
  })
}

function address(hexadecimal: string): string {
  const [host = '', port = ''] = hexadecimal.split(':')
  const bytes =
    host
      .match(/../g)
      ?.map((byte) => Number.parseInt(byte, 16))
      .reverse() ?? []
  return `${bytes.join('.')}:${Number.parseInt(port, 16)}`
}

function capture({ agent, user, shellPid }: StartedAgent, pids: readonly number[], toolPid: number) {
  const of = (entry: ProcessEntry) => {
    const { pid, parentPid, startTicks, sessionId, ttyNumber, comm, executable, argv } = entry
    const parent = forkedBy.get(pid)
    return {
      pid,
      parentPid,
      ...(parent === undefined ? {} : { forkedBy: parent }),
      startTicks,
      sessionId,
      ttyNumber,
      comm,
      executable,
      argv,
    }
  }
  const processes = pids.flatMap((pid) => {
    const now = table.entry(pid)
    if (now === undefined) return []
    const first = started.get(pid)
    const startedAs = first?.startTicks === now.startTicks ? first : now
    const rewritten = JSON.stringify(startedAs.argv) !== JSON.stringify(now.argv)
    const known = { ...of({ ...now, argv: startedAs.argv }), ...(rewritten ? { argvNow: now.argv } : {}) }
    try {
      const workingFolder = readlinkSync(`/proc/${pid}/cwd`)
      return [{ ...known, ...environmentOf(pid), workingFolder, stdio: stdioOf(pid), sockets: socketsOf(pid) }]
    } catch {
      return [] // has ended meanwhile
    }
  })
  const gone = [...ended.values()].filter((entry) => entry.userId === String(user.uid) && !pids.includes(entry.pid))
  return {
    agent: agent.entry,
    packageName: agent.packageName,
    version: agent.version,
    command: agent.command,
    captured: { kernel: release(), node: process.version },
    uid: user.uid,
    home: user.home,
    workspace: user.project,
    shellPid,
    toolPid,
    processes,
    ended: gone.map(of),
  }
}

function save(name: string, fixture: ReturnType<typeof capture>): void {
  writeFileSync(join(FIXTURES, `${name}.json`), jsonLines(fixture))
  process.stdout.write(`${name}: ${fixture.processes.length} processes, ${fixture.ended.length} ended\n`)
}

const lacks = laboratoryLacks()
if (lacks !== undefined) throw new Error(lacks)
const wanted = process.argv.slice(2)
const agents = REAL_AGENTS.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
const installed = await installAgents(agents)
await using laboratory = await laboratoryFor(agents, installed)
for (const agent of agents) {
  using _ = watch()
  await prepareAgent(laboratory, agent)
  const running = await startAgent(laboratory, agent)
  const toolPid = await running.tool()
  await delay(SETTLE_MS)
  save(agent.name, capture(running, laboratory.pidsOf(running.user), toolPid))
  if (agent.daemons !== undefined) {
    const program = running.program()
    if (program !== undefined) process.kill(program, 'SIGKILL')
    await delay(SETTLE_MS)
    save(`${agent.name}-killed`, capture(running, laboratory.pidsOf(running.user), toolPid))
  }
  await laboratory.end(running.user)
}
