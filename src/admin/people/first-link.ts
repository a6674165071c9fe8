import { passkeys } from '../../protocol/nouns/people/passkeys.ts'
import { administrators, ownPrincipalReader } from '../../protocol/nouns/people/principals.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { call, list } from '../nouns/call.ts'

/** The link with which the holder of the token signs in to the console. Undefined once somebody has a passkey. */
export async function firstLink(api: ApiClient): Promise<string | undefined> {
  const { items } = await list(api, passkeys, { limit: 1 })
  if (items.length > 0) return undefined
  const { name } = await api.ask('GET', '/me', ownPrincipalReader)
  return (await call(api, administrators, 'invite', { body: { name } })).link
}
