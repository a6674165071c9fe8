import { type Answer, ask } from './directory-api.ts'

/** What an identity provider sends and gets. */

export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group'
export const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
export const SEARCH = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest'

export interface ScimAnswer extends Answer {
  /** Empty for an answer without a body. */
  readonly body: Readonly<Record<string, unknown>>
}

export interface ScimClient {
  send(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<ScimAnswer>
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<ScimAnswer>
  list(path: string): Promise<{ readonly total: number; readonly items: readonly Readonly<Record<string, unknown>>[] }>
  /** @returns the id of the user. */
  user(userName: string, more?: object): Promise<string>
  /** @returns the id of the group. */
  group(displayName: string, members?: readonly string[]): Promise<string>
  patch(path: string, operations: readonly object[], headers?: Readonly<Record<string, string>>): Promise<ScimAnswer>
}

export function scimClient(init: {
  readonly url: string
  readonly ca: string
  readonly token: string | null
}): ScimClient {
  const { url, ca, token } = init
  const send: ScimClient['send'] = async (method, path, body, headers = {}) => {
    const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }
    const types = body === undefined ? {} : { 'content-type': 'application/scim+json' }
    const answer = await ask(url, ca, method, `/scim/v2${path}`, { token, ...sent, headers: { ...types, ...headers } })
    return { ...answer, body: (answer.json ?? {}) as ScimAnswer['body'] }
  }
  const created = async (path: string, body: object) => {
    const answer = await send('POST', path, body)
    if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`)
    return String(answer.body.id)
  }
  return {
    send,
    get: (path, headers) => send('GET', path, undefined, headers),
    async list(path) {
      const { status, body, text } = await send('GET', path)
      if (status !== 200) throw new Error(`${status} ${text}`)
      return { total: Number(body.totalResults), items: body.Resources as Readonly<Record<string, unknown>>[] }
    },
    user: (userName, more = {}) => created('/Users', { schemas: [USER], userName, ...more }),
    group: (displayName, members = []) =>
      created('/Groups', { schemas: [GROUP], displayName, members: members.map((value) => ({ value })) }),
    patch: (path, operations, headers) => send('PATCH', path, { schemas: [PATCH_OP], Operations: operations }, headers),
  }
}
