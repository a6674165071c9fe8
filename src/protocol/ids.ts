import { type Bytes, toBase64Url } from '../base/bytes.ts'
import { Type } from '../base/schema.ts'

/** Ids on the wire: a prefix that names the kind, then 16 random bytes in base64url. */
const random16 = '[A-Za-z0-9_-]{21}[AQgw]'

export const DEVICE_ID = `^dev_${random16}$`
export const deviceIdSchema = Type.String({ pattern: DEVICE_ID, description: 'device id' })
export const TOKEN_ID = `^tok_${random16}$`
export const RE_ENROLMENT_ID = `^ren_${random16}$`
export const tokenIdSchema = Type.String({ pattern: TOKEN_ID, description: 'enrolment token id' })
export const orderIdSchema = Type.String({ pattern: `^ord_${random16}$`, description: 'order id' })
export const STOP_ID = `^stop_${random16}$`
export const stopIdSchema = Type.String({ pattern: STOP_ID, description: 'stop id' })
export const reEnrolmentIdSchema = Type.String({ pattern: RE_ENROLMENT_ID, description: 'pending re-enrolment id' })

export const PREREGISTRATION_ID = `^pre_${random16}$`
export const preregistrationIdSchema = Type.String({ pattern: PREREGISTRATION_ID, description: 'preregistration id' })

export type IdKind = 'dev' | 'tok' | 'ord' | 'ren' | 'stop' | 'adm' | 'svc' | 'pre'

export type Random = (bytes: number) => Bytes

/** Makes an id that cannot be guessed and has not been used. */
export function newId(kind: IdKind, random: Random): string {
  return `${kind}_${toBase64Url(random(16))}`
}

/** Milliseconds since 1970. */
export const timeSchema = Type.Integer({ minimum: 0, maximum: 253_402_300_800_000 })
