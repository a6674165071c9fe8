import {
  type DeviceInFlight,
  inFlightLimiter,
  newDeviceInFlight,
} from '../../../src/directory/ingress/in-flight-limiter.ts'

const KIB = 1024
const MIB = 1024 * KIB
const LARGE = 350 * KIB

/** Devices that send as much as they are let, and what of it is on its way. */
function setUp() {
  const bursts: boolean[] = []
  const room = inFlightLimiter({ burst: (isOn) => bursts.push(isOn) })
  const log: string[] = []
  const enter = (name: string, share: DeviceInFlight, bytes: number, signal = new AbortController().signal) => {
    const waits = room.enter(share, bytes, { signal })
    if (waits === undefined) log.push(name)
    else {
      waits.then(
        () => log.push(name),
        () => log.push(`${name} gone`),
      )
    }
    return waits === undefined
  }
  /** Frames of one device until one has to wait. @returns how many bytes were let in. */
  const fill = (share: DeviceInFlight, bytes: number) => {
    let sum = 0
    while (enter('', share, bytes)) sum += bytes
    return sum
  }
  return { room, bursts, log, enter, fill }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test.each([
  ['small', 4 * KIB, 256 * KIB],
  ['large', LARGE, MIB],
])('of one device few %s frames are on their way', (_, bytes, most) => {
  const { fill } = setUp()
  const sum = fill(newDeviceInFlight(), bytes)
  expect([sum <= most, sum + bytes > most]).toEqual([true, true])
})

test.each([
  ['small', 4 * KIB, 16 * MIB],
  ['large', LARGE, 2 * MIB],
])('of all devices together few %s frames are on their way', (_, bytes, most) => {
  const { fill } = setUp()
  const sum = Array.from({ length: 200 }, () => fill(newDeviceInFlight(), bytes)).reduce((all, one) => all + one, 0)
  expect([sum <= most, sum + bytes > most]).toEqual([true, true])
})

test('small frames of others do not wait for large ones', () => {
  const { enter, fill } = setUp()
  for (let device = 0; device < 20; device++) fill(newDeviceInFlight(), LARGE)
  expect(enter('', newDeviceInFlight(), 4 * KIB)).toBe(true)
})

test('small frames of a costly device use the slow lane, including those in flight', () => {
  const { room, enter, fill } = setUp()
  const costly = newDeviceInFlight()
  const before = fill(costly, 4 * KIB)
  costly.costly = true
  for (let device = 0; device < 20; device++) fill(newDeviceInFlight(), LARGE)
  expect(enter('', costly, 4 * KIB)).toBe(false)
  // It takes no place of the small ones any more.
  const others = Array.from({ length: 200 }, () => fill(newDeviceInFlight(), 4 * KIB)).reduce(
    (all, one) => all + one,
    0,
  )
  expect(others).toBe(16 * MIB)
  for (let left = before; left > 0; left -= 4 * KIB) room.leave(costly, 4 * KIB)
})

test('a device returns to the fast lane once it is cheap and has nothing in flight', async () => {
  const { room, enter, fill } = setUp()
  const share = newDeviceInFlight()
  enter('', share, LARGE)
  expect(share.lane).toBe('slow')
  room.leave(share, LARGE)
  expect(share.lane).toBe('fast')
  share.costly = true
  enter('', share, 4 * KIB)
  room.leave(share, 4 * KIB)
  expect(share.lane).toBe('slow')
  share.costly = false
  enter('', share, 4 * KIB)
  room.leave(share, 4 * KIB)
  expect([share.lane, fill(share, 4 * KIB)]).toEqual(['fast', 256 * KIB])
})

test('waiting devices are admitted in turn, one frame each', async () => {
  const { room, log, enter } = setUp()
  const shares = { a: newDeviceInFlight(), b: newDeviceInFlight(), c: newDeviceInFlight() }
  for (const [name, share] of Object.entries(shares)) {
    enter(name, share, MIB)
    enter(name, share, MIB)
  }
  await settled()
  expect(log).toEqual(['a', 'b'])
  // The next of a waits for its own turn, behind that of c.
  room.leave(shares.a, MIB)
  await settled()
  expect(log).toEqual(['a', 'b', 'c'])
  room.leave(shares.b, MIB)
  room.leave(shares.c, MIB)
  await settled()
  expect(log).toEqual(['a', 'b', 'c', 'a', 'b'])
})

test('a frame whose connection ends while it waits uses no room and blocks no other', async () => {
  const { room, log, enter } = setUp()
  const [a, b, c, d] = [newDeviceInFlight(), newDeviceInFlight(), newDeviceInFlight(), newDeviceInFlight()]
  const gone = new AbortController()
  enter('a', a, MIB)
  enter('b', b, MIB)
  enter('c', c, MIB, gone.signal)
  enter('d', d, MIB)
  gone.abort()
  await settled()
  expect([log, c.bytes]).toEqual([['a', 'b', 'c gone'], 0])
  room.leave(a, MIB)
  await settled()
  expect(log).toEqual(['a', 'b', 'c gone', 'd'])
  expect(enter('late', c, MIB, gone.signal)).toBe(false)
  await settled()
  expect(log.at(-1)).toBe('late gone')
})

test('a frame of the largest size enters if nothing else is in flight', () => {
  const { enter } = setUp()
  expect(enter('', newDeviceInFlight(), 3 * MIB)).toBe(true)
})

test('reports when the slow lane fills and empties', () => {
  const { room, bursts, enter } = setUp()
  const [a, b] = [newDeviceInFlight(), newDeviceInFlight()]
  enter('', newDeviceInFlight(), 4 * KIB)
  expect(bursts).toEqual([])
  enter('', a, LARGE)
  enter('', b, LARGE)
  room.leave(a, LARGE)
  expect(bursts).toEqual([true])
  room.leave(b, LARGE)
  expect(bursts).toEqual([true, false])
})
