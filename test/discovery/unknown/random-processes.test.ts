import fc from 'fast-check'
import type { ProcessRecord } from '../../../src/discovery/matching/process-record.ts'
import { anyText } from '../../support/any-text.ts'
import { asTool, look, NODE, type SeenProcess, seen } from './behaviour-world.ts'

/** Few pids, so that parents form rings, are reused and are younger than their children. */
const pid = fc.integer({ min: 0, max: 12 })
const anyArgument = fc.oneof(fc.constantFrom(NODE, '/usr/bin/bash', '/opt/robo', '--yolo', '-e', ''), anyText())
const record: fc.Arbitrary<SeenProcess> = fc.record(
  {
    pid,
    parentPid: pid,
    sessionId: pid,
    userId: fc.constantFrom('0', '1', '2'),
    startTicks: fc.nat(20),
    comm: anyArgument,
    ttyNumber: fc.constantFrom(0, 34816),
    executable: fc.option(anyArgument, { nil: undefined }),
    argv: fc.array(anyArgument, { maxLength: 6 }),
    sessionMarkers: fc.constant({}),
    environmentNames: fc.option(
      fc.array(fc.oneof(fc.constantFrom('AI_AGENT', 'ROBO_SESSION_ID', 'OPENAI_BASE_URL'), anyArgument)),
      {
        nil: undefined,
      },
    ),
    ownSessionChildren: fc.nat(5),
    streams: fc.constantFrom(['null', 'pipe', 'pipe'], ['socket', 'socket', 'socket'], ['null', 'null', 'null']),
    sockets: fc.constant({
      connected: [{ address: '127.0.0.1', port: 11434, loopback: true }],
      listening: [{ address: '127.0.0.1', port: 1, loopback: true }],
    }),
    openFiles: fc.array(anyArgument, { maxLength: 3 }),
  },
  {
    requiredKeys: [
      'pid',
      'parentPid',
      'sessionId',
      'userId',
      'startTicks',
      'comm',
      'ttyNumber',
      'executable',
      'argv',
      'sessionMarkers',
    ],
  },
)

test('a look ends and reports each process once, for any processes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(record, { maxLength: 40 }), fc.array(pid), async (processes, known) => {
      const found = await look(processes, { isKnown: (process) => known.includes(process.pid) })
      const leaders = found.map(({ process }) => process?.pid)
      expect(new Set(leaders).size).toBe(leaders.length)
      for (const { parts = [], signals = [], evidence, score = 0 } of found) {
        expect(new Set(parts.map((part) => part.pid)).size).toBe(parts.length)
        expect(signals.length >= 2 && evidence.length <= 16 && score >= 60).toBe(true)
      }
      for (const leader of leaders) expect(known).not.toContain(leader)
    }),
  )
})

test('a ring of forks is walked once', async () => {
  const one: { -readonly [K in keyof ProcessRecord]: ProcessRecord[K] } = seen(100, '/opt/robo', ['robo'])
  const two: SeenProcess = seen(101, '/opt/other', ['other'], { ...asTool(101, 100), forkedBy: one })
  one.forkedBy = two
  one.parentPid = 101
  expect(await look([one, two])).toEqual([])
})

test('ten thousand tools make a bounded answer, and suspects without reason none', async () => {
  const agent = seen(10, '/opt/robo', ['robo'], {
    sockets: { connected: [{ address: '127.0.0.1', port: 11434, loopback: true }], listening: [] },
  })
  const tools = Array.from({ length: 10_000 }, (_, at) =>
    seen(1000 + at, '/usr/bin/sleep', ['sleep'], asTool(1000 + at, 10)),
  )
  const [found] = await look([agent, ...tools])
  expect([found?.parts?.length, found?.morePartsCount]).toEqual([64, 9937])
  const crowd = Array.from({ length: 5_000 }, (_, at) => [
    seen(1000 + at, `/opt/p${at}`, [`p${at}`]),
    seen(10_000 + at, '/usr/bin/sleep', ['sleep'], asTool(10_000 + at, 1000 + at)),
  ])
  expect(await look(crowd.flat())).toEqual([])
})

test('of thousands of tools below hundreds of others each process is judged once', async () => {
  // Of a program each: nothing is one with what started it.
  const tool = (pid: number, parentPid: number) => seen(pid, NODE, ['node', `/x/${pid}.js`], asTool(pid, parentPid))
  const chain = Array.from({ length: 250 }, (_, at) => tool(1_000 + at, at === 0 ? 50 : 999 + at))
  const pairs = Array.from({ length: 1_000 }, (_, at) => [tool(2_000 + at, 1_249), tool(4_000 + at, 2_000 + at)]).flat()
  let asked = 0
  const isKnown = () => {
    asked++
    return false
  }
  await look([...chain, ...pairs], { isKnown })
  expect(asked).toBeLessThanOrEqual(chain.length + pairs.length)
})
