import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { toHex } from '../../src/base/bytes.ts'
import { type BindingFields, bindingBytes, bindingOf } from '../../src/crypto/binding.ts'

/** Fixed values are in test/vectors/bindings.json. */

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })
const number = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const fields = fc.record({
  purpose: fc.constantFrom('enrol' as const, 'attest' as const),
  nonce: hash,
  exporter: hash,
  directoryCa: hash,
  subject: hash,
  epoch: number,
  sequence: number,
  head: hash,
  posture: hash,
})
const [sample] = fc.sample(fields, { numRuns: 1, seed: 1 }) as [BindingFields] // `sample` returns one

test('hashes 234 bytes with SHA-256', () => {
  fc.assert(
    fc.property(fields, (given) => {
      const bytes = bindingBytes(given)
      return bytes.length === 234 && toHex(bindingOf(given)) === createHash('sha256').update(bytes).digest('hex')
    }),
  )
})

test('encodes different fields differently', () => {
  fc.assert(
    fc.property(fields, fields, (a, b) => {
      const same = Object.entries(a).every(([name, value]) => String(value) === String(b[name as keyof BindingFields])) // both have the same members
      return (toHex(bindingBytes(a)) === toHex(bindingBytes(b))) === same
    }),
  )
})

test('changes with any field', () => {
  const changed: readonly Partial<BindingFields>[] = [
    { purpose: sample.purpose === 'enrol' ? 'attest' : 'enrol' },
    ...(['nonce', 'exporter', 'directoryCa', 'subject', 'head', 'posture'] as const).map((name) => ({
      [name]: sample[name].map((byte, at) => (at === 31 ? byte ^ 1 : byte)),
    })),
    { epoch: sample.epoch === 0 ? 1 : 0 },
    { sequence: sample.sequence === 0 ? 1 : 0 },
  ]
  const bindings = [{}, ...changed].map((change) => toHex(bindingOf({ ...sample, ...change })))
  expect(new Set(bindings).size).toBe(bindings.length)
})

test.each(['nonce', 'exporter', 'directoryCa', 'subject', 'head', 'posture'] as const)(
  'throws for a %s of another width',
  (name) => {
    for (const width of [0, 31, 33, 64]) {
      expect(() => bindingBytes({ ...sample, [name]: new Uint8Array(width) })).toThrow(TypeError)
    }
  },
)

test.each([-1, 2 ** 64, 0.5, Number.NaN])('throws for the epoch %s', (epoch) => {
  expect(() => bindingBytes({ ...sample, epoch })).toThrow(RangeError)
})
