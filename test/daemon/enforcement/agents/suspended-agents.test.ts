import type { FreezeRow, Freezer, FrozenProcess } from '../../../../src/system/freezer/freezer.ts'
import type { ProcessEntry } from '../../../../src/system/processes/process-table.ts'
import { MICROSECONDS } from '../../../../src/system/processes/start-ticks.ts'
import { agentOf, stopOf, testEnforcement } from '../../../support/daemon/test-enforcement.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { waitFor } from '../../../support/wait-for.ts'

/** Stops where threads are suspended: no group of the kernel holds a process, and nothing remembers it but the daemon. */

const STARTED_MS = Date.UTC(2026, 10, 25, 8)

interface Runs {
  isSuspended: boolean
}

/** The processes of a Windows, and what suspends them. They outlive each freezer. */
class Machine {
  readonly processes = new Map<number, Runs & ProcessEntry>()

  start(pid: number, executable = 'C:/Users/ann/AppData/Local/agent/agent.exe'): FrozenProcess {
    const startTicks = STARTED_MS * 1000 + pid
    this.processes.set(pid, {
      pid,
      parentPid: 4,
      startTicks,
      userId: 'S-1-5-21-1-2-3-1001',
      sessionId: 1,
      ttyNumber: 0,
      comm: 'agent.exe',
      executable,
      argv: [],
      isSuspended: false,
    })
    return { pid, startTicks }
  }

  at({ pid, startTicks }: FrozenProcess): Runs | undefined {
    const process = this.processes.get(pid)
    return process?.startTicks === startTicks ? process : undefined
  }

  /** As the table of Windows tells it. */
  get table() {
    return {
      ticks: MICROSECONDS,
      entry: (pid: number) => this.processes.get(pid),
      isPartOfSystem: (executable: string) => executable === 'C:/Windows/explorer.exe',
    }
  }

  freezer(): Freezer {
    const held = new Map<string, Map<number, FrozenProcess>>()
    const membersOf = (agent: string) => held.get(agent) ?? new Map<number, FrozenProcess>()
    const hold = (agent: string, process: FrozenProcess): FreezeRow => {
      const found = this.at(process)
      if (found === undefined) return { ...process, agent, status: 'ended' }
      found.isSuspended = true
      held.set(agent, membersOf(agent).set(process.pid, process))
      return { ...process, agent, status: 'suspend' }
    }
    const each = (agent: string, stopped: readonly FrozenProcess[], call: (process: FrozenProcess) => void) => {
      const all = new Map([...stopped.map((one) => [one.pid, one] as const), ...membersOf(agent)])
      for (const process of all.values()) call(process)
      held.delete(agent)
      return all.size
    }
    return {
      method: 'suspend',
      knowsForks: false,
      own: () => undefined,
      prepare: () => undefined,
      hurry: () => ({ [Symbol.dispose]: () => undefined }),
      async freeze(agents) {
        const rows = agents.flatMap(({ agent, processes }) => processes.map((process) => hold(agent, process)))
        return { rows, confirmedMs: 3, pausedMs: 0, oneByOne: false, forksMissed: false, incomplete: false }
      },
      held: () => [...held.keys()],
      processesOf: (agent) =>
        [...membersOf(agent).values()].filter((one) => this.at(one)?.isSuspended === true).map(({ pid }) => pid),
      admit: () => false,
      stands: (_, process) => this.at(process)?.isSuspended === true,
      release: (agent, stopped) =>
        each(agent, stopped, (one) => {
          const found = this.at(one)
          if (found !== undefined) found.isSuspended = false
        }),
      kill: (agent, stopped) => void each(agent, stopped, ({ pid }) => void this.processes.delete(pid)),
      close: () => held.clear(),
    }
  }
}

function initOf(folder: string, machine: Machine) {
  return { folder, name: 'test', freezer: machine.freezer(), processes: machine.table }
}

test('a receipt says how weak a suspension is, and when the process started', async () => {
  using folder = temporaryFolder()
  const machine = new Machine()
  const process = machine.start(8)
  await using stops = await testEnforcement(initOf(folder.path, machine))
  const sighting = agentOf(process)
  stops.scanned([sighting])
  const { receipt, code } = await stops.enforcement.stop(stopOf())
  expect(code).toBeUndefined()
  expect(receipt).toMatchObject({
    method: 'suspend',
    network: 'open',
    weaknesses: ['suspend', 'network-open', 'exec-not-held'],
    missed: [],
    agents: [{ processes: [{ pid: 8, startedAt: STARTED_MS, executable: machine.processes.get(8)?.executable }] }],
  })
  expect(machine.at(process)?.isSuspended).toBe(true)
})

test('what another program resumes has escaped, and is stopped again', async () => {
  using folder = temporaryFolder()
  const machine = new Machine()
  const process = machine.start(8)
  await using stops = await testEnforcement(initOf(folder.path, machine))
  const sighting = agentOf(process)
  stops.scanned([sighting])
  await stops.enforcement.stop(stopOf())
  const runs = machine.at(process)
  if (runs !== undefined) runs.isSuspended = false
  stops.scanned([sighting])
  await waitFor('the escape', () => stops.events.some(({ kind }) => kind === 'escaped'))
  expect(stops.events).toMatchObject([{ kind: 'escaped', processes: 1, product: 'tester' }])
  expect(runs?.isSuspended).toBe(true)
})

test('after a restart, a suspended agent has not escaped, and continues on release', async () => {
  using folder = temporaryFolder()
  const machine = new Machine()
  const process = machine.start(8)
  const sighting = agentOf(process)
  const stop = stopOf()
  const first = await testEnforcement(initOf(folder.path, machine))
  first.scanned([sighting])
  await first.enforcement.stop(stop)
  await first.die()
  expect(machine.at(process)?.isSuspended).toBe(true)
  await using second = await testEnforcement(initOf(folder.path, machine))
  second.scanned([sighting])
  await second.enforcement.stop(stop)
  expect(second.events).toEqual([])
  const { receipt } = await second.enforcement.release([stop.id])
  expect(receipt).toMatchObject({ agentCount: 1, processCount: 1 })
  expect(machine.at(process)?.isSuspended).toBe(false)
})

test('what ran while the daemon was away has escaped', async () => {
  using folder = temporaryFolder()
  const machine = new Machine()
  const process = machine.start(8)
  const sighting = agentOf(process)
  const first = await testEnforcement(initOf(folder.path, machine))
  first.scanned([sighting])
  await first.enforcement.stop(stopOf())
  await first.die()
  const runs = machine.at(process)
  if (runs !== undefined) runs.isSuspended = false
  await using second = await testEnforcement(initOf(folder.path, machine))
  second.scanned([sighting])
  await waitFor('the escape', () => second.events.length > 0)
  expect(second.events).toMatchObject([{ kind: 'escaped' }])
  expect(runs?.isSuspended).toBe(true)
})

test('what is killed while it is suspended has ended', async () => {
  using folder = temporaryFolder()
  const machine = new Machine()
  const process = machine.start(8)
  await using stops = await testEnforcement(initOf(folder.path, machine))
  const sighting = agentOf(process)
  stops.scanned([sighting])
  await stops.enforcement.stop(stopOf())
  machine.processes.delete(8)
  stops.scanned([])
  await waitFor('its end', () => stops.events.length > 0)
  expect(stops.events).toMatchObject([{ kind: 'ended', product: 'tester' }])
  await waitFor('the list', () => stops.enforcement.held.length === 0)
})

test('a program that the session needs is not suspended', async () => {
  using folder = temporaryFolder()
  const machine = new Machine()
  const process = machine.start(8, 'C:/Windows/explorer.exe')
  await using stops = await testEnforcement(initOf(folder.path, machine))
  stops.scanned([agentOf(process)])
  const { receipt, code } = await stops.enforcement.stop(stopOf())
  expect([code, receipt.missed]).toMatchObject(['STOP_INCOMPLETE', [{ pid: 8, reason: 'protected' }]])
  expect(machine.at(process)?.isSuspended).toBe(false)
})

test('retired agents end', async () => {
  using folder = temporaryFolder()
  const machine = new Machine()
  machine.start(8)
  await using stops = await testEnforcement(initOf(folder.path, machine))
  stops.scanned([agentOf({ pid: 8, startTicks: STARTED_MS * 1000 + 8 })])
  const { receipt } = await stops.enforcement.stop(stopOf({ kind: 'retire' }))
  expect(receipt.method).toBe('suspend')
  expect(machine.processes.size).toBe(0)
})

test('what the system removes later than its kill has ended once, though still listed', async () => {
  using folder = temporaryFolder()
  const machine = new Machine()
  const own = agentOf(machine.start(8))
  const freezer = machine.freezer()
  const kill: Freezer['kill'] = (agent, stopped) => {
    setTimeout(() => machine.processes.delete(8), 100)
    freezer.release(agent, stopped)
  }
  await using stops = await testEnforcement({ ...initOf(folder.path, machine), freezer: { ...freezer, kill } })
  stops.scanned([own])
  const stopped = stops.enforcement.stop(stopOf({ kind: 'retire' }))
  const scanning = setInterval(() => stops.scanned([own]), 5)
  await stopped
  await waitFor('its removal', () => machine.processes.size === 0)
  clearInterval(scanning)
  await stops.enforcement.release([])
  expect(stops.events.map(({ kind }) => kind)).toEqual(['ended'])
})

test('a daemon that dies while it suspends lets the next one manage the agent', async () => {
  using folder = temporaryFolder()
  const machine = new Machine()
  const process = machine.start(8)
  const stop = stopOf()
  const freezer = machine.freezer()
  const dead = Promise.withResolvers<never>()
  const dying = {
    ...freezer,
    freeze: (agents: Parameters<Freezer['freeze']>[0]) => freezer.freeze(agents).then(() => dead.promise),
  }
  const first = await testEnforcement({ ...initOf(folder.path, machine), freezer: dying })
  first.scanned([agentOf(process)])
  const stopping = first.enforcement.stop(stop)
  await waitFor('the suspension', () => machine.at(process)?.isSuspended === true)
  await using second = await testEnforcement(initOf(folder.path, machine))
  expect(second.enforcement.held).toMatchObject([{ processes: [process], signalled: [process], stops: [stop.id] }])
  await second.enforcement.release([stop.id])
  expect(machine.at(process)?.isSuspended).toBe(false)
  expect(second.enforcement.held).toEqual([])
  dead.reject(new Error('it died'))
  await expect(stopping).rejects.toThrow('it died')
  await first.die()
})

test('what was meant and was not suspended is not on disk afterwards', async () => {
  using folder = temporaryFolder()
  const machine = new Machine()
  const process = machine.start(8)
  machine.processes.delete(8)
  const first = await testEnforcement(initOf(folder.path, machine))
  first.scanned([agentOf(process)])
  await first.enforcement.stop(stopOf())
  await first.die()
  await using second = await testEnforcement(initOf(folder.path, machine))
  expect(second.enforcement.held).toEqual([])
})
