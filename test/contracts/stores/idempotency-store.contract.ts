import type { OpenStores } from './seeds.ts'

const answer = (at: number, body = '{}') => ({ at, request: 'hash', status: 201, body })

export function describeIdempotencyStore(name: string, open: OpenStores): void {
  describe(`${name} keeps the IdempotencyStore contract`, () => {
    test('has answers by principal and key', () => {
      const { idempotency } = open()
      idempotency.put('a', 'k', answer(1))
      idempotency.put('b', 'k', { at: 2, request: 'other', status: 201, about: 'the token is tok_1' })
      expect(idempotency.get('a', 'k')).toEqual(answer(1))
      expect(idempotency.get('b', 'k')).toEqual({ at: 2, request: 'other', status: 201, about: 'the token is tok_1' })
      expect([idempotency.get('a', 'l'), idempotency.get('c', 'k')]).toEqual([undefined, undefined])
    })

    test('replaces an answer, and counts what each principal uses', () => {
      const { idempotency } = open()
      idempotency.put('a', 'k', answer(1, '12345'))
      idempotency.put('a', 'l', answer(1, '12'))
      idempotency.put('a', 'k', answer(9, '123'))
      expect([idempotency.get('a', 'k')?.body, idempotency.use('a'), idempotency.use('b')]).toEqual([
        '123',
        { keys: 2, bytes: 5 },
        { keys: 0, bytes: 0 },
      ])
    })

    test('forgets the oldest first, up to the limit, and none that is young', () => {
      const { idempotency } = open()
      for (const at of [3, 1, 2, 10]) idempotency.put('a', `k${at}`, answer(at))
      idempotency.forget(10, 2)
      expect([1, 2, 3, 10].map((at) => idempotency.get('a', `k${at}`)?.at)).toEqual([undefined, undefined, 3, 10])
      idempotency.forget(10, 2)
      expect([idempotency.get('a', 'k3'), idempotency.use('a')]).toEqual([undefined, { keys: 1, bytes: 2 }])
    })
  })
}
