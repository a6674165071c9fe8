import type { ProcessEvents } from '../../../src/system/processes/process-events.ts'
import type { ProcessEntry } from '../../../src/system/processes/process-table.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { discoveryOf, NODE_TITLED_PI, processesOf } from '../discovered-device.ts'

const signal = new AbortController().signal
const MINUTE_MS = 60_000
const SERVICE: ProcessEntry = {
  ...NODE_TITLED_PI,
  pid: 30,
  userId: '0',
  ttyNumber: 0,
  executable: '/usr/sbin/cron',
  argv: [],
}
const ALICES: ProcessEntry = { ...SERVICE, pid: 31, userId: '1000', executable: '/usr/bin/ls' }
const AT_TERMINAL: ProcessEntry = { ...SERVICE, pid: 32, ttyNumber: 4, executable: '/usr/bin/ls' }
const AGENT: ProcessEntry = { ...SERVICE, pid: 33, executable: '/usr/local/bin/codex', argv: ['codex'] }

/** A machine whose homes were looked through twice, the last time just now. */
async function machine(init: { readonly withEvents?: boolean; readonly everyMinutes?: number } = {}) {
  const clock = new FakeClock()
  let tell: (told: ProcessEvents) => void = () => undefined
  const watch = (_: unknown, onEvents: typeof tell) => {
    tell = onEvents
    return { filesFault: undefined, [Symbol.dispose]: () => undefined }
  }
  const discovery = discoveryOf({
    clock,
    processes: processesOf(ALICES),
    ...(init.withEvents === false ? {} : { events: { watch } }),
  })
  discovery.watch(() => undefined)
  const turns = async (count: number) => {
    const due: boolean[] = []
    for (let turn = 0; turn < count; turn++) {
      await clock.advance((init.everyMinutes ?? 5) * MINUTE_MS)
      due.push(discovery.isCollectDue())
      if (due.at(-1) === true) await discovery.collect({ signal })
    }
    return due
  }
  await discovery.collect({ signal })
  const first = await turns(1)
  return {
    first,
    turns,
    discovery,
    lose: () => tell({ events: [], lost: true }),
    fork: (parentPid: number) => tell({ events: [{ kind: 'fork', pid: 99, parentPid }], lost: false }),
    exec(process: ProcessEntry) {
      const started = { ...process, environmentNames: [], sessionMarkers: {}, workingFolder: '/' }
      tell({ events: [{ kind: 'exec', pid: process.pid, process: started }], lost: false })
    },
  }
}

test('scans homes in the first turn, and in every sixth while the machine is idle', async () => {
  const { first, turns } = await machine()
  const leftOut = Array.from({ length: 5 }, () => false)
  expect([first, await turns(12)]).toEqual([[true], [...leftOut, true, ...leftOut, true]])
})

test('only people, terminals and agents make work, not what the system does', async () => {
  const { turns, exec, fork, lose } = await machine()
  exec(SERVICE)
  fork(SERVICE.pid)
  expect(await turns(1)).toEqual([false])
  for (const process of [ALICES, AT_TERMINAL, AGENT]) {
    exec(process)
    expect(await turns(2)).toEqual([true, false])
  }
  fork(ALICES.pid)
  expect(await turns(2)).toEqual([true, false])
  lose()
  expect(await turns(2)).toEqual([true, false])
})

test('skips no turn that comes half an hour after the last scan', async () => {
  const { turns } = await machine({ everyMinutes: 10 })
  expect(await turns(6)).toEqual([false, false, true, false, false, true])
  expect(await (await machine({ everyMinutes: 60 })).turns(2)).toEqual([true, true])
})

test('where the system does not tell of what begins no turn is left out', async () => {
  const { turns } = await machine({ withEvents: false })
  expect(await turns(3)).toEqual([true, true, true])
})
