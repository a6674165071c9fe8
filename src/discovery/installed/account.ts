import { fromUtf8 } from '../../base/bytes.ts'
import { parseJson } from '../../base/json.ts'
import { asObject, type JsonObject, textOf } from '../../base/json-object.ts'
import type { Account } from '../../protocol/sighting.ts'
import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import { valuesAt } from '../formats/member-path.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import { looksSecret } from '../redaction/known-tokens.ts'

type AccountFact = NonNullable<CatalogueEntry['accounts']>[number]

const MAX_TOKEN_LENGTH = 16 * 1024
/** A login or a mail address; what is longer or has the shape of a secret is no name. */
const NAME = /^[^\s\p{Cc}]{1,254}$/u

/** The account that a file of an agent names. Nothing else of the file is kept, least of all the token that may say so. */
export function readAccount(fact: AccountFact, path: string, document: JsonObject): Account | undefined {
  for (const value of valuesAt(document, fact.key)) {
    if (typeof value !== 'string') continue
    const name = fact.claim === undefined ? value : claimOf(value, fact.claim)
    if (name === undefined || !NAME.test(name) || looksSecret(name)) continue
    return {
      ...(fact.provider === undefined ? {} : { provider: fact.provider }),
      name: boundedText(name, 256),
      path: path.slice(0, 4096),
    }
  }
  return undefined
}

/** Of a JSON web token (RFC 7519); who signed it does not matter, for it is a person's own file. */
function claimOf(token: string, claim: string): string | undefined {
  const [, payload] = token.split('.')
  if (payload === undefined || token.length > MAX_TOKEN_LENGTH) return undefined
  try {
    const claims = parseJson(fromUtf8(Buffer.from(payload, 'base64url')), { maxBytes: MAX_TOKEN_LENGTH, maxDepth: 8 })
    return textOf(asObject(claims), claim)
  } catch {
    // No token, or one of another kind: it has no name.
    return undefined
  }
}
