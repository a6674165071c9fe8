import { largeFrameSlots } from '../../../../src/directory/ingress/sockets/large-frame-slots.ts'
import { receiveBufferLimit } from '../../../../src/directory/ingress/sockets/receive-buffer-limit.ts'
import { ReceiveLimits } from '../../../../src/directory/ingress/sockets/receive-limits.ts'

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
  const components = { bufferLimit: receiveBufferLimit({ mostBytes }), largeFrames: largeFrameSlots({ deadlines }) }
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
    const received = new ReceiveLimits(components, reads)
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

test('an unauthenticated device has a byte budget', () => {
  const { connect } = setUp()
  const { received, said } = connect()
  received.limit(1_000)
  received.came(1_200)
  expect(said).toEqual([])
  received.came(100)
  expect(said).toEqual(['FRAME_TOO_LARGE'])
})

test('received bytes count until they are taken: partial frames and complete ones', () => {
  const { connect, bufferLimit: all } = setUp()
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

test('headers of complete frames do not count as a partial frame', () => {
  const { connect, bufferLimit: all } = setUp()
  const { received } = connect()
  for (let frame = 0; frame < 1_000; frame++) {
    received.came(1_014)
    received.completed(1_000, 1_000)
    received.taken(1_000)
  }
  expect(all.bytes).toBeLessThanOrEqual(1_014)
})

test('the connection that holds most is refused when all hold too much', () => {
  const { connect, bufferLimit: all } = setUp({ mostBytes: 600 * KIB })
  const [first, second, third] = [connect(), connect(), connect()]
  first.comes(100 * KIB)
  second.comes(300 * KIB)
  third.comes(190 * KIB)
  expect([first.said, second.said, third.said]).toEqual([[], [], []])
  third.comes(32 * KIB)
  expect([first.said, second.said, third.said]).toEqual([[], ['SESSION_LIMIT'], []])
  expect(all.bytes).toBe(322 * KIB)
})

describe('large frames', () => {
  const BIG = 500 * KIB

  test('arrive two at a time, the longest waiting one next', () => {
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

  test('below the size do not wait', () => {
    const { connect } = setUp()
    const all = Array.from({ length: 20 }, () => connect())
    for (const { comes } of all) comes(400 * KIB)
    expect(all.flatMap(({ said }) => said)).toEqual([])
  })

  test('that wait and end make room for the next', () => {
    const { connect } = setUp()
    const [first, second, third, fourth] = [connect(), connect(), connect(), connect()]
    for (const { comes } of [first, second, third, fourth]) comes(BIG)
    third.received.ended()
    first.received.ended()
    expect([third.said, fourth.said]).toEqual([['hold'], ['hold', 'read on']])
    expect(second.said).toEqual([])
  })

  test('that are not complete in time are refused; complete ones that wait are not', () => {
    const { connect, due } = setUp()
    const [slow, whole] = [connect(), connect()]
    slow.comes(BIG)
    whole.comes(BIG)
    whole.received.completed(BIG, BIG)
    expect(due.size).toBe(1)
    for (const expired of due.values()) expired()
    expect([slow.said, whole.said]).toEqual([['SESSION_TIMEOUT'], []])
  })

  test('take no slot while earlier frames of their connection are not taken', () => {
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
