import { createCipheriv, createDecipheriv } from 'node:crypto'
import { fromUtf8, toBase64Url, utf8 } from '../../base/bytes.ts'
import { pooledRandom } from '../../crypto/pooled-random.ts'
import type { SealedText } from '../../protocol/nouns/directory/record.ts'

/**
 * Personal texts of an entry are sealed with a key of the person, AES-256-GCM, before the entry is hashed. Without the key nobody can read
 * them, and every proof still verifies.
 */

/** @param person an id, or the name by which a text says who it is. */
export type Seal = (person: string, text: string) => Promise<SealedText>

const NONCE_BYTES = 12
const TAG_BYTES = 16

export function sealText({ id, key }: { readonly id: string; readonly key: Uint8Array }, text: string): SealedText {
  const nonce = pooledRandom(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const sealed = Buffer.concat([nonce, cipher.update(utf8(text)), cipher.final(), cipher.getAuthTag()])
  return { sealed: toBase64Url(sealed), key: id }
}

/** @returns undefined unless `key` sealed it. */
export function openText({ sealed }: SealedText, key: Uint8Array): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url')
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES))
    return fromUtf8(Buffer.concat([text, decipher.final()]))
  } catch {
    return undefined
  }
}

/** Whose key seals a member: of the person that the entry is about, of who acts, or of the person whom the text itself names. */
const PERSONAL: Readonly<Record<string, 'about' | 'actor' | 'named'>> = {
  userName: 'about',
  displayName: 'about',
  email: 'about',
  user: 'about',
  externalId: 'about',
  scim: 'about',
  asked: 'about',
  address: 'actor',
  owner: 'named',
  manager: 'named',
  recipient: 'named',
}
/** These are personal in entries about a person, and in an entry about the owner of a device. */
const OF_PERSON = ['name', 'from', 'to']
/** Changes a person that a member names, not a state. */
const OF_OWNER = 'owner-changed'

export function isPersonal(
  member: string,
  { act, subject }: { readonly act: string; readonly subject: string | undefined },
): 'about' | 'actor' | 'named' | undefined {
  if (Object.hasOwn(PERSONAL, member)) return PERSONAL[member]
  if (!OF_PERSON.includes(member) || subject === undefined) return undefined
  if (/^(hum|adm)_/.test(subject)) return 'about'
  return act === OF_OWNER && member !== 'name' ? 'named' : undefined
}
