import { backlog } from '../../../src/directory/ingress/backlog.ts'
import { bigFrames } from '../../../src/directory/ingress/big-frames.ts'
import { ReceivedBytes } from '../../../src/directory/ingress/received-bytes.ts'

const KIB = 1024
/** Chunks of TLS. */
const CHUNK = 16 * KIB

/** What connections of one directory have received. Time passes when a test says so. */
function setUp({ mostBytes = 64 * 1024 * KIB } = {}) {
  const due = new Map<object, () => void>()
  const deadlines = {
    set: (key: object, _: number, expired: () => void) => void due.set(key, expired),
    clear: (key: object) => void due.delete(key),
  }
  const components = { backlog: backlog({ mostBytes }), bigFrames: bigFrames({ deadlines }) }
  const connect = ({ isFree = true } = {}) => {
    const said: string[] = []
    const reads = {
      isFree,
      hold: () => said.push('hold'),
      readOn: () => said.push('read on'),
      cutOff(error: { code: string }) {
        said.push(error.code)
        received.ended()
      },
    }
    const received = new ReceivedBytes(components, reads)
    received.authenticated()
    return {
      received,
      said,
      reads,
      /** A part of a frame. */
      comes(bytes: number) {
        for (let left = bytes; left > 0; left -= CHUNK) received.came(Math.min(left, CHUNK))
      },
    }
  }
  return { ...components, connect, due }
}

test('a device that is not authenticated may send so much and no more', () => {
  const { connect } = setUp()
  const { received, said } = connect()
  received.limit(1_000)
  received.came(1_200)
  expect(said).toEqual([])
  received.came(100)
  expect(said).toEqual(['FRAME_TOO_LARGE'])
})

test('what has come counts until it is taken: a part of a frame, whole frames, and the part behind them', () => {
  const { connect, backlog: all } = setUp()
  const { received, comes } = connect()
  comes(40 * KIB)
  expect(all.bytes).toBe(40 * KIB)
  // The next chunk ends the frame and begins another.
  received.came(CHUNK)
  received.completed(50 * KIB, 50 * KIB)
  expect(all.bytes).toBe(56 * KIB)
  received.taken(50 * KIB)
  expect(all.bytes).toBe(6 * KIB)
  received.ended()
  received.came(CHUNK)
  expect(all.bytes).toBe(0)
})

test('headers of many frames that are whole are no part of one that is not', () => {
  const { connect, backlog: all } = setUp()
  const { received } = connect()
  for (let frame = 0; frame < 1_000; frame++) {
    received.came(1_014)
    received.completed(1_000, 1_000)
    received.taken(1_000)
  }
  expect(all.bytes).toBeLessThanOrEqual(1_014)
})

test('when all hold too much together, whoever holds most is told to come again', () => {
  const { connect, backlog: all } = setUp({ mostBytes: 600 * KIB })
  const [first, second, third] = [connect(), connect(), connect()]
  first.comes(100 * KIB)
  second.comes(300 * KIB)
  third.comes(190 * KIB)
  expect([first.said, second.said, third.said]).toEqual([[], [], []])
  third.comes(32 * KIB)
  expect([first.said, second.said, third.said]).toEqual([[], ['SESSION_LIMIT'], []])
  expect(all.bytes).toBe(322 * KIB)
})

describe('big frames', () => {
  const BIG = 500 * KIB

  test('come two at a time, whoever waits longest next', () => {
    const { connect } = setUp()
    const all = [connect(), connect(), connect(), connect()] as const
    for (const { comes } of all) comes(BIG)
    expect(all.map(({ said }) => said)).toEqual([[], [], ['hold'], ['hold']])
    const [first] = all
    first.received.completed(BIG, BIG)
    expect(all[2].said).toEqual(['hold'])
    first.received.taken(BIG)
    expect(all.map(({ said }) => said)).toEqual([[], [], ['hold', 'read on'], ['hold']])
    all[1].received.ended()
    expect(all[3].said).toEqual(['hold', 'read on'])
  })

  test('wait for nobody when they are smaller', () => {
    const { connect } = setUp()
    const all = Array.from({ length: 20 }, () => connect())
    for (const { comes } of all) comes(400 * KIB)
    expect(all.flatMap(({ said }) => said)).toEqual([])
  })

  test('that wait and are given up make room for who waits behind them', () => {
    const { connect } = setUp()
    const [first, second, third, fourth] = [connect(), connect(), connect(), connect()]
    for (const { comes } of [first, second, third, fourth]) comes(BIG)
    third.received.ended()
    first.received.ended()
    expect([third.said, fourth.said]).toEqual([['hold'], ['hold', 'read on']])
    expect(second.said).toEqual([])
  })

  test('that do not come to their end in time are refused; whole ones that wait for us are not', () => {
    const { connect, due } = setUp()
    const [slow, whole] = [connect(), connect()]
    slow.comes(BIG)
    whole.comes(BIG)
    whole.received.completed(BIG, BIG)
    expect(due.size).toBe(1)
    for (const expired of due.values()) expired()
    expect([slow.said, whole.said]).toEqual([['SESSION_TIMEOUT'], []])
  })

  test('take no place while what came before them on their connection was not taken', () => {
    const { connect } = setUp()
    const busy = [connect({ isFree: false }), connect({ isFree: false })] as const
    for (const { comes } of busy) comes(BIG)
    expect(busy.map(({ said }) => said)).toEqual([['hold'], ['hold']])
    const others = [connect(), connect()] as const
    for (const { comes } of others) comes(BIG)
    expect(others.map(({ said }) => said)).toEqual([[], []])
    for (const { reads, received } of busy) {
      reads.isFree = true
      received.free()
    }
    others[0].received.ended()
    expect(busy.map(({ said }) => said)).toEqual([['hold', 'read on'], ['hold']])
  })
})
