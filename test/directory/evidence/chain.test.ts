import fc from 'fast-check'
import { SuretyError } from '../../../src/base/errors.ts'
import { placeInChain } from '../../../src/directory/evidence/append-batch.ts'
import { refusalOf } from '../../../src/directory/ingress/sockets/websocket-connection.ts'

/** A chain of honest batches: each hash is named for its sequence. */
const batch = (sequence: number) => ({
  evidence: { sequence, previous: `h${sequence - 1}` },
  hash: `h${sequence}`,
})

test('an honest chain never forks or skips, in any order of arrival', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 60 }), async (arrivals) => {
      let head = { sequence: 0, head: 'h0' }
      for (const sequence of arrivals) {
        const { kind } = await placeInChain(head, batch(sequence), async (at) =>
          at <= head.sequence ? `h${at}` : undefined,
        )
        const expected =
          sequence === head.sequence + 1 ? 'append' : sequence <= head.sequence ? 'again' : 'out-of-order'
        if (kind !== expected) return false
        if (kind === 'append') head = { sequence, head: `h${sequence}` }
      }
      return true
    }),
  )
})

test('a batch with another hash at an occupied position is always a fork', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), async (length, place) => {
      const head = { sequence: length, head: `h${length}` }
      const at = Math.min(place, length)
      const placement = await placeInChain(head, { ...batch(at), hash: 'other' }, async (sequence) => `h${sequence}`)
      return placement.kind === 'fork' && placement.held === `h${at}`
    }),
  )
})

test.each([
  [new SuretyError('TOKEN_USED', 'the token was used'), { code: 'TOKEN_USED', message: 'the token was used' }],
  [new SuretyError('STORE_FAILED', 'database "/secret/path": no'), { code: 'STORE_FAILED', retryAfterMs: 10_000 }],
  [new TypeError('a secret'), { code: 'STORE_FAILED', message: 'the directory could not do that now' }],
])('a refusal discloses only what concerns the device: %p', (error, expected) => {
  const refusal = refusalOf(error)
  expect(refusal).toMatchObject(expected)
  expect(refusal.message).not.toContain('secret')
})
