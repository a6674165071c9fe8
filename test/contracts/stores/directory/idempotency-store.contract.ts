import type { Engine } from '../engines.ts'

const answer = (at: number, body = '{}') => ({ at, request: 'hash', status: 201, body })

export function describeIdempotencyStore({ name, open }: Engine): void {
  describe(`${name} keeps the IdempotencyStore contract`, () => {
    test('has answers by principal and key', async () => {
      const { idempotency } = await open()
      await idempotency.put('a', 'k', answer(1))
      await idempotency.put('b', 'k', { at: 2, request: 'other', status: 201, about: 'the token is tok_1' })
      expect(await idempotency.get('a', 'k')).toEqual(answer(1))
      expect(await idempotency.get('b', 'k')).toEqual({
        at: 2,
        request: 'other',
        status: 201,
        about: 'the token is tok_1',
      })
      expect([await idempotency.get('a', 'l'), await idempotency.get('c', 'k')]).toEqual([undefined, undefined])
    })

    test('replaces an answer, and counts what each principal uses', async () => {
      const { idempotency } = await open()
      await idempotency.put('a', 'k', answer(1, '12345'))
      await idempotency.put('a', 'l', answer(1, '12'))
      await idempotency.put('a', 'k', answer(9, '123'))
      expect([(await idempotency.get('a', 'k'))?.body, await idempotency.use('a'), await idempotency.use('b')]).toEqual(
        ['123', { keys: 2, bytes: 5 }, { keys: 0, bytes: 0 }],
      )
    })

    test('forgets the oldest first, up to the limit, and none that is young', async () => {
      const { idempotency } = await open()
      for (const at of [3, 1, 2, 10]) await idempotency.put('a', `k${at}`, answer(at))
      await idempotency.forget(10, 2)
      expect(await Promise.all([1, 2, 3, 10].map(async (at) => (await idempotency.get('a', `k${at}`))?.at))).toEqual([
        undefined,
        undefined,
        3,
        10,
      ])
      await idempotency.forget(10, 2)
      expect([await idempotency.get('a', 'k3'), await idempotency.use('a')]).toEqual([undefined, { keys: 1, bytes: 2 }])
    })
  })
}
