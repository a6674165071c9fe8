import { equalBytes, toBase64Url, toHex } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { parseQuote } from '../../crypto/tpm/attest.ts'
import { readBootLog } from '../../crypto/tpm/boot-log.ts'
import { digest, spkiOf } from '../../crypto/tpm/public-area.ts'
import { parseSignature } from '../../crypto/tpm/signature.ts'
import { TpmReader } from '../../crypto/tpm/structures.ts'
import type { Attestor, MeasuredBoot } from '../provider/key-provider.ts'
import { emptyPassword, policyAuthorisation } from './authorisation.ts'
import {
  type Attestation,
  activateCredential,
  certify,
  createPrimary,
  flush,
  HIERARCHY,
  type Options,
  quote,
  startEndorsementPolicy,
} from './commands.ts'
import { readCertificates } from './endorsement-certificates.ts'
import { blobOf, decode } from './key-file.ts'
import { endorsementTemplate } from './key-templates.ts'
import { readPcrs } from './queries.ts'
import type { TpmContext } from './tpm-context.ts'

/** Certifies, quotes and activates with the keys of a TPM. */
export function tpmAttestor(context: TpmContext): Attestor {
  const endorsementPublic = decode(context.file().endorsement.public)
  return {
    endorsementPublic,
    enrolmentClaim: (binding, { signal } = {}) =>
      context.use((options) => enrolmentClaim(context, binding, options), signal),
    quote: (binding, pcrs, { signal } = {}) =>
      context.use((options) => makeQuote(context, binding, pcrs, options), signal),
    activateCredential: (credential, { signal } = {}) =>
      context.use((options) => activate(context, credential, endorsementPublic, options), signal),
    measuredBoot: ({ signal } = {}) => context.use((options) => measuredBoot(context, options), signal),
  }
}

async function enrolmentClaim(context: TpmContext, binding: Uint8Array, options: Options) {
  const { tpm, loaded, file } = context
  const [first] = file().keys
  if (first === undefined) throw new SuretyError('KEY_NOT_FOUND', 'no application key has been made yet')
  const application = blobOf(first)
  const { certificate, chain } = await readCertificates(tpm, endorsementTemplate(file().endorsement.kind), options)
  const attestationKey = await context.attestationKey(options)
  const subject = await context.applicationKey(application, options)
  const authorisation = decode(file().authorisation)
  const authorisations = [
    (await loaded.session(0, options)).authorise(authorisation),
    (await loaded.session(1, options)).authorise(authorisation),
  ] as const
  const certified = await certify(tpm, { subject, attestationKey, authorisations, qualifyingData: binding }, options)
  return {
    keyKind: 'tpm' as const,
    applicationKey: toBase64Url(spkiOf(application.publicArea)),
    applicationPublic: toBase64Url(application.publicArea),
    attestationPublic: toBase64Url(attestationKey.publicArea),
    endorsementPublic: file().endorsement.public,
    ...(certificate === undefined ? {} : { endorsementCertificate: toBase64Url(certificate) }),
    endorsementChain: chain.map(toBase64Url),
    certify: encoded(certified),
  }
}

/** If a PCR is extended between the quote and the reading of its value, both are repeated. */
const QUOTE_ATTEMPTS = 4

async function makeQuote(context: TpmContext, binding: Uint8Array, asked: readonly number[], options: Options) {
  const pcrs = [...new Set(asked)].sort((a, b) => a - b)
  if (pcrs.some((index) => !Number.isInteger(index) || index < 0 || index > 23)) throw new TypeError('PCRs are 0 to 23')
  const key = await context.attestationKey(options)
  for (let attempt = 0; attempt < QUOTE_ATTEMPTS; attempt++) {
    const session = await context.loaded.session(0, options)
    const authorisation = session.authorise(decode(context.file().authorisation))
    const made = await quote(context.tpm, { key, authorisation, qualifyingData: binding, pcrs }, options)
    const values = await readPcrs(context.tpm, pcrs, options)
    const { hash } = parseSignature(made.signature)
    if (equalBytes(parseQuote(made.attested).pcrDigest, digest(hash, ...values.values()))) {
      return { ...encoded(made), pcrs: Object.fromEntries([...values].map(([index, value]) => [index, toHex(value)])) }
    }
  }
  throw new SuretyError('TPM_BUSY', 'the PCRs change faster than the TPM can quote them')
}

const FIRMWARE_PCRS = [0, 1, 2, 3, 4, 5, 6, 7]

async function measuredBoot({ tpm, transport }: TpmContext, options: Options): Promise<MeasuredBoot | undefined> {
  const bytes = await transport.bootLog?.()
  if (bytes === undefined || bytes.length === 0) return undefined
  const log = readBootLog(bytes)
  const values = await readPcrs(tpm, FIRMWARE_PCRS, options)
  const isExplained = (pcr: number) => equalBytes(values.get(pcr) ?? ZERO_PCR, log.pcrs.get(pcr) ?? ZERO_PCR)
  const unexplained = FIRMWARE_PCRS.filter((pcr) => !isExplained(pcr))
  return { unexplained, secureBoot: unexplained.includes(7) ? undefined : log.secureBoot }
}

const ZERO_PCR = new Uint8Array(32)

async function activate(
  context: TpmContext,
  credential: { credentialBlob: Uint8Array; encryptedSecret: Uint8Array },
  endorsementPublic: Uint8Array,
  options: Options,
) {
  const { tpm, loaded, file } = context
  requireSized('TPM2B_ID_OBJECT', credential.credentialBlob)
  requireSized('TPM2B_ENCRYPTED_SECRET', credential.encryptedSecret)
  const endorsement = endorsementTemplate(file().endorsement.kind)
  // Small TPMs have room for the endorsement key only when nothing else is loaded.
  await loaded.flushAll(options)
  const endorsementKey = await createPrimary(tpm, HIERARCHY.endorsement, endorsement.template, options)
  let policySession: number | undefined
  try {
    if (!equalBytes(endorsementKey.publicArea, endorsementPublic)) {
      throw new SuretyError('TPM_IDENTITY_LOST', 'these keys belong to another endorsement key')
    }
    const attestationKey = await context.attestationKey(options)
    const session = await loaded.session(0, options)
    const byPolicy = endorsement.authorisation === 'endorsement-policy'
    policySession = byPolicy ? await startEndorsementPolicy(tpm, options) : undefined
    const authorisations = [
      session.authorise(decode(file().authorisation)),
      policySession === undefined ? emptyPassword : policyAuthorisation(policySession),
    ] as const
    const secret = await activateCredential(
      tpm,
      { attestationKey, endorsementKey, authorisations, ...credential },
      options,
    )
    policySession = undefined
    return secret
  } finally {
    if (policySession !== undefined) await flush(tpm, policySession, options)
    await flush(tpm, endorsementKey.handle, options)
  }
}

function requireSized(name: string, bytes: Uint8Array): void {
  const reader = new TpmReader(name, bytes)
  reader.sized(1_024)
  reader.end()
}

function encoded({ attested, signature }: Attestation) {
  return { attested: toBase64Url(attested), signature: toBase64Url(signature) }
}
