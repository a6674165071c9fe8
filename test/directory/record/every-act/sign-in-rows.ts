import { softwarePasskey } from '../../../support/browser/software-passkey.ts'
import { CLIENT } from '../../../support/identity-provider/identity-provider.ts'
import { newPerson } from './agent-rows.ts'
import { type Given, type Rows, row } from './rows.ts'
import { type Browser, done, signedIn, type World } from './world.ts'

/** What a browser does at the console before and around a session. */

const HOUR_S = 3_600

const by =
  ({ post, delete: remove }: Browser): NonNullable<Given['ask']> =>
  (method, path, body) => {
    const rest = path.replace('/sign-in', '')
    return method === 'DELETE' ? remove(rest) : post(rest, body)
  }

/** The browser has gone to the identity provider, which lets a person of the register in. */
const cameBack = async (world: World): Promise<Given> => {
  const { console, provider, directory } = world
  const { userName } = await newPerson(world)
  const begun = await console.ask('GET', '/sign-in/oidc')
  const asked = new URL(String(begun.headers.location)).searchParams
  const nowS = Math.floor(directory.clock.now() / 1000)
  provider.said.claims = {
    iss: provider.issuer,
    aud: CLIENT.id,
    sub: userName,
    nonce: asked.get('nonce') ?? '',
    iat: nowS,
    exp: nowS + HOUR_S,
    auth_time: nowS,
    preferred_username: userName,
  }
  const cookie = String(begun.headers['set-cookie']).split(';', 1)[0] ?? ''
  const query = `?${new URLSearchParams({ code: 'c', state: asked.get('state') ?? '', iss: provider.issuer })}`
  return {
    query,
    ask: async (method, path) => done(await console.ask(method, path, { headers: { cookie } }), path),
  }
}

export const SIGN_IN_ROWS: Rows = {
  signInByPasskey: row('signed-in', async (world) => {
    const browser = await signedIn(world)
    const { publicKey } = await browser.post('/passkey/options')
    return { body: { response: browser.passkey.show(publicKey) }, ask: by(browser) }
  }),
  acceptInvitation: row(['passkey-added', 'signed-in'], async (world) => {
    const { console, did, name } = world
    const { link } = await did('POST', '/administrators/invitations', { name: name(), role: 'administrator' })
    const invitation = link.split('#')[1]
    const browser = await signedIn(world)
    const { publicKey } = await browser.post('/invitation/options', { invitation })
    return { body: { invitation, response: softwarePasskey(console.url).create(publicKey) }, ask: by(browser) }
  }),
  stepUp: row('stepped-up', async (world) => {
    const browser = await signedIn(world)
    const { publicKey } = await browser.post('/step-up/options')
    return { body: { response: browser.passkey.show(publicKey) }, ask: by(browser) }
  }),
  signOut: row('session-ended', async (world) => ({ ask: by(await signedIn(world)) })),
  addOwnPasskey: row('passkey-added', async (world) => {
    const browser = await signedIn(world)
    const { publicKey } = await browser.post('/passkeys/options')
    return { body: { response: softwarePasskey(world.console.url).create(publicKey) }, ask: by(browser) }
  }),
  removeOwnPasskey: row('passkey-removed', async (world) => {
    const browser = await signedIn(world)
    const { publicKey } = await browser.post('/passkeys/options')
    const response = softwarePasskey(world.console.url).create(publicKey)
    return { id: (await browser.post('/passkeys', { response })).id, ask: by(browser) }
  }),
  endOwnSession: row('session-ended', async (world) => {
    const browser = await signedIn(world)
    return { id: browser.session, ask: by(browser) }
  }),
  finishOidc: row('signed-in', cameBack),
}
