import { concatBytes } from '../../../../src/base/bytes.ts'
import { sha256 } from '../../../../src/crypto/hash.ts'
import { parseCertify, parseQuote } from '../../../../src/crypto/tpm/attest.ts'
import { readBootLog } from '../../../../src/crypto/tpm/boot-log.ts'
import { verifyCertify } from '../../../../src/crypto/tpm/certify.ts'
import {
  requireApplicationKey,
  requireAttestationKey,
  requireEndorsementKey,
} from '../../../../src/crypto/tpm/key-attributes.ts'
import { makeCredential } from '../../../../src/crypto/tpm/make-credential.ts'
import {
  ATTRIBUTE,
  marshalPublic,
  nameOf,
  type PublicArea,
  parsePublic,
  spkiOf,
} from '../../../../src/crypto/tpm/public-area.ts'
import { verifyQuote } from '../../../../src/crypto/tpm/quote.ts'
import { parseSignature, verifyTpmSignature } from '../../../../src/crypto/tpm/signature.ts'
import { sized, u16, u32 } from '../../../../src/crypto/tpm/structures.ts'
import {
  certify,
  create,
  HIERARCHY,
  quote,
  readPublic,
  startEndorsementPolicy,
  startHmacSession,
} from '../../../../src/keys/tpm/commands.ts'
import { chooseEndorsement, splitCertificates } from '../../../../src/keys/tpm/endorsement-certificates.ts'
import { getRandom, hasCurve, listHandles, readNv, readPcrs } from '../../../../src/keys/tpm/queries.ts'
import { tpmClient } from '../../../../src/keys/tpm/tpm-client.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { testKey } from '../../../support/protocol/test-keys.ts'
import { bootLogOf, EV_EFI_VARIABLE_DRIVER_CONFIG, EV_NO_ACTION, variableData } from '../../../support/tpm/boot-log.ts'
import { attestationPublicOf } from '../../../support/tpm/forged-quote.ts'
import { joinParts, promise, refusing, refusingLater, splitParts, type Target } from '../../target.ts'

const key = testKey('fuzzed attestation key')
const attestationPublic = attestationPublicOf(key)
const binding = sha256('binding')
const STRUCTURE = ['TPM_STRUCTURE_MALFORMED', 'KEY_UNSUPPORTED'] as const
const KEY = [...STRUCTURE, 'KEY_MALFORMED', 'ATTESTATION_KEY_ATTRIBUTES'] as const

const rsaEndorsement = marshalPublic({
  nameAlg: 'sha256',
  attributes:
    ATTRIBUTE.fixedTpm |
    ATTRIBUTE.fixedParent |
    ATTRIBUTE.sensitiveDataOrigin |
    ATTRIBUTE.restricted |
    ATTRIBUTE.decrypt,
  authPolicy: sha256('policy'),
  symmetricBits: 128,
  scheme: undefined,
  key: { type: 'rsa', bits: 2048, modulus: new Uint8Array(256).fill(0xc3) },
})
const eccEndorsement = marshalPublic({
  ...parsePublic(attestationPublic),
  symmetricBits: 256,
  scheme: undefined,
  attributes: parsePublic(rsaEndorsement).attributes,
})
const application = attestationPublicOf(
  key,
  ATTRIBUTE.fixedTpm | ATTRIBUTE.fixedParent | ATTRIBUTE.sensitiveDataOrigin | ATTRIBUTE.sign,
)

const common = (type: number) =>
  concatBytes(
    u32(0xff544347),
    u16(type),
    sized(nameOf(attestationPublic)),
    sized(binding),
    new Uint8Array(8),
    u32(3),
    u32(1),
    Uint8Array.of(1),
    new Uint8Array(8).fill(7),
  )
const quoted = concatBytes(common(0x8018), u32(1), u16(0x000b), Uint8Array.of(3, 0x81, 0, 0), sized(sha256('pcrs')))
const certified = concatBytes(common(0x8017), sized(nameOf(application)), sized(nameOf(application)))

const attestTarget: Target = {
  name: 'tpm-attest',
  kind: 'bytes',
  seeds: () => [quoted, certified],
  async run(input) {
    await refusing([...STRUCTURE, 'ATTESTATION_QUOTE_INVALID', 'ATTESTATION_PCR_MISMATCH'], async () => {
      const { pcrs, extraData } = parseQuote(input)
      promise(
        pcrs.every((pcr, at) => at === 0 || pcr > (pcrs[at - 1] ?? 0)),
        'PCRs ascend',
      )
      promise(extraData.buffer !== input.buffer, 'a copy')
    })
    await refusing([...STRUCTURE, 'ATTESTATION_CERTIFY_INVALID'], async () => parseCertify(input))
  },
}

const bootLogTarget: Target = {
  name: 'tpm-boot-log',
  kind: 'bytes',
  seeds: () => [
    bootLogOf([
      { pcr: 0, type: EV_NO_ACTION, data: Buffer.from('StartupLocality\0\x03') },
      { pcr: 7, type: EV_EFI_VARIABLE_DRIVER_CONFIG, data: variableData('SecureBoot', 1) },
    ]),
  ],
  async run(input) {
    await refusing(['TPM_STRUCTURE_MALFORMED'], async () => {
      const { pcrs } = readBootLog(input)
      promise(
        [...pcrs].every(([pcr, value]) => pcr <= 23 && value.length === 32),
        'values of PCRs',
      )
    })
  },
}

const publicTarget: Target = {
  name: 'tpm-public',
  kind: 'bytes',
  seeds: () => [attestationPublic, rsaEndorsement, eccEndorsement, application],
  async run(input) {
    const area = await refusing(STRUCTURE, async () => parsePublic(input))
    if (area === undefined) return
    promise(same(parsePublic(marshalPublic(area)), area), 'parsing what was marshalled gives the same area')
    nameOf(input)
    await refusing(['KEY_MALFORMED'], async () => spkiOf(input))
    for (const require of [requireAttestationKey, requireApplicationKey, requireEndorsementKey]) {
      await refusing(['ATTESTATION_KEY_ATTRIBUTES', 'KEY_UNSUPPORTED'], async () => require(area))
    }
    await refusing(KEY, async () =>
      makeCredential({ endorsementPublic: input, name: nameOf(attestationPublic), secret: sha256('secret') }),
    )
  },
}

function same(a: PublicArea, b: PublicArea): boolean {
  return Buffer.from(marshalPublic(a)).equals(marshalPublic(b)) && JSON.stringify(a) === JSON.stringify(b)
}

const EVERY_KEY = [attestationPublic, rsaEndorsement, eccEndorsement].map(parsePublic)

const signatureTarget: Target = {
  name: 'tpm-signature',
  kind: 'bytes',
  seeds: () => [
    concatBytes(u16(0x18), u16(0x0b), sized(new Uint8Array(32).fill(1)), sized(new Uint8Array(32).fill(2))),
    concatBytes(u16(0x14), u16(0x0b), sized(new Uint8Array(256).fill(3))),
    concatBytes(u16(0x16), u16(0x0c), sized(new Uint8Array(256).fill(4))),
  ],
  async run(input) {
    const signature = await refusing(STRUCTURE, async () => parseSignature(input))
    if (signature === undefined) return
    for (const area of EVERY_KEY) {
      const holds = await refusing(['KEY_MALFORMED'], async () =>
        verifyTpmSignature({ ...area, scheme: undefined }, quoted, signature),
      )
      promise(holds !== true, 'a signature that nobody made does not verify')
    }
  },
}

const signed = (message: Uint8Array) =>
  concatBytes(u16(0x18), u16(0x0b), ...[0, 32].map((at) => sized(signatureOf(message).subarray(at, at + 32))))
const signatures = new Map<Uint8Array, Uint8Array>()
const signatureOf = (message: Uint8Array) => signatures.get(message) ?? new Uint8Array(64)
for (const message of [quoted, certified]) signatures.set(message, await key.sign(message))

const verifyTarget: Target = {
  name: 'tpm-verify',
  kind: 'bytes',
  seeds: () => [
    joinParts(quoted, signed(quoted), attestationPublic),
    joinParts(certified, signed(certified), attestationPublic, application),
  ],
  async run(input) {
    const [attested = input, signature = input, publicArea = input, subjectPublic = input] = splitParts(input, 4)
    const codes = [
      ...KEY,
      'ATTESTATION_QUOTE_INVALID',
      'ATTESTATION_CERTIFY_INVALID',
      'ATTESTATION_BINDING_MISMATCH',
      'ATTESTATION_PCR_MISMATCH',
    ] as const
    const zeros = '0'.repeat(64)
    await refusing(codes, async () =>
      verifyQuote({
        attested,
        signature,
        attestationPublic: publicArea,
        binding,
        pcrs: { 0: zeros, 7: zeros },
        requested: [0, 7],
      }),
    )
    await refusing(codes, async () =>
      verifyCertify({ attested, signature, attestationPublic: publicArea, binding, subjectPublic }),
    )
  },
}

const response = (parameters: Uint8Array, { code = 0, sessions = false } = {}) => {
  const body = sessions ? concatBytes(u32(parameters.length), parameters, new Uint8Array(5)) : parameters
  return concatBytes(u16(sessions ? 0x8002 : 0x8001), u32(10 + body.length), u32(code), body)
}

/** What a TPM, or something that says it is one, answers to each of our commands. */
const responseTarget: Target = {
  name: 'tpm-response',
  kind: 'bytes',
  seeds: () => [
    joinParts(response(concatBytes(Uint8Array.of(0), u32(1), u32(2), u32(0x01c00002), u32(0x01c0000a)))),
    joinParts(response(concatBytes(Uint8Array.of(1), u32(1), u32(1), u32(0x01c00002)))),
    joinParts(response(concatBytes(Uint8Array.of(0), u32(8), u32(2), u16(3), u16(4)))),
    joinParts(
      response(
        concatBytes(u32(5), u32(1), u16(0x0b), Uint8Array.of(3, 0x81, 0, 0), u32(2), sized(binding), sized(binding)),
      ),
    ),
    joinParts(response(concatBytes(u32(0x80000000), sized(binding)))),
    joinParts(response(sized(attestationPublic))),
    joinParts(response(concatBytes(sized(quoted), signed(quoted)), { sessions: true })),
    joinParts(
      response(concatBytes(u32(0x01c00002), u16(0x0b), u32(0), sized(), u16(600))),
      response(sized(new Uint8Array(512)), { sessions: true }),
    ),
    joinParts(response(new Uint8Array(), { code: 0x922 }), response(new Uint8Array(), { code: 0x18b })),
  ],
  async run(input) {
    const parts = splitParts(input, 8)
    const codes = [
      'TPM_STRUCTURE_MALFORMED',
      'TPM_UNAVAILABLE',
      'TPM_COMMAND_FAILED',
      'TPM_BUSY',
      'TPM_LOCKED_OUT',
      'TPM_IDENTITY_LOST',
      'KEY_UNSUPPORTED',
      'KEY_NOT_FOUND',
      'KEY_AUTHORISATION_FAILED',
    ] as const
    const options = { signal: new AbortController().signal }
    const entity = { handle: 0x81010001, name: nameOf(attestationPublic) }
    const ask = async (command: (tpm: ReturnType<typeof tpmClient>) => Promise<unknown>) => {
      let next = 0
      const transport = {
        kind: 'simulator',
        generation: 1,
        // The last answer comes again for ever: no TPM may keep us asking.
        transmit: async () => parts[Math.min(next++, parts.length - 1)] ?? input,
        async [Symbol.asyncDispose]() {},
      } as const
      const clock = { ...new FakeClock(), now: () => 0, monotonic: () => 0, sleep: async () => undefined }
      await refusingLater(codes, () => command(tpmClient({ transport, clock })))
      promise(next < 1_000, 'a TPM is not asked for ever')
    }
    await ask((tpm) => listHandles(tpm, 0x01c00000, options))
    await ask((tpm) => chooseEndorsement(tpm, options))
    await ask((tpm) => hasCurve(tpm, 3, options))
    await ask((tpm) => readPcrs(tpm, [0, 7], options))
    await ask((tpm) => readNv(tpm, 0x01c00002, options))
    await ask((tpm) => readPublic(tpm, 0x81010001, options))
    await ask((tpm) => getRandom(tpm, 32, options))
    await ask((tpm) => startHmacSession(tpm, options))
    await ask((tpm) => startEndorsementPolicy(tpm, options))
    const authorisation = {
      request: () => new Uint8Array(9),
      confirm: (reader: { bytes(size: number): unknown }) => void reader.bytes(5),
    }
    await ask((tpm) => quote(tpm, { key: entity, authorisation, qualifyingData: binding, pcrs: [0, 7] }, options))
    await ask((tpm) =>
      certify(
        tpm,
        {
          subject: entity,
          attestationKey: entity,
          authorisations: [authorisation, authorisation],
          qualifyingData: binding,
        },
        options,
      ),
    )
    const parent = { handle: HIERARCHY.owner, name: u32(HIERARCHY.owner) }
    await ask((tpm) =>
      create(tpm, { parent, template: parsePublic(attestationPublic), authorisation: binding }, options),
    )
    const whole = splitCertificates(input)
    promise(whole.reduce((sum, { length }) => sum + length, 0) <= input.length, 'certificates lie beside each other')
  },
}

export const tpmTargets: readonly Target[] = [
  attestTarget,
  bootLogTarget,
  publicTarget,
  signatureTarget,
  verifyTarget,
  responseTarget,
]
