import { base64Url, base64UrlOf, closed, counter, reader, type Static, Type, text, words } from '../../base/schema.ts'

/**
 * The protocol of `native/darwin/secure-enclave/`: one JSON document a line, a request on its standard input and an answer with the
 * same `id` on its standard output. Bytes are base64url. It ends with its input.
 */

export type EnclaveRequest =
  | { readonly op: 'hello' }
  | { readonly op: 'create' }
  /** The helper hashes the message, because the API of Apple takes no digest that others have made. */
  | { readonly op: 'sign'; readonly wrapped: string; readonly message: string }

const id = counter()
const answerSchema = Type.Union([
  closed({ id, version: Type.Literal(1), available: Type.Boolean() }),
  /** `public` is an uncompressed point without its first byte: x then y. */
  closed({ id, public: base64UrlOf(64), wrapped: base64Url(4_096) }),
  closed({ id, signature: base64UrlOf(64) }),
  closed({
    id,
    /** `lost`: another Enclave wrapped the key. `locked`: the Mac has not been unlocked since its start. */
    error: words('unavailable', 'lost', 'locked', 'malformed', 'failed'),
    message: text(256),
  }),
])
export type EnclaveAnswer = Static<typeof answerSchema>
export type EnclaveError = Extract<EnclaveAnswer, { error: string }>['error']

export const MAX_ANSWER_BYTES = 16 * 1024

export const answerReader = reader(answerSchema, {
  name: 'answer of the Secure Enclave helper',
  code: 'KEY_MALFORMED',
  limits: { maxBytes: MAX_ANSWER_BYTES, maxDepth: 2 },
})
