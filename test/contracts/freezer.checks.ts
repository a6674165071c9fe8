import { deepEqual, equal, ok } from 'node:assert/strict'
import type { FreezeResult, Freezer, FrozenProcess } from '../../src/system/freezer/freezer.ts'
import type { ProcessTable } from '../../src/system/processes/process-table.ts'

/** What every freezer keeps to, with a real agent. Free of Jest, so that Wine can run it. */

export interface FreezerUnderTest {
  /** Opens another one, as after a restart of the daemon. */
  open(): Freezer
  readonly table: Pick<ProcessTable, 'entry'>
  startAgent(): Promise<AgentUnderTest>
}

/** At least two processes that count. */
export interface AgentUnderTest extends AsyncDisposable {
  readonly pid: number
  readonly startTicks: number
  goesOn(): Promise<void>
  /** Whether anything of it runs for a while. */
  runs(): Promise<boolean>
}

export interface FreezerCheck {
  readonly name: string
  run(underTest: FreezerUnderTest): Promise<void>
}

const A = 'a'.repeat(32)
const B = 'b'.repeat(32)
const WITHIN_MS = 20_000
const STOPPED = ['cgroup2', 'cgroup1', 'suspend', 'signals']

/** What no group holds, as the daemon writes it down. */
function loose({ rows }: FreezeResult): readonly FrozenProcess[] {
  return rows
    .filter(({ status }) => status === 'suspend' || status === 'signals')
    .map(({ pid, startTicks }) => ({ pid, startTicks }))
}

function isStopped({ rows }: FreezeResult): boolean {
  return rows.length >= 2 && rows.every(({ status }) => STOPPED.includes(status))
}

export const FREEZER_CHECKS: readonly FreezerCheck[] = [
  {
    name: 'an agent stands still with all that it has started, and goes on when it is released',
    async run({ open, startAgent }) {
      await using agent = await startAgent()
      const freezer = open()
      try {
        freezer.own([{ pid: agent.pid, agent: A }])
        const result = await freezer.freeze([{ agent: A, processes: [agent] }])
        ok(isStopped(result), JSON.stringify(result))
        ok(result.confirmedMs !== undefined && result.confirmedMs >= 0)
        equal(await agent.runs(), false)
        for (const process of loose(result)) equal(freezer.stands(A, process), true)
        const again = await freezer.freeze([{ agent: A, processes: [agent] }])
        equal(again.rows.length, result.rows.length)
        equal(freezer.release(A, loose(result)), result.rows.length)
        await agent.goesOn()
        deepEqual(freezer.held(), [])
        freezer.own([{ pid: agent.pid, agent: '' }])
      } finally {
        freezer.close()
      }
    },
  },
  {
    name: 'what is held stays so when the daemon ends, and the next one lets it go on',
    async run({ open, startAgent }) {
      await using agent = await startAgent()
      const first = open()
      const result = await first.freeze([{ agent: A, processes: [agent] }])
      first.close()
      equal(await agent.runs(), false)
      const second = open()
      try {
        for (const process of loose(result)) equal(second.stands(A, process), true)
        equal(second.release(A, loose(result)), result.rows.length)
        await agent.goesOn()
      } finally {
        second.close()
      }
    },
  },
  {
    name: 'neither this program nor a process whose number was used again is stopped',
    async run({ open, table, startAgent }) {
      await using agent = await startAgent()
      const freezer = open()
      try {
        const { pid, startTicks } = agent
        const other = { pid, startTicks: startTicks - 1 }
        const own = { pid: process.pid, startTicks: table.entry(process.pid)?.startTicks ?? 0 }
        const { rows } = await freezer.freeze([{ agent: B, processes: [other, own] }])
        deepEqual(
          rows
            .map((row) => [row.pid, row.status])
            .toSorted(([a], [b]) => Number(a === own.pid) - Number(b === own.pid)),
          [
            [pid, 'ended'],
            [own.pid, 'protected'],
          ],
        )
        await agent.goesOn()
        equal(freezer.release(B, [other]), 0)
        const gone = await freezer.freeze([{ agent: B, processes: [{ pid: 4_000_000, startTicks: 1 }] }])
        deepEqual(
          gone.rows.map(({ status }) => status),
          ['ended'],
        )
        deepEqual((await freezer.freeze([])).rows, [])
        freezer.release(B, [])
      } finally {
        freezer.close()
      }
    },
  },
  {
    name: 'a frozen agent can be ended',
    async run({ open, table, startAgent }) {
      await using agent = await startAgent()
      const freezer = open()
      try {
        const result = await freezer.freeze([{ agent: A, processes: [agent] }])
        freezer.kill(A, loose(result))
        const lives = ({ pid, startTicks }: FrozenProcess) => {
          const now = table.entry(pid)
          return now?.startTicks === startTicks && now.executable !== undefined
        }
        for (const end = performance.now() + WITHIN_MS; result.rows.some(lives); ) {
          if (performance.now() > end) throw new Error('it does not end')
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
        equal(await agent.runs(), false)
      } finally {
        freezer.close()
      }
    },
  },
]
