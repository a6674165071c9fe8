import { deepEqual, equal, notEqual, ok, rejects } from 'node:assert/strict'
import { isAbsolutePath, pathKey } from '../../src/base/absolute-path.ts'
import type { ProcessDetails, ProcessName } from '../../src/system/processes/process-details.ts'
import type { ProcessEventSource, ProcessEvents } from '../../src/system/processes/process-events.ts'
import type { ProcessEntry, ProcessTable } from '../../src/system/processes/process-table.ts'
import { CLOCK_TICKS, startedAt } from '../../src/system/processes/start-ticks.ts'
import { type ChildProgram, startChild } from './child-program.ts'

/** What every system tells of processes, with real ones. Free of Jest, so that Wine can run it. */

export interface ProcessesUnderTest {
  readonly table: ProcessTable
  readonly details: ProcessDetails
  /** Absent where this user gets none. */
  readonly events: ProcessEventSource | undefined
  readonly ownUserId: string
  /** Milliseconds since 1970. */
  readonly bootedAt: number
  /** A folder, as the system calls it and as shared code does. */
  readonly folder: { readonly native: string; readonly portable: string }
}

export interface ProcessesCheck {
  readonly name: string
  run(underTest: ProcessesUnderTest): Promise<void>
}

const WITHIN_MS = 20_000
const MISSING: ProcessName & { readonly userId: string } = { pid: 4_000_000, startTicks: 1, userId: '0' }

function check(name: string, run: (underTest: ProcessesUnderTest) => Promise<void>): ProcessesCheck {
  return { name, run }
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const end = performance.now() + WITHIN_MS; !holds(); await new Promise((resolve) => setTimeout(resolve, 5)))
    if (performance.now() > end) throw new Error(`${what} did not come`)
}

function named(table: ProcessTable, { pid }: Pick<ChildProgram, 'pid'>): ProcessEntry {
  const entry = table.entry(pid)
  if (entry === undefined) throw new Error(`process ${pid} is not told`)
  return entry
}

const TABLE_CHECKS: readonly ProcessesCheck[] = [
  check(
    'reports a child with its parent, user, program, arguments and start',
    async ({ table, ownUserId, bootedAt }) => {
      await using child = await startChild({ args: ['', 'two words', 'a"b', 'ünïcode', 'back\\'] })
      const entry = named(table, child)
      const scanned = (await table.scan({})).find(({ pid }) => pid === child.pid)
      deepEqual(scanned, entry)
      deepEqual([entry.parentPid, entry.userId], [process.pid, ownUserId])
      deepEqual(entry.argv, child.args)
      ok(isAbsolutePath(entry.executable ?? ''), `executable ${entry.executable}`)
      equal(entry.executable, named(table, process).executable)
      const age = Date.now() - startedAt(entry.startTicks, table.ticks ?? CLOCK_TICKS, bootedAt)
      ok(age > -10_000 && age < 600_000, `it began ${age} ms ago`)
    },
  ),
  check('the whole list has this program, and no process twice', async ({ table }) => {
    const pids = (await table.scan({})).map(({ pid }) => pid)
    ok(pids.includes(process.pid))
    equal(new Set(pids).size, pids.length)
  }),
  check('reports names of variables, and values only of those asked for', async ({ table, folder }) => {
    await using child = await startChild({ env: { THREAD: '0199', TOKEN: 'hush' }, cwd: folder.native })
    const { startTicks } = named(table, child)
    const found = table.surroundings(child.pid, new Set(['THREAD']))
    deepEqual([found?.startTicks, found?.sessionMarkers], [startTicks, { THREAD: '0199' }])
    equal(pathKey(found?.workingFolder ?? ''), pathKey(folder.portable))
    const names = await table.environmentNames(child.pid)
    ok(names?.includes('TOKEN') === true && names.includes('THREAD'))
    ok(!JSON.stringify([found, names]).includes('hush'))
  }),
  check('reports nothing of a process that does not exist', async ({ table }) => {
    equal(table.entry(MISSING.pid), undefined)
    equal(table.surroundings(MISSING.pid, new Set()), undefined)
    equal(await table.environmentNames(MISSING.pid), undefined)
  }),
  check('does not report one that has ended, though a handle of it is open', async ({ table }) => {
    await using child = await startChild({})
    named(table, child)
    await child.kill()
    equal(table.entry(child.pid), undefined)
    ok(!(await table.scan({})).some(({ pid }) => pid === child.pid))
  }),
  check('a scan that is called off stops, and a boot keeps its name', async ({ table }) => {
    await rejects(table.scan({ signal: AbortSignal.abort(new TypeError('enough')) }), /enough/)
    equal(await table.bootId(), await table.bootId())
    notEqual(await table.bootId(), '')
  }),
]

const DETAILS_CHECKS: readonly ProcessesCheck[] = [
  check('reports the working folder of a process, and of no other', async ({ table, details, folder }) => {
    await using child = await startChild({ cwd: folder.native })
    const entry = named(table, child)
    equal(pathKey(details.standing(entry)?.workingFolder ?? ''), pathKey(folder.portable))
    equal(details.standing({ ...entry, startTicks: entry.startTicks + 1 }), undefined)
    const now = details.executableNow(entry)
    ok(now === undefined || pathKey(now) === pathKey(entry.executable ?? ''), `executable now ${now}`)
    equal(details.executableNow({ ...entry, startTicks: entry.startTicks + 1 }), undefined)
  }),
  check('a process that has worked has another activity, where that is counted', async ({ table, details }) => {
    await using child = await startChild({})
    const entry = named(table, child)
    const before = details.activity(entry)
    await child.work()
    const after = details.activity(entry)
    ok(before === undefined ? after === undefined : after !== undefined && after !== before, `${before} ${after}`)
    equal(details.activity({ ...entry, startTicks: entry.startTicks + 1 }), undefined)
  }),
  check('ports and connections are those of the process', async ({ table, details }) => {
    await using server = await startChild({})
    await using client = await startChild({})
    const port = await server.listen()
    await client.connect(port)
    const [one, other] = [named(table, server), named(table, client)]
    // A table that is long is not read each time it is asked for.
    let found = details.sockets([one, other])
    await until('the connection', () => {
      if ((found.get(client.pid)?.connected.length ?? 0) === 0) found = details.sockets([one, other])
      return (found.get(client.pid)?.connected.length ?? 0) > 0
    })
    deepEqual(found.get(server.pid)?.listening, [{ address: '127.0.0.1', port, loopback: true }])
    deepEqual(found.get(server.pid)?.connected, [])
    deepEqual(found.get(client.pid)?.connected, [{ address: '127.0.0.1', port, loopback: true }])
    equal(details.sockets([{ ...one, startTicks: one.startTicks + 1 }]).size, 0)
  }),
  check('reports no detail of a process that does not exist, and throws none', async ({ details }) => {
    const answers = [
      ...[
        details.standing(MISSING),
        details.streams(MISSING),
        details.executableNow(MISSING),
        details.activity(MISSING),
      ],
      ...[details.openFiles([MISSING]).get(MISSING.pid), details.sockets([MISSING]).get(MISSING.pid)],
    ]
    deepEqual(answers, Array(6).fill(undefined))
    for (const { userId, session } of details.logins()) ok(userId !== '' && session !== '')
  }),
]

const EVENT_CHECKS: readonly ProcessesCheck[] = [
  check('reports a start and an end in order, and nothing after the watch', async ({ events }) => {
    if (events === undefined) return
    const told: ProcessEvents[] = []
    const watch = events.watch(['fork', 'exec', 'exit'], (each) => told.push(each))
    const kindsOf = (pid: number) => told.flatMap((each) => each.events.filter((event) => event.pid === pid))
    await using child = await startChild({})
    await until('its start', () => {
      watch.take?.()
      return kindsOf(child.pid).some(({ kind }) => kind === 'exec')
    })
    await child.kill()
    await until('its end', () => {
      watch.take?.()
      return kindsOf(child.pid).some(({ kind }) => kind === 'exit')
    })
    watch[Symbol.dispose]()
    const own = kindsOf(child.pid)
    deepEqual([...new Set(own.map(({ kind }) => kind))], ['fork', 'exec', 'exit'])
    equal(own[0]?.parentPid, process.pid)
    const count = told.length
    await using late = await startChild({})
    ok(late.pid > 0)
    equal(told.length, count)
  }),
]

export const PROCESSES_CHECKS: readonly ProcessesCheck[] = [...TABLE_CHECKS, ...DETAILS_CHECKS, ...EVENT_CHECKS]
