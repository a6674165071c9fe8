import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { release } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '../src/base/clock.ts'
import { scanOnChange } from '../src/daemon/collection/scan-on-change.ts'
import { builtInCatalogue } from '../src/discovery/catalogue/built-in.ts'
import { indexAgents } from '../src/discovery/matching/agent-index.ts'
import { bearsName, matchProcess } from '../src/discovery/matching/process-match.ts'
import { ProcessMemory } from '../src/discovery/process-table/process-memory.ts'
import { wakeFilter } from '../src/discovery/scan-processes.ts'
import { loadNativeAddon } from '../src/system/native/native-addon.ts'
import { linuxProcessEvents, type ProcessEventsInit } from '../src/system/processes/linux/process-events.ts'
import { linuxProcesses } from '../src/system/processes/linux/process-table.ts'
import { linuxProgramResolver } from '../src/system/processes/linux/program-resolver.ts'
import type { ProcessEvent, ProcessEventSource } from '../src/system/processes/process-events.ts'
import { type Benchmark, median, quantile, rounded, sizeOf } from './benchmark.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const EXECS = sizeOf(8_000, { small: 400 })
const PER_SECOND = 3_500
const LONG_EVERY = 20
/** Slightly longer than the time within which every program must be known. */
const LONG_MS = 22
const MARKER = 'SURETY_BENCH_ID'
const COST_ROUNDS = sizeOf(15, { small: 2 })
const COST_EXECS = sizeOf(300, { small: 30 })
const REPAIR_LIMIT_MS = 2_000

export const execs: Benchmark = {
  name: 'execs',
  about: 'process events: execs seen, delay, cost for the kernel, and recovery from an overrun',
  unit: 'execs, ms, %',
  limit: 'all execs seen, decision p99 5 ms, cost 10 % and 30 % of an exec, recovery 2 s',
  async run(report) {
    if (process.geteuid?.() !== 0) throw new Error('process events need root')
    // The storm runs on the other core, so the cost of a listener is the work of the kernel and shared memory.
    execFileSync('/usr/bin/taskset', ['-acp', '1', String(process.pid)], { stdio: 'ignore' })
    using scratch = temporaryBenchFolder()
    const tools = compile(scratch.path)
    await reportStorm(report, tools, 'execs', PER_SECOND)
    await reportStorm(report, tools, 'execs-unpaced', 0)
    await reportCost(report, tools)
    await reportOverrun(report, tools)
  },
}

type Report = Parameters<Benchmark['run']>[0]

interface Tools {
  readonly storm: string
  readonly programs: readonly string[]
  readonly output: string
}

/** Ordinary programs, and one in the folder of a known agent. */
export function compile(folder: string): Tools {
  const tool = (name: string, ...flags: string[]) => {
    const path = join(folder, name)
    const source = join(import.meta.dirname, `${name}.c`)
    execFileSync('/usr/bin/cc', ['-D_GNU_SOURCE', '-O2', ...flags, '-o', path, source], { stdio: 'inherit' })
    return path
  }
  const storm = tool('exec-storm')
  const short = tool('short-program', '-nostdlib', '-static', '-fno-stack-protector')
  const paths = ['bin/one', 'bin/two', 'bin/three', 'node_modules/@openai/codex-linux/vendor/here/bin/codex']
  const programs = paths.map((each) => {
    const path = join(folder, each)
    mkdirSync(dirname(path), { recursive: true })
    copyFileSync(short, path)
    return path
  })
  return { storm, programs, output: join(folder, 'started') }
}

interface Storm {
  readonly count: number
  readonly perSecond: number
  readonly programs: readonly string[]
  readonly longEvery?: number
}

/** @returns nanoseconds per exec. */
export async function runStorm({ storm, output }: Tools, { count, perSecond, programs, longEvery = 0 }: Storm) {
  const numbers = [count, perSecond, longEvery, LONG_MS].map(String)
  const child = spawn('/usr/bin/taskset', ['-c', '0', storm, ...numbers, output, ...programs], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (more) => {
    printed += more
  })
  const [status] = await once(child, 'close')
  if (status !== 0) throw new Error(`the storm ended with ${status}`)
  return Number(printed)
}

/** Follows process events like the daemon. Calls `onDecided` when it has decided about an event. */
function follow(
  init: Partial<ProcessEventsInit>,
  onDecided: (event: ProcessEvent) => void,
  onChange = (_: string) => {},
) {
  const index = indexAgents(builtInCatalogue())
  const addon = loadNativeAddon()
  const memory = new ProcessMemory(
    { processes: linuxProcesses({ addon }), programs: linuxProgramResolver({ addon }) },
    {
      isAgent: (process) => matchProcess(index, process, ['/root']) !== undefined,
      bearsName: (executable) => bearsName(index, executable),
      sessionVariables: new Set([MARKER]),
    },
  )
  const state = { lost: 0, agents: 0 }
  const real = linuxProcessEvents({ addon }, { release: release(), ...init })
  const source: ProcessEventSource = {
    watch: (kinds, onEvents, options) =>
      real.watch(
        kinds,
        (batch) => {
          onEvents(batch)
          if (batch.lost) state.lost++
          for (const event of batch.events) onDecided(event)
        },
        options,
      ),
  }
  const watch = memory.follow(source, (change) => {
    if (change === 'started') state.agents++
    onChange(change)
  })
  watch.setFilter?.(wakeFilter(index))
  if (init.withoutFiles !== true && watch.filesFault !== undefined) throw watch.filesFault
  return { memory, state, [Symbol.dispose]: () => watch[Symbol.dispose]() }
}

async function reportStorm(report: Report, tools: Tools, name: string, perSecond: number): Promise<void> {
  const found = new Map<number, { readonly event: ProcessEvent; readonly atNs: bigint }>()
  using followed = follow({}, (event) => {
    if (event.kind === 'exec') found.set(event.pid, { event, atNs: process.hrtime.bigint() })
  })
  const cpuBefore = process.cpuUsage()
  const { programs } = tools
  const oneNs = await runStorm(tools, { count: EXECS, perSecond, longEvery: LONG_EVERY, programs })
  await delay(200)
  followed.memory.changes()
  const cpu = process.cpuUsage(cpuBefore)
  const started = readFileSync(tools.output, 'utf8').trim().split('\n')
  const counts = { seen: 0, executable: 0, long: 0, longKnown: 0, short: 0, shortKnown: 0 }
  const delaysMs: number[] = []
  for (const [number, line] of started.entries()) {
    const [pid = '', at = ''] = line.split(' ')
    const one = found.get(Number(pid))
    if (one === undefined) continue
    counts.seen++
    const program = programs[number % programs.length] ?? ''
    delaysMs.push(Number(one.atNs - BigInt(at)) / 1e6)
    const read = typeof one.event.process === 'object' ? one.event.process : undefined
    if ((read === undefined ? one.event.executable : read.executable) === program) counts.executable++
    const lives = number % LONG_EVERY === 0
    const known =
      read?.argv.join(' ') === `${program} ${number} ${lives ? LONG_MS : 0}` &&
      read.sessionMarkers[MARKER] === String(number)
    counts[lives ? 'long' : 'short']++
    if (known) counts[lives ? 'longKnown' : 'shortKnown']++
  }
  const rate = `${rounded(1e9 / oneNs)} execs a second`
  const share = (part: number, whole: number) => rounded(part / Math.max(1, whole))
  report({
    name: `${name}-seen`,
    value: counts.seen,
    unit: 'execs',
    ratio: share(counts.seen, EXECS),
    against: `${EXECS} at ${rate}${perSecond > 0 ? ' (goal 3000 or more)' : ''}, goal all; ${followed.state.lost} overruns`,
  })
  report({
    name: `${name}-executable`,
    value: counts.executable,
    unit: 'execs',
    ratio: share(counts.executable, EXECS),
    against: `${EXECS}, goal all`,
  })
  report({
    name: `${name}-arguments`,
    value: counts.longKnown,
    unit: 'execs',
    ratio: share(counts.longKnown, counts.long),
    against: `arguments and marker of ${counts.long} that lived ${LONG_MS} ms, goal all; of ${counts.short} that ended at once ${rounded(share(counts.shortKnown, counts.short) * 100)} %`,
  })
  const p99 = quantile(delaysMs, 0.99)
  report({
    name: `${name}-decision-p99`,
    value: rounded(p99),
    unit: 'ms',
    ratio: rounded(p99 / 5),
    against: `limit 5 ms, from before the fork to the decision; median ${rounded(median(delaysMs))} ms; ${rounded((cpu.user + cpu.system) / EXECS)} µs of CPU an exec`,
  })
}

async function reportCost(report: Report, tools: Tools): Promise<void> {
  const listeners = [
    { name: 'bare', listen: () => ({ [Symbol.dispose]: () => undefined }) },
    { name: 'one', listen: () => follow({ withoutFiles: true }, () => undefined) },
    { name: 'pair', listen: () => follow({}, () => undefined) },
  ] as const
  const programs = { dynamic: '/usr/bin/true', static: tools.programs[0] ?? '' }
  for (const [kind, program] of Object.entries(programs)) {
    const times = new Map<string, number[]>(listeners.map(({ name }) => [name, []]))
    for (let round = 0; round < COST_ROUNDS; round++) {
      for (const { name, listen } of listeners) {
        using _ = listen()
        times.get(name)?.push(await runStorm(tools, { count: COST_EXECS, perSecond: 0, programs: [program] }))
      }
    }
    const bare = median(times.get('bare') ?? [])
    for (const [name, limit] of [
      ['one', 0.1],
      ['pair', 0.3],
    ] as const) {
      const cost = median(times.get(name) ?? []) / bare - 1
      report({
        name: kind === 'dynamic' ? `execs-cost-${name}` : `execs-cost-${name}-${kind}`,
        value: rounded(cost * 100),
        unit: '%',
        ratio: rounded(cost / limit),
        against: `limit ${limit * 100} % of a bare exec of ${kind === 'dynamic' ? program : 'a program without a C library'}, ${rounded(bare / 1000)} µs; medians of ${COST_ROUNDS}`,
      })
    }
  }
}

/** With a tiny buffer most events are lost. Agents that start meanwhile must still be found soon. */
async function reportOverrun(report: Report, tools: Tools): Promise<void> {
  const stop = new AbortController()
  const table = linuxProcesses({ addon: loadNativeAddon() })
  let reportLoss: (change: 'lost') => void = () => undefined
  using followed = follow(
    { receiveBytes: 1 },
    () => undefined,
    (change) => {
      if (change === 'lost') reportLoss(change)
    },
  )
  const knownAt = new Map<number, number>()
  const scanning = scanOnChange(
    {
      clock: systemClock,
      watch(onChange) {
        reportLoss = onChange
        return { [Symbol.dispose]: () => undefined }
      },
      async scan({ signal }) {
        followed.memory.beginFullScan()
        for (const { pid } of followed.memory.records(await table.scan({ signal }))) {
          if (!knownAt.has(pid)) knownAt.set(pid, performance.now())
        }
      },
    },
    { signal: stop.signal },
  ).catch(() => undefined)
  const storm = runStorm(tools, { count: EXECS, perSecond: PER_SECOND, programs: tools.programs })
  const [, , , agent = ''] = tools.programs
  const agents: { readonly child: ReturnType<typeof spawn>; readonly at: number }[] = []
  for (let turn = 0; turn < 20; turn++) {
    agents.push({ child: spawn(agent, ['0', '60000'], { stdio: 'ignore' }), at: performance.now() })
    await delay(50)
  }
  await storm
  const delays = async () => {
    const all = () => agents.map(({ child, at }) => (knownAt.get(child.pid ?? 0) ?? Number.POSITIVE_INFINITY) - at)
    for (let turn = 0; turn < 100 && all().some((each) => each === Number.POSITIVE_INFINITY); turn++) await delay(50)
    return all()
  }
  const found = await delays()
  stop.abort()
  await scanning
  for (const { child } of agents) child.kill('SIGKILL')
  const longest = Math.max(...found)
  report({
    name: 'execs-overrun',
    value: rounded(longest),
    unit: 'ms',
    ratio: rounded(longest / REPAIR_LIMIT_MS),
    against: `limit ${REPAIR_LIMIT_MS} ms, the longest of ${agents.length} agents that started while events were lost (${followed.state.lost} overruns), by a full scan`,
  })
}
