import { createHmac, randomBytes } from 'node:crypto'
import { type Bytes, concatBytes } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { equalSecrets } from '../../crypto/hash.ts'
import { sized, type TpmReader, u8, u32 } from '../../crypto/tpm/structures.ts'

/** One entry of a command's authorisation area (TPM 2.0 part 1, 18 and 19). */
export interface Authorisation {
  /** TPMS_AUTH_COMMAND for the command with this parameter hash. */
  request(commandHash: Uint8Array): Bytes
  /** Reads TPMS_AUTH_RESPONSE. @throws `TPM_STRUCTURE_MALFORMED`, `KEY_AUTHORISATION_FAILED` for a forged response. */
  confirm(response: TpmReader, responseHash: Uint8Array): void
}

const PASSWORD_SESSION = 0x40000009
const CONTINUE_SESSION = 1
const MAX_NONCE = 64
export const NONCE_BYTES = 32

/** For an empty authorisation value: hierarchies without a password, NV indices, high-range endorsement keys. */
export const emptyPassword: Authorisation = passwordAuthorisation(new Uint8Array())

/** Sends the authorisation value itself. Only for a hierarchy whose password the system manages. */
export function passwordAuthorisation(value: Uint8Array): Authorisation {
  const password = sized(value)
  return { request: () => concatBytes(u32(PASSWORD_SESSION), sized(), u8(CONTINUE_SESSION), password), confirm: skip }
}

/** A policy session that needs no authorisation value. The TPM flushes it after this command. */
export function policyAuthorisation(session: number): Authorisation {
  return { request: () => concatBytes(u32(session), sized(), u8(0), sized()), confirm: skip }
}

/** An HMAC session: it proves an authorisation value without sending it over the bus. Unsalted, unbound. */
export class HmacSession {
  readonly handle: number
  #nonceTpm: Uint8Array

  constructor(handle: number, nonceTpm: Uint8Array) {
    this.handle = handle
    this.#nonceTpm = nonceTpm
  }

  /** Authorises one object. A command may use the session once. */
  authorise(authorisation: Uint8Array): Authorisation {
    const key = withoutTrailingZeros(authorisation)
    const attributes = u8(CONTINUE_SESSION)
    let nonceCaller: Uint8Array = new Uint8Array()
    const mac = (hash: Uint8Array, newer: Uint8Array, older: Uint8Array) =>
      createHmac('sha256', key)
        .update(concatBytes(hash, newer, older, attributes))
        .digest()
    return {
      request: (commandHash) => {
        nonceCaller = randomBytes(NONCE_BYTES)
        const proof = mac(commandHash, nonceCaller, this.#nonceTpm)
        return concatBytes(u32(this.handle), sized(nonceCaller), attributes, sized(proof))
      },
      confirm: (response, responseHash) => {
        this.#nonceTpm = response.sized(MAX_NONCE)
        if (response.u8() !== CONTINUE_SESSION) response.refuse('the session was closed')
        if (!equalSecrets(response.sized(MAX_NONCE), mac(responseHash, this.#nonceTpm, nonceCaller))) {
          throw new SuretyError('KEY_AUTHORISATION_FAILED', 'the response was changed on its way from the TPM')
        }
      },
    }
  }
}

function skip(response: TpmReader): void {
  response.sized(MAX_NONCE)
  response.u8()
  response.sized(MAX_NONCE)
}

/** TPMs store authorisation values without trailing zeros. */
function withoutTrailingZeros(value: Uint8Array): Uint8Array {
  let length = value.length
  while (length > 0 && value[length - 1] === 0) length--
  return value.subarray(0, length)
}
