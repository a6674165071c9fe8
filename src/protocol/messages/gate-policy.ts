import { closed, reader, type Static, Type, text } from '../../base/schema.ts'
import { frameJson, LIMITS } from '../limits.ts'

/** V→D, JWS by the order key: the policy of the gate that a result offered. Its text is in Cedar. */
export const gatePolicySchema = closed({
  schema: Type.Literal('surety/gate-policy@1'),
  version: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  text: text(256 * 1024),
})
export type GatePolicyDocument = Static<typeof gatePolicySchema>

export const gatePolicyReader = reader(gatePolicySchema, {
  name: 'policy of the gate',
  code: 'FRAME_MALFORMED',
  limits: frameJson(LIMITS.gatePolicyBytes),
})
