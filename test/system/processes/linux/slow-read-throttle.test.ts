import { TablePace } from '../../../../src/system/processes/linux/sockets.ts'

function paced() {
  let [nowMs, spentMs] = [1_000, 0]
  const pace = new TablePace<string>({ now: () => nowMs, spentMs: () => spentMs })
  let reads = 0
  /** @returns the number of the reading, which takes that much of a core. */
  const read = (name: string, tookMs: number) =>
    pace.readInTurn(name, () => {
      spentMs += tookMs
      return ++reads
    })
  const pass = (ms: number) => {
    nowMs += ms
  }
  return { read, pass }
}

test('a table that took long is read again when that took one hundredth of the time', () => {
  const { read, pass } = paced()
  expect([read('large', 600), read('large', 600)]).toEqual([1, undefined])
  pass(59_999)
  expect(read('large', 600)).toBeUndefined()
  pass(1)
  expect([read('large', 600), read('large', 600)]).toEqual([2, undefined])
})

test('reads a quick one at each request, and it waits for no other', () => {
  const { read } = paced()
  expect([read('large', 600), read('small', 99), read('small', 99), read('large', 1)]).toEqual([1, 2, 3, undefined])
})

test('reads one that is small again at each request from then on', () => {
  const { read, pass } = paced()
  read('one', 200)
  pass(20_000)
  expect([read('one', 2), read('one', 2)]).toEqual([2, 3])
})

test('of thousands of networks some are remembered', () => {
  const { read } = paced()
  for (let each = 0; each < 1_000; each++) read(`network ${each}`, 600)
  expect([read('network 999', 600), read('network 0', 600)]).toEqual([undefined, 1_001])
})
