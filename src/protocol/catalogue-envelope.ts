import { reader, Type, text } from '../base/schema.ts'
import { LIMITS } from './limits.ts'

/**
 * What a directory reads of a catalogue of agents that it hands out: which one it is. What the catalogue says is for
 * devices to read and to judge.
 */
const catalogueEnvelopeSchema = Type.Object({
  schema: Type.Literal('surety/catalogue@1'),
  version: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  asOf: text(10),
  entries: Type.Array(Type.Unknown(), { maxItems: 2_000 }),
})

export const catalogueEnvelopeReader = reader(catalogueEnvelopeSchema, {
  name: 'catalogue',
  limits: { maxBytes: LIMITS.catalogueBytes, maxDepth: 8 },
})
