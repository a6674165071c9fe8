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
  const refusedPins = new Set<string>()
  const open = (expected?: KeyOnToken['token']) => openedToken(init, expected, refusedPins)
  return {
    path,
    publicKey: async () => publicKeyOf(await file.read()),
    async read() {
      const stored = await file.read()
      if (stored === undefined) return undefined
      const key = signing(stored, open)
      await key.check()
      return key
    },
    async make() {
      const token = await open()
      try {
        const label = `record-${toHex(randomBytes(8))}`
        const { publicKey } = token.generate(label)
        const made: KeyOnToken = { version: 1, token: token.describe(), label, publicKey: toBase64Url(publicKey) }
        await file.write(made)
        return signing(made, open)
      } finally {
        token.close()
      }
    },
  }
}

function publicKeyOf(stored: KeyOnToken | undefined): Bytes | undefined {
  return stored === undefined ? undefined : fromBase64Url(stored.publicKey)
}

async function openedToken(
  { library, tokenLabel, pinFile }: TokenInit,
  expected: KeyOnToken['token'] | undefined,
  refusedPins: Set<string>,
): Promise<Token> {
  const pkcs11js = await loadPkcs11js()
  const pin = await readPin(pinFile)
  const named = tokenLabel === undefined ? {} : { tokenLabel }
  return openToken(pkcs11js, { library, curve: 'ed25519', expected, ...named }, pin, refusedPins)
}

/** Opens the token for the first signature, and again after one that failed: a token may be away for a while. */
function signing(
  stored: KeyOnToken,
  open: (expected: KeyOnToken['token']) => Promise<Token>,
): SigningKey & { check(): Promise<void> } {
  const publicKey = publicKeyOf(stored) ?? new Uint8Array()
  let token: Token | undefined
  const close = () => {
    token?.close()
    token = undefined
  }
  const withKey = async <T>(use: (token: Token) => T | Promise<T>): Promise<T> => {
    try {
      if (token === undefined) {
        token = await open(stored.token)
        const found = token.find(stored.label)
        if (found === undefined || !equalBytes(found.publicKey, publicKey)) {
          throw new SuretyError('KEY_PROVIDER_UNAVAILABLE', `the token does not hold the key ${stored.label}`)
        }
      }
      return await use(token)
    } catch (error) {
      close()
      throw error
    }
  }
  return {
    publicKey,
    sign: (message) => withKey((opened) => opened.sign(stored.label, message)),
    check: () => withKey(() => undefined),
    close,
  }
}
