import { KEY_USAGE, makeAuthority, makeCertificate, NOW, YEAR_MS } from '../../tpm/certificates.ts'
import {
  base64,
  type ChainVector,
  type Der,
  damaged,
  endorsement,
  FLAT,
  ISSUING,
  issuing,
  keys,
  OLD,
  offTheCurve,
  padded,
  ROOT,
  STRANGER,
  selfSigned,
  underRoot,
  vector,
} from './chain-parts.ts'

/** Certificates and chains that are refused, each with its code. */

export async function refusedLeaves(): Promise<ChainVector[]> {
  const invalid = { refuse: 'CERTIFICATE_CHAIN_INVALID' }
  const expired = { refuse: 'CERTIFICATE_EXPIRED' }
  const leaf = async (name: string, init: Parameters<typeof endorsement>[0]) =>
    vector(name, await endorsement({ ...underRoot, ...init }), [])
  return [
    { ...(await leaf('expired', { notAfter: NOW - 1000 })), ...expired },
    { ...(await leaf('not yet valid', { notBefore: NOW + 1000 })), ...expired },
    {
      ...(await leaf('expired, unknown maker', {
        issuer: STRANGER,
        signer: keys.stranger,
        notAfter: NOW - YEAR_MS / 2,
      })),
      ...expired,
    },
    { ...(await leaf('an anchor that has expired', { issuer: OLD, signer: keys.old })), ...expired },
    { ...(await leaf('for TLS servers', { extendedKeyUsage: ['1.3.6.1.5.5.7.3.1'] })), ...invalid },
    { ...(await leaf('for any use', { extendedKeyUsage: ['2.5.29.37.0'] })), ...invalid },
    { ...(await leaf('an attestation key certificate', { extendedKeyUsage: ['2.23.133.8.3'] })), ...invalid },
    { ...(await leaf('may sign certificates', { keyUsage: KEY_USAGE.keyCertSign })), ...invalid },
    { ...(await leaf('a CA', { ca: true, keyUsage: KEY_USAGE.keyAgreement })), ...invalid },
    { ...(await leaf('a critical extension nobody knows', { unknownCritical: '1.3.6.1.4.1.99999.1' })), ...invalid },
    { ...(await leaf('critical name constraints', { unknownCritical: '2.5.29.30' })), ...invalid },
    { ...(await leaf("an anchor's name, another key", { signer: keys.stranger })), ...invalid },
    { ...(await leaf('signed with its own key', { signer: keys.endorsement })), ...invalid },
    { ...(await leaf('no issuer', { issuer: '' })), ...invalid },
    { ...vector('the certificate of the anchor itself', await selfSigned(ROOT, keys.root), []), ...invalid },
    { ...vector('a damaged signature', damaged(await endorsement(underRoot), 1), []), ...invalid },
    { ...vector('a changed key', withChangedKey(await endorsement(underRoot)), []), ...invalid },
  ]
}

/** The subject's key replaced by another, the signature left. */
function withChangedKey(der: Der): Der {
  const at = Buffer.from(der).indexOf(keys.endorsement.spki)
  const copy = der.slice()
  copy.set(keys.stranger.spki, at)
  return copy
}

export async function refusedChains(): Promise<ChainVector[]> {
  const invalid = { refuse: 'CERTIFICATE_CHAIN_INVALID' }
  const expired = { refuse: 'CERTIFICATE_EXPIRED' }
  const ek = await endorsement()
  const through = async (name: string, init: Parameters<typeof issuing>[0]) => vector(name, ek, [await issuing(init)])
  const subordinate = await makeAuthority({
    subject: 'CN=Sub CA',
    issuer: ISSUING,
    signer: keys.issuing,
    key: keys.strangerIssuing,
  })
  const bySubordinate = await endorsement({ issuer: 'CN=Sub CA', signer: keys.strangerIssuing })
  const underFlat = await issuing({ issuer: FLAT, signer: keys.flat })
  const strangerEk = await endorsement({ issuer: STRANGER, signer: keys.stranger })
  return [
    { ...(await through('an intermediate that has expired', { notAfter: NOW - 1000 })), ...expired },
    { ...(await through('an intermediate not yet valid', { notBefore: NOW + 1000 })), ...expired },
    { ...(await through('an intermediate that is no CA', { ca: false })), ...invalid },
    {
      ...vector('an intermediate without basic constraints', ek, [
        await makeCertificate({ subject: ISSUING, issuer: ROOT, signer: keys.root, publicKey: keys.issuing.spki }),
      ]),
      ...invalid,
    },
    {
      ...(await through('an intermediate that may not sign certificates', { keyUsage: KEY_USAGE.cRLSign })),
      ...invalid,
    },
    {
      ...(await through('an intermediate for other certificates', { extendedKeyUsage: ['1.3.6.1.5.5.7.3.1'] })),
      ...invalid,
    },
    {
      ...(await through('an intermediate with a critical extension nobody knows', { unknownCritical: '2.5.29.30' })),
      ...invalid,
    },
    {
      ...(await through("an intermediate with an anchor's name for issuer, another key", { signer: keys.stranger })),
      ...invalid,
    },
    { ...(await through('an intermediate with the right name and another key', { key: keys.stranger })), ...invalid },
    { ...vector('an intermediate with a damaged signature', ek, [damaged(await issuing(), 1)]), ...invalid },
    { ...vector('longer than an intermediate allows', bySubordinate, [subordinate, await issuing()]), ...invalid },
    { ...vector('longer than an anchor allows', ek, [underFlat]), ...invalid },
    {
      ...vector("an impostor with an anchor's name", await endorsement({ issuer: ROOT, signer: keys.stranger }), [
        await selfSigned(ROOT, keys.stranger),
      ]),
      ...invalid,
    },
    {
      ...vector("an unknown maker's chain whose root did not sign it", strangerEk, [
        await selfSigned(STRANGER, keys.issuing),
      ]),
      ...invalid,
    },
    {
      ...vector(
        "an unknown maker's chain through an endorsement key",
        await endorsement({ issuer: 'CN=EK', signer: keys.strangerIssuing }),
        [
          await endorsement({
            subject: 'CN=EK',
            issuer: STRANGER,
            signer: keys.stranger,
            publicKey: keys.strangerIssuing.spki,
          }),
        ],
      ),
      ...invalid,
    },
    { ...vector('nine intermediates', ek, new Array(9).fill(await issuing())), ...invalid },
  ]
}

export async function malformed(): Promise<ChainVector[]> {
  const refuse = 'CERTIFICATE_MALFORMED'
  const good = await endorsement(underRoot)
  const bad = (name: string, certificate: Der, chain: readonly Der[] = []) => ({
    ...vector(name, certificate, chain),
    refuse,
  })
  return [
    bad('nothing', new Uint8Array()),
    bad('cut short', good.slice(0, -1)),
    bad('cut in half', good.slice(0, good.length / 2)),
    bad('something behind it', padded(good, 0x41)),
    bad('another certificate behind it', Uint8Array.from([...good, ...good])),
    bad(
      'PEM',
      new Uint8Array(Buffer.from(`-----BEGIN CERTIFICATE-----\n${base64(good)}\n-----END CERTIFICATE-----\n`)),
    ),
    bad('an indefinite length', Uint8Array.from([0x30, 0x80, ...good.slice(4), 0, 0])),
    bad('a sequence of nothing', Uint8Array.from([0x30, 0x00])),
    bad('nested without end', new Uint8Array(4096).fill(0x30)),
    bad('a bare public key', keys.endorsement.spki),
    bad(
      'a key that is off the curve',
      await endorsement({ ...underRoot, publicKey: offTheCurve(keys.endorsement.spki) }),
    ),
    bad('an intermediate that does not parse', await endorsement(), [(await issuing()).slice(0, -1)]),
    bad('a stray intermediate that does not parse', good, [Uint8Array.from([0x30, 0x03, 1, 2, 3])]),
  ]
}
