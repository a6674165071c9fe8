import { KEY_USAGE, makeAuthority, makeCertificate, makeEndorsementCertificate, NOW, YEAR_MS } from '../certificates.ts'
import { testKey } from '../test-keys.ts'

/** Vectors of `verifyEndorsementCertificate`: certificates are base64 of DER, times milliseconds since 1970. */
export interface ChainVectors {
  readonly description: string
  readonly now: number
  readonly anchors: readonly { readonly name: string; readonly set: 'makers' | 'simulated'; readonly der: string }[]
  readonly vectors: readonly ChainVector[]
}

interface ChainVector {
  readonly name: string
  readonly certificate: string
  readonly chain: readonly string[]
  /** `accept` names what comes out, `refuse` the code. */
  readonly accept?: { readonly outcome: string; readonly set?: string; readonly anchorName?: string }
  readonly refuse?: string
}

type Der = Uint8Array<ArrayBuffer>

const base64 = (der: Uint8Array) => Buffer.from(der).toString('base64')

const ROOT = 'CN=Maker Root, O=Maker'
const ISSUING = 'CN=Maker Issuing CA, O=Maker'
const FLAT = 'CN=Flat Root, O=Maker'
const OLD = 'CN=Old Root, O=Maker'
const ROLLED = 'CN=Rolled Root, O=Maker'
const BOTH = 'CN=Both Root, O=Maker'
const SIMULATOR = 'CN=Simulator Root, O=Simulator'
const STRANGER = 'CN=Stranger Root, O=Stranger'
const STRANGER_ISSUING = 'CN=Stranger Issuing CA, O=Stranger'

const keys = {
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

const selfSigned = (
  subject: string,
  key: (typeof keys)['root'],
  more: Partial<Parameters<typeof makeAuthority>[0]> = {},
) => makeAuthority({ subject, issuer: subject, signer: key, key, ...more })

const issuing = (more: Partial<Parameters<typeof makeAuthority>[0]> = {}) =>
  makeAuthority({ subject: ISSUING, issuer: ROOT, signer: keys.root, key: keys.issuing, pathLength: 0, ...more })

const endorsement = (more: Partial<Parameters<typeof makeEndorsementCertificate>[0]> = {}) =>
  makeEndorsementCertificate({ issuer: ISSUING, signer: keys.issuing, publicKey: keys.endorsement.spki, ...more })

const underRoot = { issuer: ROOT, signer: keys.root }

function damaged(der: Der, fromEnd: number): Der {
  const copy = der.slice()
  copy[copy.length - fromEnd] = (copy[copy.length - fromEnd] ?? 0) ^ 1
  return copy
}

function padded(der: Der, byte: number, size = 64): Der {
  const all = new Uint8Array(der.length + size).fill(byte)
  all.set(der)
  return all
}

/** The last coordinate byte of the key changed: a point that is not on the curve. */
function offTheCurve(spki: Der): Der {
  return damaged(spki, 1)
}

export async function buildChainVectors(): Promise<ChainVectors> {
  const anchors: { name: string; set: 'makers' | 'simulated'; der: Der }[] = [
    { name: 'maker-root', set: 'makers', der: await selfSigned(ROOT, keys.root) },
    { name: 'flat-root', set: 'makers', der: await selfSigned(FLAT, keys.flat, { pathLength: 0 }) },
    { name: 'old-root', set: 'makers', der: await selfSigned(OLD, keys.old, { notAfter: NOW - 1000 }) },
    { name: 'rolled-root-1', set: 'makers', der: await selfSigned(ROLLED, keys.rolledFirst) },
    { name: 'rolled-root-2', set: 'makers', der: await selfSigned(ROLLED, keys.rolledSecond) },
    { name: 'both-root', set: 'makers', der: await selfSigned(BOTH, keys.both) },
    { name: 'both-root-simulated', set: 'simulated', der: await selfSigned(BOTH, keys.both) },
    { name: 'simulator-root', set: 'simulated', der: await selfSigned(SIMULATOR, keys.simulator) },
  ]
  return {
    description:
      'Chains of TPM endorsement certificates against trust anchors. Certificates are base64 of DER. `accept`: the outcome; `refuse`: the code.',
    now: NOW,
    anchors: anchors.map(({ name, set, der }) => ({ name, set, der: base64(der) })),
    vectors: [...(await accepted()), ...(await refusedLeaves()), ...(await refusedChains()), ...(await malformed())],
  }
}

const vector = (name: string, certificate: Der, chain: readonly Der[]) => ({
  name,
  certificate: base64(certificate),
  chain: chain.map(base64),
})
const trusted = (anchorName: string, set = 'makers') => ({ outcome: 'trusted', set, anchorName })
const unknownMaker = { outcome: 'unknown-maker' }

async function accepted(): Promise<ChainVector[]> {
  const strangerRoot = await selfSigned(STRANGER, keys.stranger)
  const strangerIssuing = await makeAuthority({
    ...{ subject: STRANGER_ISSUING, issuer: STRANGER },
    ...{ signer: keys.stranger, key: keys.strangerIssuing },
  })
  const byStranger = await endorsement({ issuer: STRANGER_ISSUING, signer: keys.strangerIssuing })
  const crossSigned = await makeAuthority({
    ...{ subject: ROLLED, issuer: ROOT },
    ...{ signer: keys.root, key: keys.rolledThird },
  })
  const direct = await endorsement(underRoot)
  return [
    { ...vector('signed by an anchor', direct, []), accept: trusted('maker-root') },
    { ...vector('through an intermediate', await endorsement(), [await issuing()]), accept: trusted('maker-root') },
    {
      ...vector('intermediates in any order, among strangers', await endorsement(), [strangerRoot, await issuing()]),
      accept: trusted('maker-root'),
    },
    {
      ...vector('the second key under one name', await endorsement({ issuer: ROLLED, signer: keys.rolledSecond }), []),
      accept: trusted('rolled-root-2'),
    },
    {
      ...vector(
        "an anchor's newer key, signed by another anchor",
        await endorsement({ issuer: ROLLED, signer: keys.rolledThird }),
        [crossSigned],
      ),
      accept: trusted('maker-root'),
    },
    {
      ...vector('a simulator', await endorsement({ issuer: SIMULATOR, signer: keys.simulator }), []),
      accept: trusted('simulator-root', 'simulated'),
    },
    {
      ...vector('an anchor in both sets is simulated', await endorsement({ issuer: BOTH, signer: keys.both }), []),
      accept: trusted('both-root-simulated', 'simulated'),
    },
    {
      ...vector(
        'no extended key usage',
        await makeCertificate({ subject: 'CN=EK', ...underRoot, publicKey: keys.endorsement.spki }),
        [],
      ),
      accept: trusted('maker-root'),
    },
    { ...vector('padded with zeros', padded(direct, 0), []), accept: trusted('maker-root') },
    { ...vector('padded with ff', padded(direct, 0xff), []), accept: trusted('maker-root') },
    { ...vector('an unknown maker', byStranger, []), accept: unknownMaker },
    { ...vector('an unknown maker with its chain', byStranger, [strangerIssuing, strangerRoot]), accept: unknownMaker },
    {
      ...vector(
        'signed by itself',
        await endorsement({ subject: 'CN=EK', issuer: 'CN=EK', signer: keys.endorsement }),
        [],
      ),
      accept: unknownMaker,
    },
  ]
}

async function refusedLeaves(): Promise<ChainVector[]> {
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

async function refusedChains(): Promise<ChainVector[]> {
  const invalid = { refuse: 'CERTIFICATE_CHAIN_INVALID' }
  const expired = { refuse: 'CERTIFICATE_EXPIRED' }
  const ek = await endorsement()
  const through = async (name: string, init: Parameters<typeof issuing>[0]) => vector(name, ek, [await issuing(init)])
  const subordinate = await makeAuthority({
    ...{ subject: 'CN=Sub CA', issuer: ISSUING },
    ...{ signer: keys.issuing, key: keys.strangerIssuing },
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

async function malformed(): Promise<ChainVector[]> {
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
