import type { ProcessChange } from '../../../src/discovery/process-table/change-counter.ts'
import { type ProcessListener, ProcessMemory } from '../../../src/discovery/process-table/process-memory.ts'
import type { ProcessEvent, ProcessEvents } from '../../../src/system/processes/process-events.ts'
import type { ProcessEntry } from '../../../src/system/processes/process-table.ts'
import type { ResolvedFile } from '../../../src/system/processes/program-resolver.ts'

interface Running extends ProcessEntry {
  readonly environment: Readonly<Record<string, string>>
}

const SESSION_VARIABLES = new Set(['CODEX_THREAD_ID'])

interface WorldInit {
  readonly following?: boolean
  /** Only a program that begins is told at once, with what waits; the rest when it is taken. */
  readonly lazy?: boolean
  readonly ownPid?: number
  readonly listener?: ProcessListener
}

/** A kernel that the test moves by hand, and a memory that follows it; `claude` is an agent, also where a script is a link to it. */
export function world(init: WorldInit = {}) {
  const table = new Map<number, Running>()
  const files = new Map<string, ResolvedFile | 'late'>()
  const names = new Set<string>()
  const state = { ticks: 0, stack: 0, reads: 0, resolved: 0, short: false, throws: false, ended: 0 }
  let hear: (events: ProcessEvents) => void = () => undefined
  const waiting: ProcessEvent[] = []
  const take = () => {
    if (waiting.length > 0) hear({ events: waiting.splice(0), lost: false })
  }
  const tell = ({ events, lost }: ProcessEvents) => {
    waiting.push(...events)
    if (lost) hear({ events: waiting.splice(0), lost })
    else if (init.lazy !== true || events.some(({ kind }) => kind === 'exec')) take()
  }
  const watched: [pid: number, forks: boolean][] = []
  const changes: ProcessChange[] = []
  const memory = new ProcessMemory(
    {
      processes: {
        entry(pid) {
          if (state.short) throw new Error('EMFILE')
          const running = table.get(pid)
          if (running === undefined) return undefined
          const { environment: _, ...entry } = running
          return entry
        },
        surroundings(pid, variables) {
          state.reads++
          const running = table.get(pid)
          if (running === undefined) return undefined
          const { environment, startTicks } = running
          const markers = Object.entries(environment).filter(([name]) => variables.has(name))
          return {
            startTicks,
            environmentNames: Object.keys(environment),
            sessionMarkers: Object.fromEntries(markers),
            workingFolder: `/code/${pid}`,
          }
        },
      },
      programs: {
        resolve({ pid, startTicks }, path) {
          state.resolved++
          return table.get(pid)?.startTicks === startTicks ? files.get(path) : undefined
        },
      },
    },
    {
      isAgent: ({ executable, resolved }) => [executable, resolved?.path].some((path) => path?.endsWith('/claude')),
      bearsName: (executable) => names.has(executable),
      sessionVariables: SESSION_VARIABLES,
      ownPid: init.ownPid,
      ...init.listener,
    },
  )
  const events = {
    watch(_: readonly ProcessEvent['kind'][], onEvents: typeof hear) {
      hear = onEvents
      return {
        take,
        watchProcess: (pid: number, { forks = false } = {}) => void watched.push([pid, forks]),
        [Symbol.dispose]: () => void state.ended++,
      }
    },
  }
  const hearChange = (change: ProcessChange) => {
    if (state.throws) throw new Error('thrown')
    changes.push(change)
  }
  const following = init.following === false ? undefined : memory.follow(events, hearChange)
  const kernel = {
    fork(parentPid: number, pid: number, told = true) {
      const parent = table.get(parentPid)
      const place = { userId: '1000', sessionId: 1, ttyNumber: 3 }
      const from = {
        ...(parent ?? { ...programOf('init', [], {}), ...place }),
        pid,
        parentPid,
        startTicks: ++state.ticks,
      }
      table.set(pid, from)
      if (told) tell({ events: [{ kind: 'fork', pid, parentPid }], lost: false })
    },
    exec(pid: number, program: string, args: readonly string[] = [], environment = {}, told = true) {
      const before = table.get(pid)
      if (before === undefined) throw new TypeError('no such process')
      table.set(pid, { ...before, ...programOf(program, args, environment), stackStart: ++state.stack })
      if (told) tell({ events: [{ kind: 'exec', pid }], lost: false })
    },
    setsid(pid: number) {
      const before = table.get(pid)
      if (before !== undefined) table.set(pid, { ...before, sessionId: pid, ttyNumber: 0 })
      tell({ events: [{ kind: 'session', pid }], lost: false })
    },
    exit(pid: number, told = true) {
      table.delete(pid)
      for (const [child, running] of table)
        if (running.parentPid === pid) table.set(child, { ...running, parentPid: 1 })
      if (told) tell({ events: [{ kind: 'exit', pid }], lost: false })
    },
    /** Forks and executes. */
    run(parentPid: number, pid: number, program: string, args: readonly string[] = [], environment = {}) {
      kernel.fork(parentPid, pid)
      kernel.exec(pid, program, args, environment)
    },
  }
  const look = () => {
    memory.beginScan()
    memory.beginFullScan()
    return memory.records([...table.values()].map(({ environment: _, ...entry }) => entry))
  }
  const recordOf = (pid: number) => look().find((record) => record.pid === pid)
  return {
    table,
    files,
    names,
    state,
    changes,
    watched,
    memory,
    kernel,
    look,
    recordOf,
    following,
    lose: () => tell({ events: [], lost: true }),
    tell: (list: readonly ProcessEvent[]) => tell({ events: list, lost: false }),
  }
}

function programOf(name: string, args: readonly string[], environment: Readonly<Record<string, string>>) {
  const executable = `/usr/bin/${name}`
  return { comm: name, executable, argv: [executable, ...args], environment }
}
