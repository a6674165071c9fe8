import { randomBytes } from 'node:crypto'
import { type Bytes, equalBytes, fromBase64Url, toBase64Url, toHex } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { base64Url, closed, reader, type Static, Type, text } from '../../base/schema.ts'
import { loadPkcs11js, openToken, readPin, type Token } from '../../keys/pkcs11/pkcs11-module.ts'
import { recordFile } from '../../keys/provider/record-file.ts'
import type { KeyPlace, SigningKey } from './key-place.ts'

export interface TokenInit {
  /** Absolute path of the token's library. It is code that runs in this process. */
  readonly library: string
  /** Absent: there must be exactly one token. */
  readonly tokenLabel?: string | undefined
  /** A file with mode 0600 that holds the user PIN. */
  readonly pinFile: string
}

/** `record.key.json`: which key of which token signs the log. */
const schema = closed({
  version: Type.Literal(1),
  token: closed({ label: text(32), serial: text(16) }),
  /** CKA_LABEL of the key, after `surety-`. Each log has another. */
  label: Type.String({ pattern: '^record-[0-9a-f]{16}$' }),
  publicKey: base64Url(32),
})
type KeyOnToken = Static<typeof schema>
const fileReader = reader(schema, { name: 'record.key.json', code: 'STORE_CORRUPT' })

/** The key of the log on a PKCS#11 token: Ed25519 (CKM_EDDSA), sensitive, not extractable. */
export function tokenKeyPlace(path: string, init: TokenInit): KeyPlace {
  const file = recordFile(path, fileReader)
  return {
    path,
    publicKey: async () => publicKeyOf(await file.read()),
    async read() {
      const stored = await file.read()
      const publicKey = publicKeyOf(stored)
      if (stored === undefined || publicKey === undefined) return undefined
      const token = await open(init, stored.token)
      return closeIfItFails(token, () => {
        const found = token.find(stored.label)
        if (found === undefined || !equalBytes(found.publicKey, publicKey)) {
          throw new SuretyError(
            'KEY_PROVIDER_UNAVAILABLE',
            `the token does not hold the key ${stored.label} of the record`,
          )
        }
        return signing(token, stored.label, publicKey)
      })
    },
    async make() {
      const token = await open(init, undefined)
      return await closeIfItFails(token, async () => {
        const label = `record-${toHex(randomBytes(8))}`
        const { publicKey } = token.generate(label)
        await file.write({ version: 1, token: token.describe(), label, publicKey: toBase64Url(publicKey) })
        return signing(token, label, publicKey)
      })
    },
  }
}

function publicKeyOf(stored: KeyOnToken | undefined): Bytes | undefined {
  return stored === undefined ? undefined : fromBase64Url(stored.publicKey)
}

async function open(
  { library, tokenLabel, pinFile }: TokenInit,
  expected: KeyOnToken['token'] | undefined,
): Promise<Token> {
  const pkcs11js = await loadPkcs11js()
  const pin = await readPin(pinFile)
  const named = tokenLabel === undefined ? {} : { tokenLabel }
  return openToken(pkcs11js, { library, curve: 'ed25519', expected, ...named }, pin, new Set())
}

async function closeIfItFails<T>(token: Token, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    token.close()
    throw error
  }
}

function signing(token: Token, label: string, publicKey: Bytes): SigningKey {
  return { publicKey, sign: (message) => token.sign(label, message), close: () => token.close() }
}
