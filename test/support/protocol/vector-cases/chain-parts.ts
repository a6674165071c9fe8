import { makeAuthority, makeEndorsementCertificate } from '../../tpm/certificates.ts'
import { testKey } from '../test-keys.ts'

/** What the chains of the vectors are made of. */

export interface ChainVector {
  readonly name: string
  readonly certificate: string
  readonly chain: readonly string[]
  /** `accept` names what comes out, `refuse` the code. */
  readonly accept?: { readonly outcome: string; readonly set?: string; readonly anchorName?: string }
  readonly refuse?: string
}

export type Der = Uint8Array<ArrayBuffer>

export const base64 = (der: Uint8Array) => Buffer.from(der).toString('base64')

export const ROOT = 'CN=Maker Root, O=Maker'
export const ISSUING = 'CN=Maker Issuing CA, O=Maker'
export const FLAT = 'CN=Flat Root, O=Maker'
export const OLD = 'CN=Old Root, O=Maker'
export const ROLLED = 'CN=Rolled Root, O=Maker'
export const BOTH = 'CN=Both Root, O=Maker'
export const SIMULATOR = 'CN=Simulator Root, O=Simulator'
export const STRANGER = 'CN=Stranger Root, O=Stranger'
export const STRANGER_ISSUING = 'CN=Stranger Issuing CA, O=Stranger'

export const keys = {
  root: testKey('maker root'),
  issuing: testKey('maker issuing'),
  flat: testKey('flat root'),
  old: testKey('old root'),
  rolledFirst: testKey('rolled root 1'),
  rolledSecond: testKey('rolled root 2'),
  rolledThird: testKey('rolled root 3'),
  both: testKey('both root'),
  simulator: testKey('simulator root'),
  stranger: testKey('stranger root'),
  strangerIssuing: testKey('stranger issuing'),
  endorsement: testKey('endorsement'),
}

export const selfSigned = (
  subject: string,
  key: (typeof keys)['root'],
  more: Partial<Parameters<typeof makeAuthority>[0]> = {},
) => makeAuthority({ subject, issuer: subject, signer: key, key, ...more })

export const issuing = (more: Partial<Parameters<typeof makeAuthority>[0]> = {}) =>
  makeAuthority({ subject: ISSUING, issuer: ROOT, signer: keys.root, key: keys.issuing, pathLength: 0, ...more })

export const endorsement = (more: Partial<Parameters<typeof makeEndorsementCertificate>[0]> = {}) =>
  makeEndorsementCertificate({ issuer: ISSUING, signer: keys.issuing, publicKey: keys.endorsement.spki, ...more })

export const underRoot = { issuer: ROOT, signer: keys.root }

export function damaged(der: Der, fromEnd: number): Der {
  const copy = der.slice()
  copy[copy.length - fromEnd] = (copy[copy.length - fromEnd] ?? 0) ^ 1
  return copy
}

export function padded(der: Der, byte: number, size = 64): Der {
  const all = new Uint8Array(der.length + size).fill(byte)
  all.set(der)
  return all
}

/** The last coordinate byte of the key changed: a point that is not on the curve. */
export function offTheCurve(spki: Der): Der {
  return damaged(spki, 1)
}

export const vector = (name: string, certificate: Der, chain: readonly Der[]) => ({
  name,
  certificate: base64(certificate),
  chain: chain.map(base64),
})
export const trusted = (anchorName: string, set = 'makers') => ({ outcome: 'trusted', set, anchorName })
export const unknownMaker = { outcome: 'unknown-maker' }
