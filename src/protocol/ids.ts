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

export const WEBHOOK_ID = `^whk_${random16}$`
export const MESSAGE_ID = `^msg_${random16}$`
export const messageIdSchema = Type.String({ pattern: MESSAGE_ID, description: 'message id' })
export const BACKUP_ID = `^bak_${random16}$`

export const entryIdSchema = Type.String({ pattern: `^ent_${random16}$`, description: 'id of an entry of the record' })

/** Identities of the register. None is used twice. */
export const HUMAN_ID = `^hum_${random16}$`
export const humanIdSchema = Type.String({ pattern: HUMAN_ID, description: 'human id' })
/** Who can sign in to the console: an administrator or a human. */
export const subjectIdSchema = Type.String({
  pattern: `^(adm|hum)_${random16}$`,
  description: 'administrator or human id',
})
export const GROUP_ID = `^grp_${random16}$`
export const groupIdSchema = Type.String({ pattern: GROUP_ID, description: 'id of a group of humans' })
export const SERVICE_ACCOUNT_ID = `^sac_${random16}$`
export const serviceAccountIdSchema = Type.String({ pattern: SERVICE_ACCOUNT_ID, description: 'service account id' })
export const REGISTRATION_ID = `^agt_${random16}$`
export const registrationIdSchema = Type.String({ pattern: REGISTRATION_ID, description: 'id of a registered agent' })
export const CLAIM_ID = `^clm_${random16}$`
export const claimIdSchema = Type.String({ pattern: CLAIM_ID, description: 'claim id' })
export const REVIEW_ID = `^rev_${random16}$`
export const reviewIdSchema = Type.String({ pattern: REVIEW_ID, description: 'review id' })
export const SEEN_AGENT_ID = `^sga_${random16}$`
export const seenAgentIdSchema = Type.String({
  pattern: SEEN_AGENT_ID,
  description: 'id of an agent as seen on a device',
})

/** Made by the device, of an action that an agent asked the gate about. */
export const ACTION_ID = `^act_${random16}$`
export const actionIdSchema = Type.String({ pattern: ACTION_ID, description: 'id of an action' })
/** Made by the device, of an action that waits for a person. */
export const APPROVAL_ID = `^apr_${random16}$`
export const approvalIdSchema = Type.String({ pattern: APPROVAL_ID, description: 'id of an approval' })

export type IdKind =
  | 'dev'
  | 'tok'
  | 'ord'
  | 'ren'
  | 'stop'
  | 'adm'
  | 'svc'
  | 'pre'
  | 'hum'
  | 'grp'
  | 'sac'
  | 'agt'
  | 'sga'
  | 'clm'
  | 'rul'
  | 'rev'
  | 'whk'
  | 'msg'
  | 'bak'
  | 'ses'
  | 'pky'
  | 'ent'
  | 'act'
  | 'apr'

export type Random = (bytes: number) => Bytes

/** Makes an id that cannot be guessed and has not been used. */
export function newId(kind: IdKind, random: Random): string {
  return `${kind}_${toBase64Url(random(16))}`
}

/** Milliseconds since 1970. */
export const timeSchema = Type.Integer({ minimum: 0, maximum: 253_402_300_800_000 })
