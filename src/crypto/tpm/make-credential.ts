import {
  constants,
  createCipheriv,
  createHmac,
  diffieHellman,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
} from 'node:crypto'
import { type Bytes, concatBytes, fromBase64Url, utf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { CURVE_BYTES, HASH_BYTES, type HashName } from './algorithms.ts'
import { requireEndorsementKey } from './key-attributes.ts'
import { digest, type EccPublic, type PublicArea, padLeft, parsePublic, publicKeyOf } from './public-area.ts'
import { sized, u32 } from './structures.ts'

/** TPM2_MakeCredential without a TPM (TPM 2.0 part 1, 24 and annexes B.10.4 and C.6.4). */
export interface CredentialInit {
  /** TPMT_PUBLIC of the key that decrypts. */
  readonly endorsementPublic: Uint8Array
  /** Name of the attestation key, which must be in the same TPM. */
  readonly name: Uint8Array
  /** At most 32 bytes. */
  readonly secret: Uint8Array
}

export interface MadeCredential {
  /** TPM2B_ID_OBJECT, with its size. */
  readonly credentialBlob: Bytes
  /** TPM2B_ENCRYPTED_SECRET, with its size. */
  readonly encryptedSecret: Bytes
}

/**
 * Wraps `secret` so that only the TPM with this endorsement key returns it, and only if it also holds the key called `name`.
 *
 * @throws `ATTESTATION_KEY_ATTRIBUTES`, `KEY_UNSUPPORTED`, `KEY_MALFORMED`, `TPM_STRUCTURE_MALFORMED`.
 */
export function makeCredential(init: CredentialInit): MadeCredential {
  const endorsement = parsePublic(init.endorsementPublic)
  requireEndorsementKey(endorsement)
  const { nameAlg, symmetricBits = 128 } = endorsement
  const { seed, encryptedSecret } =
    endorsement.key.type === 'rsa' ? rsaSeed(endorsement) : eccSeed(endorsement, endorsement.key)
  const cipherKey = kdfa(nameAlg, seed, 'STORAGE', init.name, symmetricBits)
  const cipher = createCipheriv(`aes-${symmetricBits}-cfb`, cipherKey, new Uint8Array(16))
  const encryptedIdentity = concatBytes(cipher.update(sized(init.secret)), cipher.final())
  const hmacKey = kdfa(nameAlg, seed, 'INTEGRITY', new Uint8Array(), HASH_BYTES[nameAlg] * 8)
  const integrity = createHmac(nameAlg, hmacKey).update(encryptedIdentity).update(init.name).digest()
  return { credentialBlob: sized(sized(integrity), encryptedIdentity), encryptedSecret }
}

const LABEL = 'IDENTITY'

interface Seed {
  readonly seed: Bytes
  readonly encryptedSecret: Bytes
}

function rsaSeed(endorsement: PublicArea): Seed {
  const seed = new Uint8Array(randomBytes(HASH_BYTES[endorsement.nameAlg]))
  const options = {
    key: publicKeyOf(endorsement),
    padding: constants.RSA_PKCS1_OAEP_PADDING,
    oaepHash: endorsement.nameAlg,
    oaepLabel: utf8(`${LABEL}\0`),
  }
  try {
    return { seed, encryptedSecret: sized(publicEncrypt(options, seed)) }
  } catch (cause) {
    throw new SuretyError('KEY_MALFORMED', 'the endorsement key cannot encrypt', { cause })
  }
}

function eccSeed(endorsement: PublicArea, point: EccPublic): Seed {
  const size = CURVE_BYTES[point.curve]
  const ephemeral = generateKeyPairSync('ec', { namedCurve: point.curve })
  const { x = '', y = '' } = ephemeral.publicKey.export({ format: 'jwk' })
  const [ephemeralX, ephemeralY] = [x, y].map((text) => padLeft(fromBase64Url(text) ?? new Uint8Array(), size))
  if (ephemeralX === undefined || ephemeralY === undefined) throw new TypeError('an EC key without a point')
  const shared = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: publicKeyOf(endorsement) })
  const seed = kdfe(endorsement.nameAlg, shared, ephemeralX, padLeft(point.x, size))
  return { seed, encryptedSecret: sized(sized(ephemeralX), sized(ephemeralY)) }
}

/** KDFa (part 1, 11.4.10.2) with one context. `bits` must be a multiple of eight. */
function kdfa(hash: HashName, key: Uint8Array, label: string, context: Uint8Array, bits: number): Bytes {
  const blocks: Uint8Array[] = []
  for (let counter = 1; (counter - 1) * HASH_BYTES[hash] * 8 < bits; counter++) {
    const message = concatBytes(u32(counter), utf8(`${label}\0`), context, u32(bits))
    blocks.push(createHmac(hash, key).update(message).digest())
  }
  return concatBytes(...blocks).slice(0, bits / 8)
}

/** KDFe (part 1, 11.4.10.3) for exactly one block of the hash. */
function kdfe(hash: HashName, shared: Uint8Array, partyU: Uint8Array, partyV: Uint8Array): Bytes {
  return digest(hash, u32(1), shared, utf8(`${LABEL}\0`), partyU, partyV)
}
