import { base64Url, closed, counter, reader, type Static, Type, words } from '../../base/schema.ts'
import { timeSchema } from '../ids.ts'

export const delegationPurposeSchema = words('orders', 'acknowledgements', 'ca')
export type DelegationPurpose = Static<typeof delegationPurposeSchema>

/** The root key's statement that another key may sign for the directory, for one purpose and a limited time. */
export const delegationSchema = closed({
  type: Type.Literal('delegation'),
  purpose: delegationPurposeSchema,
  /** SubjectPublicKeyInfo, DER, base64url. */
  key: base64Url(512),
  notBefore: timeSchema,
  notAfter: timeSchema,
  serial: counter(),
})
export type Delegation = Static<typeof delegationSchema>

export const delegationReader = reader(delegationSchema, { name: 'delegation', code: 'DELEGATION_REFUSED' })
