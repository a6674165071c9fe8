import { networkOf } from '../../../../src/base/text/network-of.ts'
import { type PendingSockets, pendingSockets } from '../../../../src/directory/ingress/sockets/pending-sockets.ts'

const STILL_MS = 2_000

/** Sockets named `address #number`; the clock stands until it is moved. */
function door(init: { total: number; perAddress: number }) {
  let now = 0
  const pending: PendingSockets = pendingSockets({ ...init, now: () => now })
  let made = 0
  const come = (address: string) => {
    const name = `${address} #${++made}`
    const { verdict, evict } = pending.add(name, address)
    return { name, said: evict === undefined ? verdict : `${verdict} for ${evict}` }
  }
  return {
    pending,
    come: (address: string) => come(address).said,
    many: (count: number, address: (at: number) => string) =>
      Array.from({ length: count }, (_, at) => come(address(at)).name),
    async authenticate(address: string) {
      pending.authenticated(come(address).name)
    },
    later: (ms: number) => {
      now += ms
    },
  }
}

test('counts sockets in total and by address until they close', () => {
  const { pending, come } = door({ total: 100, perAddress: 2 })
  expect(['a', 'a', 'a', 'a', 'a'].map(come)).toEqual(['accept', 'accept', 'refuse', 'refuse', 'drop'])
  expect(come('b')).toBe('accept')
  for (const name of ['a #1', 'a #2', 'a #3', 'a #4', 'b #6', 'b #6']) pending.remove(name)
  expect({ size: pending.size, again: come('a') }).toEqual({ size: 0, again: 'accept' })
})

test('counts one network as one', () => {
  const { come } = door({ total: 100, perAddress: 1 })
  const addresses = [
    '2001:db8:0:1::1',
    '2001:db8:0:1:ffff::2',
    '2001:db8:0:2::1',
    '::ffff:192.0.2.1',
    '::ffff:192.0.2.2',
  ]
  expect(addresses.map(come)).toEqual(['accept', 'refuse', 'accept', 'accept', 'accept'])
})

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['::1', '0:0:0:0'],
  ['1::', '1:0:0:0'],
])('%s counts as %s', (address, network) => expect(networkOf(address)).toBe(network))

test('few networks that use all slots make room for another network', () => {
  const { many, come } = door({ total: 8, perAddress: 4 })
  many(8, (at) => (at % 2 === 0 ? 'bad' : 'worse'))
  expect(come('good')).toBe('accept for bad #1')
  expect(come('good')).toBe('accept for worse #2')
})

test('closes the socket of an address with the least progress', () => {
  const { pending, many, come } = door({ total: 3, perAddress: 4 })
  const [first = '', second = ''] = many(3, () => 'bad')
  pending.reached(first, 'challenged')
  pending.reached(second, 'upgraded')
  expect(come('good')).toBe('accept for bad #3')
  expect(come('other')).toBe('accept for bad #2')
})

test('many good devices from different addresses do not displace each other', () => {
  const { many, come, later } = door({ total: 8, perAddress: 4 })
  many(8, (at) => `device ${at}`)
  later(STILL_MS - 1)
  expect([come('late'), come('later')]).toEqual(['refuse', 'refuse'])
})

test('many devices from one address displace only idle ones', () => {
  const { pending, many, come, later } = door({ total: 100, perAddress: 4 })
  const [first = '', second = '', third = ''] = many(4, () => 'office')
  pending.reached(first, 'challenged')
  later(STILL_MS - 1)
  pending.reached(second, 'greeted')
  expect(come('office')).toBe('refuse')
  later(1)
  pending.remove('office #5')
  expect(come('office')).toBe(`accept for ${third}`)
  expect(come('office')).toBe('accept for office #4')
  expect(come('office')).toBe('refuse')
})

test('networks with authenticated devices take precedence over unknown ones', async () => {
  const { authenticate, many, come, later } = door({ total: 6, perAddress: 4 })
  await authenticate('office')
  many(6, (at) => `stranger ${at}`)
  expect(come('office')).toBe('accept for stranger 0 #2')
  expect(come('one more stranger')).toBe('refuse')
  later(STILL_MS)
  expect(come('late stranger')).toBe('accept for stranger 1 #3')
})

test('a known network with most of the slots makes room too', async () => {
  const { authenticate, many, come } = door({ total: 4, perAddress: 8 })
  await authenticate('office')
  many(4, () => 'office')
  expect(come('stranger')).toBe('accept for office #2')
})
