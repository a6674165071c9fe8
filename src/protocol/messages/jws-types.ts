import { toBase64Url, utf8 } from '../../base/bytes.ts'

/**
 * The protected header of each kind of message is one fixed string. A receiver compares it and never interprets it. A header
 * names no key: the receiver knows which key must have signed.
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
  checkpoint: header('surety-checkpoint+jwt'),
  verdict: header('surety-verdict+jwt'),
  decision: header('surety-decision+jwt'),
  order: header('surety-order+jwt'),
  catalogue: header('surety-catalogue+jwt'),
  'gate-policy': header('surety-gate-policy+jwt'),
  'evidence-export': header('surety-evidence-export+jwt'),
} as const
export type JwsKind = keyof typeof JWS_HEADERS

// The cast holds: these are the keys of the table.
const KINDS = new Map(Object.entries(JWS_HEADERS).map(([kind, value]) => [value as string, kind as JwsKind]))

/** The kind of message that a frame claims to be, by its header. Undefined for JSON and for unknown headers. */
export function jwsKindOf(frame: string): JwsKind | undefined {
  const end = frame.indexOf('.')
  const protectedHeader = end === -1 ? '' : frame.slice(0, end)
  return KINDS.get(protectedHeader)
}
