import fc from 'fast-check'
import { type Reader, reader } from '../../src/base/schema.ts'
import { evidenceReader } from '../../src/protocol/messages/evidence.ts'
import * as frames from '../../src/protocol/messages/frames.ts'
import { orderReader } from '../../src/protocol/messages/order.ts'
import * as samples from '../support/protocol/frame-samples.ts'

/** A reader checks its first values one way and, once it is often used, others another way: both say the same. */

const MANY = 150

const READ: Readonly<Record<string, readonly [Reader<unknown>, object]>> = {
  hello: [frames.helloReader, samples.hello],
  challenge: [frames.challengeReader, samples.challenge],
  attestation: [frames.attestationReader, samples.enrolmentAttestation],
  welcome: [frames.welcomeReader, samples.welcome],
  order: [orderReader, samples.order],
  evidence: [evidenceReader, samples.evidence],
}

function outcomeOf(read: () => unknown): unknown {
  try {
    return [read()]
  } catch (error) {
    return String(error)
  }
}

/** One place of `value`, at any depth, made something else, left out or added. */
function mutated(value: unknown, path: readonly number[], replacement: unknown): unknown {
  const [first, ...rest] = path
  if (first === undefined || typeof value !== 'object' || value === null) return replacement
  const entries = Object.entries(value)
  const [name, member] = entries[first % (entries.length + 1)] ?? ['more', undefined]
  const changed = Object.entries({ ...value, [name]: mutated(member, rest, replacement) })
  const left = changed.filter(([, each]) => each !== undefined)
  return Array.isArray(value) ? left.map(([, each]) => each) : Object.fromEntries(left)
}

test.each(Object.entries(READ))(
  'what is no %s is refused alike, however often such a thing was read',
  (name, given) => {
    const [{ schema }, sample] = given
    const fresh = () => reader(schema, { name })
    const used = fresh()
    const path = fc.array(fc.nat(30), { maxLength: 6 })
    const replacement = fc.oneof(
      fc.constantFrom(undefined, null, '', 0, -1, 1.5, true, [], {}, 'x'.repeat(5000), Number.MAX_SAFE_INTEGER + 1),
      fc.anything(),
    )
    for (let i = 0; i < MANY; i++) expect(used.read(sample)).toBe(sample)
    fc.assert(
      fc.property(path, replacement, (at, other) => {
        const value = mutated(sample, at, other)
        expect(outcomeOf(() => used.read(value))).toEqual(outcomeOf(() => fresh().read(value)))
      }),
      { numRuns: 300 },
    )
  },
)
