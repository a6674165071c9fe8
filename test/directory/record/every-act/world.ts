import type { Route } from '../../../../src/directory/http/route.ts'
import { identityProvider } from '../../../../src/directory/sign-in/identity-provider.ts'
import { signInRoutes } from '../../../../src/directory/sign-in/routes.ts'
import { softwarePasskey } from '../../../support/browser/software-passkey.ts'
import { type Answer, startTestDirectory, type TestDirectory } from '../../../support/directory/directory-api.ts'
import { type ScimClient, scimClient } from '../../../support/directory/scim-client.ts'
import { startTestConsole, type TestConsole } from '../../../support/directory/test-console.ts'
import { CLIENT, saidProvider } from '../../../support/identity-provider/identity-provider.ts'
import { type Receiver, startReceiver } from '../../webhooks/receiver.ts'

/** A directory with all of its surfaces, on which each act is done once. */

export interface World extends AsyncDisposable {
  readonly directory: TestDirectory
  readonly console: TestConsole
  /** Routes of the console's sign-in, with those of an identity provider. */
  readonly signIn: readonly Route[]
  readonly provider: Awaited<ReturnType<typeof saidProvider>>
  readonly receiver: Receiver
  readonly scim: ScimClient
  /** Asks the API as the first administrator, and fails unless it is done. @returns the answer's JSON. */
  did(method: string, path: string, body?: object): Promise<Json>
  /** Another name each time. */
  name(): string
}

// biome-ignore lint/suspicious/noExplicitAny: an answer: each row reads its own members.
export type Json = any

export const DAY_MS = 86_400_000

export async function openWorld(): Promise<World> {
  const receiver = await startReceiver()
  const directory = await startTestDirectory({
    stops: { confirmAbove: 1, emergency: true },
    messages: { digest: '09:00', timeZone: 'UTC', slack: receiver.url },
  })
  const provider = await saidProvider()
  const { signIn, organisation, principals } = directory.services
  const { clock } = directory
  const oidc = signIn.oidcAt(
    identityProvider({ issuer: provider.issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret }),
    { roles: [] },
  )
  const routes = signInRoutes({ ...signIn, organisation, clock, log: { warn: () => undefined }, oidc })
  const console = await startTestConsole(directory, { signIn: routes })
  const service = { kind: 'service', name: 'idp', role: 'provision', ttlMs: 90 * DAY_MS } as const
  const { token } = await principals.add(service, 'adm_test')
  let names = 0
  return {
    directory,
    console,
    signIn: routes,
    provider,
    receiver,
    scim: scimClient({ url: directory.url, ca: directory.ca, token }),
    did: async (method, path, body) =>
      done(await directory.ask(method, `/api/v1${path}`, body === undefined ? {} : { body }), path),
    name: () => `name-${names++}`,
    async [Symbol.asyncDispose]() {
      await console[Symbol.asyncDispose]()
      await provider[Symbol.asyncDispose]()
      await directory[Symbol.asyncDispose]()
      await receiver[Symbol.asyncDispose]()
    },
  }
}

export function done({ status, json, text }: Answer, path: string): Json {
  if (status >= 200 && status < 400) return json
  throw new Error(`${path}: ${status} ${text}`)
}

export interface Browser {
  readonly passkey: ReturnType<typeof softwarePasskey>
  /** Id of the session. */
  readonly session: string
  readonly principal: string
  readonly name: string
  post(path: string, body?: object): Promise<Json>
  delete(path: string): Promise<Json>
}

/** Invites a new administrator, whose browser then signs in. */
export async function signedIn({ console, did, name }: World): Promise<Browser> {
  const { link } = await did('POST', '/administrators/invitations', { name: name(), role: 'administrator' })
  const invitation = link.split('#')[1]
  const passkey = softwarePasskey(console.url)
  const ask = async (method: string, path: string, body?: object, headers = {}) => {
    const options = { headers: { origin: console.url, 'sec-fetch-site': 'same-origin', ...headers } }
    const answer = await console.ask(method, `/sign-in${path}`, body === undefined ? options : { ...options, body })
    return { answer, json: done(answer, path) }
  }
  const { json: ceremony } = await ask('POST', '/invitation/options', { invitation })
  const response = passkey.create(ceremony.publicKey)
  const { answer, json } = await ask('POST', '/invitation', { invitation, response })
  const cookie = String(answer.headers['set-cookie']).split(';', 1)[0] ?? ''
  const headers = { cookie, 'x-surety-csrf': json.signedIn.csrf }
  return {
    passkey,
    session: json.signedIn.session.id,
    principal: json.signedIn.principal.id,
    name: json.signedIn.principal.name,
    post: async (path, body) => (await ask('POST', path, body, headers)).json,
    delete: async (path) => (await ask('DELETE', path, undefined, headers)).json,
  }
}
