import { acknowledgements } from '../../../src/directory/ingress/acknowledgements.ts'
import { ZEROS } from '../../support/directory/scripted-device.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

function setUp(change: { sign?: () => string } = {}) {
  const clock = new FakeClock()
  const sent: number[] = []
  const failures: unknown[] = []
  const coming = { more: false }
  const rests: number[] = []
  const acks = acknowledgements(
    {
      clock,
      sign: change.sign ?? ((_, payload) => JSON.stringify(payload)),
      send: (frame) => sent.push(JSON.parse(frame).sequence),
      moreComing: () => coming.more,
      failed: (error) => failures.push(error),
      atRest: () => rests.push(sent.length),
    },
    { authenticated: { device: 'd', epoch: 1 }, intervalMs: 1000 },
  )
  const durable = (sequence: number) => acks.durable({ sequence, head: ZEROS })
  return { clock, sent, failures, coming, acks, durable, rests }
}

test('batches committed together are acknowledged once, and then all is at rest', async () => {
  const { sent, durable, rests } = setUp()
  for (const sequence of [1, 2, 3]) durable(sequence)
  expect(sent).toEqual([])
  await turn()
  expect(sent).toEqual([3])
  await turn()
  expect([sent, rests]).toEqual([[3], [1]])
})

test('acknowledges once per interval while more arrives, and nothing is at rest', async () => {
  const { clock, coming, sent, durable, rests } = setUp()
  coming.more = true
  durable(1)
  await turn()
  expect(sent).toEqual([])
  await clock.advance(1000)
  durable(2)
  durable(3)
  await turn()
  expect([sent, rests]).toEqual([[2], []])
  coming.more = false
  durable(4)
  await turn()
  expect(sent).toEqual([2, 4])
})

test('a frame without evidence does not lose a pending acknowledgement', async () => {
  const { coming, sent, acks, durable } = setUp()
  coming.more = true
  durable(1)
  await turn()
  coming.more = false
  acks.handled()
  await turn()
  expect(sent).toEqual([1])
})

test('an acknowledgement that cannot be signed ends only its session', async () => {
  const { failures, durable } = setUp({
    sign() {
      throw new TypeError('no key')
    },
  })
  durable(1)
  await turn()
  expect(failures).toEqual([new TypeError('no key')])
})
