/** Runs on Windows (under Wine): freezes an agent with threads and children through the platform, and prints what became of it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir, uptime } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { runDrill } from '../../../src/daemon/enforcement/drill.ts'
import type { DrillOutcome } from '../../../src/daemon/enforcement/drill-file.ts'
import type { FreezeResult, Freezer, FrozenProcess } from '../../../src/system/freezer/freezer.ts'
import { windowsProcessParts } from '../../../src/system/platform/windows.ts'
import { type AgentUnderTest, FREEZER_CHECKS } from '../../contracts/freezer.checks.ts'
import { runChecks } from '../../contracts/run-checks.ts'

const ADDON = join(import.meta.dirname, '../../../native/build/surety-native-win32-x64.node')
const AGENT_PROGRAM = join(import.meta.dirname, './windows-agent-probe.ts')
const A = 'a'.repeat(32)
const B = 'b'.repeat(32)
const C = 'c'.repeat(32)
const STILL_MS = 400
const WITHIN_MS = 60_000

const addon = createRequire(import.meta.url)(ADDON)
const { processes, openFreezer, startCanary } = windowsProcessParts({ addon, clock: systemClock })
const temporary = mkdtempSync(join(tmpdir(), 'freeze-'))

interface Agent extends FrozenProcess {
  readonly child: ChildProcess
  readonly folder: string
}

async function startAgent(name: string, role = 'agent'): Promise<Agent> {
  const folder = join(temporary, name)
  mkdirSync(folder)
  const args = ['--disable-warning=ExperimentalWarning', AGENT_PROGRAM, folder, role]
  const child = spawn(process.execPath, args, { stdio: 'ignore' })
  await once(child, 'spawn')
  const pid = child.pid ?? 0
  return { pid, startTicks: processes.entry(pid)?.startTicks ?? 0, child, folder }
}

function sizes({ folder }: Agent): Record<string, number> {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, statSync(join(folder, name)).size]))
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + WITHIN_MS
  while (!holds()) {
    if (performance.now() > end) throw new Error(`${what} did not come`)
    await delay(5)
  }
}

/** Names of the files that grow. Waits until all of `wanted` do. */
async function growing(agent: Agent, wanted: readonly string[]): Promise<void> {
  const before = sizes(agent)
  await until(`the growth of ${wanted}`, () => {
    const now = sizes(agent)
    return wanted.every((name) => (now[name] ?? 0) > (before[name] ?? 0))
  })
}

/** What grew within a while. */
async function grew(agent: Agent): Promise<readonly string[]> {
  const before = sizes(agent)
  await delay(STILL_MS)
  const now = sizes(agent)
  return Object.keys(now).filter((name) => now[name] !== before[name])
}

function statuses({ rows }: FreezeResult) {
  return rows.map(({ status }) => status).toSorted()
}

const THREADS = Array.from({ length: 8 }, (_, at) => `thread-${at}`)
const ALL = [...THREADS, 'new-threads', 'child', 'left-behind']
const stoppedIn = ({ rows }: FreezeResult) => rows.map(({ pid, startTicks }) => ({ pid, startTicks }))

async function wholeAgent(freezer: Freezer, agent: Agent) {
  await growing(agent, THREADS)
  freezer.own([{ pid: agent.pid, agent: A }])
  writeFileSync(join(agent.folder, 'go'), '')
  await growing(agent, ALL)
  const result = await freezer.freeze([{ agent: A, processes: [agent] }])
  const grewWhileFrozen = await grew(agent)
  const members = freezer.processesOf(A).length
  const stands = freezer.stands(A, agent)
  const again = await freezer.freeze([{ agent: A, processes: [agent] }])
  const released = freezer.release(A, [])
  await growing(agent, ALL)
  return {
    statuses: statuses(result),
    again: statuses(again),
    confirmed: result.confirmedMs !== undefined,
    grewWhileFrozen,
    members,
    stands,
    released,
    heldAfter: freezer.held(),
  }
}

/** Another program of the user resumes it; it is noticed, and suspended again. */
async function escaped(freezer: Freezer, agent: Agent) {
  const result = await freezer.freeze([{ agent: A, processes: [agent] }])
  const other = openFreezer()
  other.release(B, [agent])
  other.close()
  await until('the end of its standing', () => !freezer.stands(A, agent))
  const membersWithout = freezer.processesOf(A).includes(agent.pid)
  // The look that notices it suspends its threads a moment later.
  const end = performance.now() + WITHIN_MS
  let grewAfterwards: readonly string[] = THREADS
  while (grewAfterwards.length > 0 && performance.now() < end)
    grewAfterwards = (await grew(agent)).filter((name) => THREADS.includes(name))
  await freezer.freeze([{ agent: A, processes: [agent] }])
  const standsAgain = freezer.stands(A, agent)
  return { membersWithout, grewAfterwards, standsAgain, released: freezer.release(A, []), rows: result.rows.length }
}

/** The daemon ends and starts again while it is held. What was left behind is known from the scan alone. */
async function restart(agent: Agent, members: readonly FrozenProcess[]) {
  const first = openFreezer()
  const result = await first.freeze([{ agent: A, processes: members }])
  first.close()
  const grewWithoutDaemon = await grew(agent)
  const second = openFreezer()
  const unknown = second.held()
  const stopped = stoppedIn(result)
  const stood = stopped.map((process) => second.stands(A, process))
  const again = await second.freeze([{ agent: A, processes: stopped }])
  second.close()
  const third = openFreezer()
  const released = third.release(A, stopped)
  await growing(agent, ALL)
  third.close()
  return { grewWithoutDaemon, unknown, stood: [...new Set(stood)], again: [...new Set(statuses(again))], released }
}

/** What is an agent of its own, though another one started it. */
async function nested(freezer: Freezer, agent: Agent) {
  const child = processes.identities().find(({ parentPid, pid }) => parentPid === agent.pid && pid !== agent.pid)
  if (child === undefined) throw new Error('the agent has no child')
  freezer.own([
    { pid: agent.pid, agent: A },
    { pid: child.pid, agent: B },
  ])
  await freezer.freeze([{ agent: A, processes: [agent] }])
  await growing(agent, ['child'])
  const grewAlone = await grew(agent)
  freezer.own([{ pid: child.pid, agent: A }])
  freezer.release(A, [])
  return { grewAlone }
}

async function refusals(freezer: Freezer, agent: Agent) {
  const { pid, startTicks } = agent
  const own = processes.entry(process.pid)?.startTicks ?? 0
  const result = await freezer.freeze([
    {
      agent: B,
      processes: [
        { pid, startTicks: startTicks - 1 },
        { pid: 999_996, startTicks: 1 },
        { pid: process.pid, startTicks: own },
      ],
    },
  ])
  await growing(agent, THREADS)
  const thrown = [
    () => addon.freezeOwn({}, new Float64Array(2)),
    () =>
      addon.freezeProcesses(addon.freezeOpen(), new Float64Array(1), new Float64Array(2), new Float64Array(8), () => 0),
    () => addon.freezeRelease(undefined, 1, new Float64Array(0)),
    () => addon.programResolve('C:\\', new Uint8Array(8)),
    () => addon.processCycles('x', 1),
  ].map((call) => {
    try {
      call()
      return 'nothing'
    } catch (error) {
      return error instanceof TypeError ? 'TypeError' : String(error)
    }
  })
  return {
    rows: result.rows.map(({ status }) => status),
    releasedByWrongName: freezer.release(B, [{ pid, startTicks: startTicks - 1 }]),
    thrown,
  }
}

async function end(freezer: Freezer, agent: Agent, members: readonly FrozenProcess[]) {
  const result = await freezer.freeze([{ agent: A, processes: members }])
  const ended = once(agent.child, 'exit')
  freezer.kill(A, [])
  await ended
  const pids = result.rows.map(({ pid }) => pid)
  await until('the end of all', () => !processes.identities().some(({ pid }) => pids.includes(pid)))
  const { rows } = await freezer.freeze([{ agent: A, processes: [agent] }])
  return { killed: pids.length, afterwards: rows.map(({ status }) => status), held: freezer.held() }
}

/** Each of its processes ends as soon as it has started the next, so that none has a parent. */
async function hopper(freezer: Freezer) {
  const agent = await startAgent('hopper', 'hopper')
  await growing(agent, ['hops'])
  freezer.own([{ pid: agent.pid, agent: C }])
  writeFileSync(join(agent.folder, 'go'), '')
  await growing(agent, ['hops'])
  await growing(agent, ['hops'])
  const result = await freezer.freeze([{ agent: C, processes: [agent] }])
  const isStill = (await grew(agent)).length === 0
  const lives = result.rows.filter(({ status }) => status === 'suspend').length > 0
  freezer.kill(C, [])
  await delay(STILL_MS)
  return { isStill, lives, confirmed: result.confirmedMs !== undefined, isOver: (await grew(agent)).length === 0 }
}

let lastPlain = 0

/** For the contract: an agent with a child, which goes on until both are ended. */
async function plainAgent(): Promise<AgentUnderTest> {
  const agent = await startAgent(`plain-${++lastPlain}`, 'plain')
  const all = [...THREADS, 'child']
  writeFileSync(join(agent.folder, 'go'), '')
  await growing(agent, all)
  const { pid, startTicks, child } = agent
  return {
    pid,
    startTicks,
    goesOn: () => growing(agent, all),
    runs: async () => (await grew(agent)).length > 0,
    async [Symbol.asyncDispose]() {
      const freezer = openFreezer()
      freezer.kill(A, stoppedIn(await freezer.freeze([{ agent: A, processes: [agent] }])))
      freezer.close()
      child.kill()
    },
  }
}

/** A drill as the daemon does it, with the real canary. */
async function drill(freezer: Freezer) {
  const outcomes: DrillOutcome[] = []
  const { receipt, code } = await runDrill({
    clock: systemClock,
    log: silentLog,
    freezer,
    processes,
    startCanary: (options) => startCanary('', options),
    effects: { cut: async () => false, released: async () => undefined },
    boot: { uptimeMs: () => uptime() * 1000 },
    isExecHeld: false,
    onDrill: async (outcome) => void outcomes.push(outcome),
  })
  const pids = receipt.agents.flatMap((agent) => agent.processes.map(({ pid }) => pid))
  await until('the end of the canary', () => pids.every((pid) => processes.entry(pid) === undefined))
  const { method, weaknesses, processCount, missed } = receipt
  return { code: code ?? null, method, weaknesses, processCount, missed, took: typeof outcomes[0]?.tookMs }
}

async function probe() {
  const agent = await startAgent('one')
  try {
    const freezer = openFreezer()
    const seen = {
      whole: await wholeAgent(freezer, agent),
      escaped: await escaped(freezer, agent),
      nested: await nested(freezer, agent),
      refusals: await refusals(freezer, agent),
      drill: await drill(freezer),
      hopper: await hopper(freezer),
    }
    const members = stoppedIn(await freezer.freeze([{ agent: A, processes: [agent] }]))
    freezer.release(A, [])
    freezer.close()
    const restarted = await restart(agent, members)
    const last = openFreezer()
    const ended = await end(last, agent, members)
    last.close()
    const contract = await runChecks(FREEZER_CHECKS, { open: openFreezer, table: processes, startAgent: plainAgent })
    return { ...seen, restarted, ended, contract }
  } finally {
    agent.child.kill()
  }
}

try {
  process.stdout.write(JSON.stringify(await probe()))
} catch (error) {
  process.stdout.write(JSON.stringify({ failed: error instanceof Error ? error.stack : String(error) }))
}
process.exit(0)
