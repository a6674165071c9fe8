import { type KeyObject, sign } from 'node:crypto'
import { toBase64Url } from '../../base/bytes.ts'
import { JWS_HEADERS, type JwsKind } from '../../protocol/messages/jws-types.ts'

/** Makes a compact JWS over the canonical JSON of `payload`, at once: these keys are in memory. */
export type Signer = (kind: JwsKind, payload: object) => string

export function signerOf(key: KeyObject): Signer {
  return (kind, payload) => {
    const signingInput = `${JWS_HEADERS[kind]}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}`
    const signature = sign('sha256', Buffer.from(signingInput, 'latin1'), { key, dsaEncoding: 'ieee-p1363' })
    return `${signingInput}.${toBase64Url(signature)}`
  }
}
