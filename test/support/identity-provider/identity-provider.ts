import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { Provider } from 'oidc-provider'

/** Identity providers on loopback: npm's `oidc-provider`, and one that says what a test wants it to say. */

export const CLIENT = { id: 'surety', secret: 'a secret of the test' }

export interface Account {
  readonly preferred_username: string
  readonly email?: string
  readonly groups?: readonly string[]
}

async function serving(server: Server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`
  return {
    issuer,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The real one. Everybody who comes is `account`, without a question. */
export async function realProvider(redirect: string, account: Account) {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const key = { ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256', kid: 'k' }
  const server = createServer()
  const running = await serving(server)
  const provider = new Provider(running.issuer, {
    clients: [{ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [redirect] }],
    jwks: { keys: [key] },
    cookies: { keys: ['the keys of a test'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    conformIdTokenClaims: false,
    scopes: ['openid', 'profile', 'email', 'groups'],
    claims: { openid: ['sub', 'auth_time'], profile: ['preferred_username'], email: ['email'], groups: ['groups'] },
    findAccount: (_context: unknown, accountId: string) => ({
      accountId,
      claims: async () => ({ sub: accountId, ...account }),
    }),
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
  })
  server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
    if (!request.url?.startsWith('/interaction/')) return provider.callback()(request, response)
    const { prompt, params, session } = await provider.interactionDetails(request, response)
    if (prompt.name === 'login') {
      return provider.interactionFinished(request, response, { login: { accountId: 'account-1' } })
    }
    const grant = new provider.Grant({ accountId: session?.accountId, clientId: params.client_id })
    grant.addOIDCScope(String(params.scope))
    const grantId = await grant.save()
    return provider.interactionFinished(request, response, { consent: { grantId } }, { mergeWithLastSubmission: true })
  })
  return running
}

/** Says what `claims` says, for any code. */
export async function saidProvider() {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const other = await generateKeyPair('RS256')
  const jwk = { ...(await exportJWK(publicKey)), use: 'sig', alg: 'RS256', kid: 'k' }
  const said: { claims: JWTPayload; signedByAnother: boolean; verifiers: string[] } = {
    claims: {},
    signedByAnother: false,
    verifiers: [],
  }
  const server = createServer(async (request, response) => {
    const { issuer } = running
    const answer = (body: object) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
    if (request.url === '/jwks') return answer({ keys: [jwk] })
    if (request.url === '/token') {
      let body = ''
      for await (const chunk of request) body += chunk
      said.verifiers.push(new URLSearchParams(body).get('code_verifier') ?? '')
      const signing = said.signedByAnother ? other.privateKey : privateKey
      const idToken = await new SignJWT(said.claims).setProtectedHeader({ alg: 'RS256', kid: 'k' }).sign(signing)
      return answer({ access_token: 'x', token_type: 'Bearer', id_token: idToken })
    }
    return answer({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      authorization_response_iss_parameter_supported: true,
    })
  })
  const running = await serving(server)
  return { ...running, said }
}
