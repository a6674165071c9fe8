import { SuretyError } from '../../../src/base/errors.ts'
import { type ProcessIdentity, polledProcessEvents } from '../../../src/system/processes/polled-events.ts'
import type { ProcessEvents } from '../../../src/system/processes/process-events.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const one = (pid: number, startTicks: number, program?: string): ProcessIdentity => ({
  pid,
  parentPid: 1,
  startTicks,
  ...(program === undefined ? {} : { program }),
})

/** Looks at each of `lists` in turn, the first when watching begins. */
async function told(lists: readonly (readonly ProcessIdentity[] | Error)[], kinds = ['fork', 'exec', 'exit'] as const) {
  const clock = new FakeClock()
  let turn = 0
  const identities = () => {
    const list = lists[turn++] ?? []
    if (list instanceof Error) throw list
    return list
  }
  const events: ProcessEvents[] = []
  const source = polledProcessEvents({ processes: { identities }, clock }, { everyMs: 1_000 })
  const watch = source.watch(kinds, (each) => events.push(each))
  for (let look = 1; look < lists.length; look++) await clock.advance(1_000)
  watch[Symbol.dispose]()
  await clock.advance(10_000)
  expect({ turn, sleeping: clock.sleeping }).toEqual({ turn: lists.length, sleeping: 0 })
  return events
}

test('what is there when watching begins is nothing new', async () => {
  expect(await told([[one(1, 10)], [one(1, 10)]])).toEqual([])
})

test('reports starts, parents first, and ends before them', async () => {
  expect(await told([[one(5, 10)], [one(9, 40), one(7, 30)]])).toEqual([
    {
      events: [
        { kind: 'exit', pid: 5 },
        { kind: 'fork', pid: 7, parentPid: 1 },
        { kind: 'exec', pid: 7 },
        { kind: 'fork', pid: 9, parentPid: 1 },
        { kind: 'exec', pid: 9 },
      ],
      lost: false,
    },
  ])
})

test('a number that is used again is an end and a start', async () => {
  const [first] = await told([[one(5, 10)], [one(5, 20)]])
  expect(first?.events.map(({ kind }) => kind)).toEqual(['exit', 'fork', 'exec'])
})

test('another program in the same process is an exec', async () => {
  expect(await told([[one(5, 10, 'sh')], [one(5, 10, 'claude')], [one(5, 10, 'claude')]])).toEqual([
    { events: [{ kind: 'exec', pid: 5 }], lost: false },
  ])
})

test('reports a failed look as a loss, and the next one reports what it missed', async () => {
  expect(await told([[one(5, 10)], new SuretyError('FILE_UNREADABLE', 'no list'), [one(6, 20)]])).toEqual([
    { events: [], lost: true },
    {
      events: [
        { kind: 'exit', pid: 5 },
        { kind: 'fork', pid: 6, parentPid: 1 },
        { kind: 'exec', pid: 6 },
      ],
      lost: false,
    },
  ])
})

test('when nothing can be listed, nothing is watched', () => {
  const identities = () => {
    throw new SuretyError('FILE_UNREADABLE', 'no list')
  }
  const source = polledProcessEvents({ processes: { identities }, clock: new FakeClock() }, { everyMs: 1_000 })
  expect(() => source.watch(['exec'], () => undefined)).toThrow(expect.objectContaining({ code: 'FILE_UNREADABLE' }))
})
