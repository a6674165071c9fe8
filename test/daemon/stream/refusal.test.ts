import fc from 'fast-check'
import { SuretyError } from '../../../src/base/errors.ts'
import { backoffOf, paceOf, parseRefusal, retryAfterMs } from '../../../src/daemon/stream/refusal.ts'
import { codeThrown } from '../../support/code-thrown.ts'

const refusal = (change: object) =>
  JSON.stringify({ type: 'refusal', code: 'QUOTA_EXCEEDED', message: 'full', ...change })

test.each([
  ['DEVICE_RETIRED', 'slow'],
  ['TOKEN_USED', 'slow'],
  ['ENROLMENT_PENDING', 'patient'],
  ['SESSION_SUPERSEDED', 'patient'],
  ['DIRECTORY_UNREACHABLE', 'prompt'],
] as const)('retries %s at the %s pace', (code, pace) => expect(paceOf(code)).toBe(pace))

test('waits at least a little, and at most an hour', () => {
  for (const code of ['DIRECTORY_UNREACHABLE', 'ENROLMENT_PENDING', 'DEVICE_RETIRED', undefined] as const) {
    const { leastMs, capMs } = backoffOf(code)
    expect([leastMs >= 100, leastMs + capMs <= 3_600_000]).toEqual([true, true])
  }
})

test('takes the wait from a refusal, but never more than an hour', () => {
  expect(retryAfterMs(parseRefusal(refusal({ retryAfterMs: 15_000 })))).toBe(15_000)
  expect(retryAfterMs(parseRefusal(refusal({ retryAfterMs: 10 ** 12 })))).toBe(3_600_000)
  expect(retryAfterMs(parseRefusal(refusal({})))).toBeUndefined()
  expect(retryAfterMs(new SuretyError('QUOTA_EXCEEDED', 'ours'))).toBeUndefined()
})

test.each(['{}', '{"type":"refusal"}', refusal({ code: 'lower' }), refusal({ more: 1 }), ` ${refusal({})}`])(
  'refuses %s',
  async (frame) => {
    expect(['FRAME_MALFORMED', 'INPUT_NOT_CANONICAL']).toContain(
      await codeThrown(() => {
        throw parseRefusal(frame)
      }),
    )
  },
)

test('throws only SuretyError for any text', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        parseRefusal(`{${text}`)
      } catch (error) {
        expect(error).toBeInstanceOf(SuretyError)
      }
    }),
  )
})
