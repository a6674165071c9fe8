import { toBase64Url, utf8 } from '../base/bytes.ts'

/**
 * Protected headers: one fixed string for each kind of message, so that a header is compared, never interpreted.
 * The key is never named inside: the receiver knows whose key it must be.
 */
const header = (typ: string) => toBase64Url(utf8(JSON.stringify({ alg: 'ES256', typ })))

export const JWS_HEADERS = {
  evidence: header('eat+jwt'),
  attestation: header('surety-attestation+jwt'),
  activation: header('surety-activation+jwt'),
  delegation: header('surety-delegation+jwt'),
  challenge: header('surety-challenge+jwt'),
  credential: header('surety-credential+jwt'),
  welcome: header('surety-welcome+jwt'),
  ack: header('surety-ack+jwt'),
  result: header('surety-result+jwt'),
  order: header('surety-order+jwt'),
  catalogue: header('surety-catalogue+jwt'),
} as const
export type JwsKind = keyof typeof JWS_HEADERS

/** Which message a frame claims to be, by its fixed header; undefined for JSON and for headers that are not ours. */
export function jwsKindOf(frame: string): JwsKind | undefined {
  const end = frame.indexOf('.')
  const protectedHeader = end === -1 ? '' : frame.slice(0, end)
  for (const [kind, value] of Object.entries(JWS_HEADERS)) {
    if (value === protectedHeader) return kind as JwsKind // a key of the table just walked
  }
  return undefined
}
