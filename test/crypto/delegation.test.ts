import { toBase64Url } from '../../src/base/bytes.ts'
import { codeOf } from '../../src/base/errors.ts'
import { readDelegations } from '../../src/crypto/delegation.ts'
import { signJws } from '../../src/crypto/jws.ts'
import type { Delegation, DelegationPurpose } from '../../src/protocol/messages/delegation.ts'
import { signRaw } from '../support/protocol/raw-jws.ts'
import { testKey } from '../support/protocol/test-keys.ts'

const NOW = Date.UTC(2026, 10, 25, 12)
const root = testKey('root')
const delegate = testKey('delegate')
const good: Delegation = {
  type: 'delegation',
  purpose: 'orders',
  key: toBase64Url(delegate.spki),
  notBefore: NOW - 1000,
  notAfter: NOW + 1000,
  serial: 1,
}
const sign = (change: Partial<Delegation> = {}, key = root) => signJws('delegation', { ...good, ...change }, key.sign)
const read = (compacts: readonly string[], purpose: DelegationPurpose = 'orders', now = NOW) =>
  readDelegations(compacts, { rootKey: root.publicKey, purpose, now })

async function refusalOf(...compacts: readonly (string | Promise<string>)[]): Promise<string | undefined> {
  try {
    read(await Promise.all(compacts))
    return 'accepted'
  } catch (error) {
    return codeOf(error)
  }
}

test('returns the valid delegations for a purpose with their keys, newest serial first', async () => {
  const compacts = await Promise.all([
    sign(),
    sign({ serial: 3 }),
    sign({ serial: 2 }),
    sign({ purpose: 'acknowledgements', serial: 9 }),
    sign({ notAfter: NOW, serial: 8 }),
    sign({ notBefore: NOW + 1, serial: 7 }),
  ])
  const found = read(compacts)
  expect(found.map(({ delegation }) => delegation)).toEqual([3, 2, 1].map((serial) => ({ ...good, serial })))
  expect(found.every(({ key }) => key.equals(delegate.publicKey))).toBe(true)
})

test.each<[string, number, number]>([
  ['at its first moment', NOW - 1000, 1],
  ['at its last moment', NOW + 999, 1],
  ['before', NOW - 1001, 0],
  ['at its end', NOW + 1000, 0],
])('is valid or not %s', async (_, now, count) => expect(read([await sign()], 'orders', now)).toHaveLength(count))

test('returns none for another purpose', async () => expect(read([await sign()], 'ca')).toEqual([]))
test('returns none for none', () => expect(read([])).toEqual([]))

test.each<[string, string, () => Promise<string>]>([
  ['signed by its own key', 'SIGNATURE_INVALID', () => sign({}, delegate)],
  ['of another message kind', 'SIGNATURE_HEADER_REFUSED', () => signJws('order', good, root.sign)],
  ['for an unknown purpose', 'DELEGATION_REFUSED', () => sign({ purpose: 'everything' as never })],
  ['with an extra member', 'DELEGATION_REFUSED', () => sign({ more: 1 } as never)],
  ['without a key', 'DELEGATION_REFUSED', () => sign({ key: undefined as never })],
  ['with a negative serial', 'DELEGATION_REFUSED', () => sign({ serial: -1 })],
  ['for an invalid key', 'KEY_MALFORMED', () => sign({ key: 'AAAA' })],
  ['for a key with stray bits', 'DELEGATION_REFUSED', () => sign({ key: 'AB' })],
  [
    'in another spelling',
    'INPUT_NOT_CANONICAL',
    () => signRaw('delegation', { payload: ` ${JSON.stringify(good)}` }, root),
  ],
  ['cut short', 'FRAME_MALFORMED', async () => (await sign()).slice(0, -2)],
])('refuses one %s, and all others with it', async (_, code, make) => {
  expect(await refusalOf(sign(), make())).toBe(code)
})

test('refuses a forged one even for another purpose or time', async () => {
  expect(await refusalOf(sign(), sign({ purpose: 'ca' }, delegate))).toBe('SIGNATURE_INVALID')
  expect(await refusalOf(sign(), sign({ notAfter: 0 }, delegate))).toBe('SIGNATURE_INVALID')
})
