import { closed, type Static, Type, text, words } from '../../../base/schema.ts'
import { printable } from '../../../base/text/printable.ts'
import { subjectIdSchema, timeSchema } from '../../ids.ts'
import { PRINCIPAL_KINDS, ROLES } from '../../noun/permissions.ts'
import { timeInWords } from '../../noun/words.ts'
import { passkeyNameSchema } from './passkeys.ts'
import { SIGN_IN_METHODS, sessionIdSchema } from './sessions.ts'

/** What the console's pages ask at `/sign-in`, and what they are answered. */

export const SIGN_IN_BASE = '/sign-in'
/** The header with the token against cross-site requests. */
export const CSRF_HEADER = 'x-surety-csrf'
/** The page that enrols a passkey. The secret follows after `#`, which browsers send to no server. */
export const INVITATION_PAGE = '/welcome'

/** In the address of the page to which a refused sign-in at the identity provider leads. */
export const SIGN_IN_REFUSED_PARAMETER = 'refused'
/**
 * `over`: begun elsewhere, used, or too long ago. `not-accepted`: by the identity provider, or its answer did not verify. `role`: that of
 * their groups cannot be given. `unavailable`: the identity provider does not answer.
 */
export const SIGN_IN_REFUSALS = ['over', 'not-accepted', 'not-registered', 'role', 'too-many', 'unavailable'] as const
export type SignInRefusal = (typeof SIGN_IN_REFUSALS)[number]

const invitationSecretSchema = Type.String({ pattern: '^surety_inv_[A-Za-z0-9_-]{43}$' })

const base64Url = Type.String({ pattern: '^[A-Za-z0-9_-]+$', maxLength: 16_384 })
const optionalBase64Url = Type.Optional(base64Url)
const credential = {
  id: base64Url,
  rawId: base64Url,
  type: Type.Literal('public-key'),
  authenticatorAttachment: Type.Optional(words('platform', 'cross-platform')),
  clientExtensionResults: Type.Object({}),
}

/** What `navigator.credentials.get` returns, as JSON. */
export const assertionSchema = closed({
  ...credential,
  response: closed({
    clientDataJSON: base64Url,
    authenticatorData: base64Url,
    signature: base64Url,
    userHandle: optionalBase64Url,
  }),
})

/** What `navigator.credentials.create` returns, as JSON. */
export const attestationSchema = closed({
  ...credential,
  response: closed({
    clientDataJSON: base64Url,
    attestationObject: base64Url,
    authenticatorData: optionalBase64Url,
    publicKey: optionalBase64Url,
    publicKeyAlgorithm: Type.Optional(Type.Integer()),
    transports: Type.Optional(Type.Array(text(32), { maxItems: 8 })),
  }),
})

/** Given to `navigator.credentials` after `parse…OptionsFromJSON`. */
export const ceremonySchema = closed({ publicKey: Type.Object({}, { description: 'options of WebAuthn, as JSON' }) })
/** `holder`: whose passkey it will be. */
export const invitationCeremonySchema = closed({ ...ceremonySchema.properties, holder: text(256) })

export const assertionRequestSchema = closed({ response: assertionSchema })
export const invitationRequestSchema = closed({ invitation: invitationSecretSchema })
export const enrolmentRequestSchema = closed({ name: Type.Optional(passkeyNameSchema), response: attestationSchema })
export const invitationAnswerSchema = closed({
  invitation: invitationSecretSchema,
  ...enrolmentRequestSchema.properties,
})

/** The link is shown here and never again. */
export const invitationSchema = closed({
  subject: subjectIdSchema,
  name: text(256),
  link: Type.String({ pattern: `^https?://[^\\s/?#@]+${INVITATION_PAGE}#surety_inv_[A-Za-z0-9_-]{43}$` }),
  expiresAt: timeSchema,
})
export type InvitationLink = Static<typeof invitationSchema>
/** What a person reads who hands the link on. */
export function invitationLines({ name, link, expiresAt }: InvitationLink): readonly string[] {
  return [link, `The link enrols one passkey of ${printable(name)}, once, until ${timeInWords(expiresAt)}.`]
}

export const signedInSchema = closed({
  principal: closed({
    id: subjectIdSchema,
    kind: words(...PRINCIPAL_KINDS),
    name: text(256),
    role: words(...ROLES),
    /** The actions of the table of permissions. */
    may: Type.Array(text(32), { maxItems: 64 }),
  }),
  session: closed({
    id: sessionIdSchema,
    method: words(...SIGN_IN_METHODS),
    /** The latest end. It ends earlier if it is not used for an hour. */
    endsAt: timeSchema,
    /** Until then, acts of `stepUp` are allowed without showing the passkey again. */
    freshUntil: timeSchema,
  }),
  /** For the header `x-surety-csrf` of each request that changes something. */
  csrf: text(64),
  /** Actions that need a fresh sign-in. */
  stepUp: Type.Array(text(32), { maxItems: 64 }),
  /** How many one has. Without any, a fresh sign-in is one at the identity provider. */
  passkeys: Type.Integer({ minimum: 0 }),
})
export type SignedIn = Static<typeof signedInSchema>

export const signInStateSchema = closed({
  /** The address of the console. On a page elsewhere nobody can sign in. */
  url: text(300),
  /** Whose directory it is: the trust domain of its agents. */
  organisation: text(255),
  /** How one can sign in. `oidc` names the identity provider. */
  methods: closed({ passkey: Type.Literal(true), oidc: Type.Optional(text(253)) }),
  /** Present where everything is made up. */
  demonstration: Type.Optional(Type.Literal(true)),
  signedIn: Type.Optional(signedInSchema),
})
export type SignInState = Static<typeof signInStateSchema>
