import { intake, newShare, type Share } from '../../../src/directory/ingress/intake.ts'

const KIB = 1024
const MIB = 1024 * KIB
const LARGE = 350 * KIB

/** Devices that send as much as they are let, and what of it is on its way. */
function setUp() {
  const bursts: boolean[] = []
  const room = intake({ burst: (isOn) => bursts.push(isOn) })
  const log: string[] = []
  const enter = (name: string, share: Share, bytes: number, signal = new AbortController().signal) => {
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
  const fill = (share: Share, bytes: number) => {
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
  const sum = fill(newShare(), bytes)
  expect([sum <= most, sum + bytes > most]).toEqual([true, true])
})

test.each([
  ['small', 4 * KIB, 16 * MIB],
  ['large', LARGE, 2 * MIB],
])('of all devices together few %s frames are on their way', (_, bytes, most) => {
  const { fill } = setUp()
  const sum = Array.from({ length: 200 }, () => fill(newShare(), bytes)).reduce((all, one) => all + one, 0)
  expect([sum <= most, sum + bytes > most]).toEqual([true, true])
})

test('small frames of others do not wait for large ones', () => {
  const { enter, fill } = setUp()
  for (let device = 0; device < 20; device++) fill(newShare(), LARGE)
  expect(enter('', newShare(), 4 * KIB)).toBe(true)
})

test('small frames of a device whose frames take long wait with the large ones, those on their way included', () => {
  const { room, enter, fill } = setUp()
  const costly = newShare()
  const before = fill(costly, 4 * KIB)
  costly.costly = true
  for (let device = 0; device < 20; device++) fill(newShare(), LARGE)
  expect(enter('', costly, 4 * KIB)).toBe(false)
  // It takes no place of the small ones any more.
  const others = Array.from({ length: 200 }, () => fill(newShare(), 4 * KIB)).reduce((all, one) => all + one, 0)
  expect(others).toBe(16 * MIB)
  for (let left = before; left > 0; left -= 4 * KIB) room.leave(costly, 4 * KIB)
})

test('a device is let in again as before once it is cheap and nothing of it is on its way', async () => {
  const { room, enter, fill } = setUp()
  const share = newShare()
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

test('devices that wait are let in one after the other, one frame of each', async () => {
  const { room, log, enter } = setUp()
  const shares = { a: newShare(), b: newShare(), c: newShare() }
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

test('a frame whose connection ends while it waits takes no place, and keeps nobody waiting', async () => {
  const { room, log, enter } = setUp()
  const [a, b, c, d] = [newShare(), newShare(), newShare(), newShare()]
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

test('a frame as large as they may be comes in where nothing else is on its way', () => {
  const { enter } = setUp()
  expect(enter('', newShare(), 3 * MIB)).toBe(true)
})

test('it is said when large frames begin to come, and when none is on its way any more', () => {
  const { room, bursts, enter } = setUp()
  const [a, b] = [newShare(), newShare()]
  enter('', newShare(), 4 * KIB)
  expect(bursts).toEqual([])
  enter('', a, LARGE)
  enter('', b, LARGE)
  room.leave(a, LARGE)
  expect(bursts).toEqual([true])
  room.leave(b, LARGE)
  expect(bursts).toEqual([true, false])
})
