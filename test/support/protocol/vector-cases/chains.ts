import { makeAuthority, makeCertificate, NOW } from '../../tpm/certificates.ts'
import {
  BOTH,
  base64,
  type ChainVector,
  type Der,
  endorsement,
  FLAT,
  issuing,
  keys,
  OLD,
  padded,
  ROLLED,
  ROOT,
  SIMULATOR,
  STRANGER,
  STRANGER_ISSUING,
  selfSigned,
  trusted,
  underRoot,
  unknownMaker,
  vector,
} from './chain-parts.ts'
import { malformed, refusedChains, refusedLeaves } from './refused-chains.ts'

/** Vectors of `verifyEndorsementCertificate`: certificates are base64 of DER, times milliseconds since 1970. */
export interface ChainVectors {
  readonly description: string
  readonly now: number
  readonly anchors: readonly { readonly name: string; readonly set: 'makers' | 'simulated'; readonly der: string }[]
  readonly vectors: readonly ChainVector[]
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

async function accepted(): Promise<ChainVector[]> {
  const strangerRoot = await selfSigned(STRANGER, keys.stranger)
  const strangerIssuing = await makeAuthority({
    subject: STRANGER_ISSUING,
    issuer: STRANGER,
    signer: keys.stranger,
    key: keys.strangerIssuing,
  })
  const byStranger = await endorsement({ issuer: STRANGER_ISSUING, signer: keys.strangerIssuing })
  const crossSigned = await makeAuthority({
    subject: ROLLED,
    issuer: ROOT,
    signer: keys.root,
    key: keys.rolledThird,
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
