import { existsSync } from 'node:fs'
import { type CDPSession, type Browser as Chromium, chromium, type Page } from 'playwright-core'

/** Debian's Chromium, driven by its own protocol, with authenticators that it makes up. */

const PROGRAM = '/usr/bin/chromium'

/** `test`, or one that is skipped, aloud, where there is no Chromium. @param what is tested. */
export function inChromium(what: string): typeof test | typeof test.skip {
  if (existsSync(PROGRAM)) return test
  process.stderr.write(`skipped: ${what}: ${PROGRAM} is missing (apt-get install chromium)\n`)
  return test.skip
}

export interface Browser extends AsyncDisposable {
  readonly page: Page
  readonly authenticator: Authenticator
}

/** Of the device: it verifies its user, and keeps passkeys. */
export interface Authenticator {
  /** Whether the person shows a finger that the device knows. */
  verifiesUser(verifies: boolean): Promise<void>
  /** Takes it away, with its passkeys, and gives the browser another one. */
  replace(): Promise<void>
}

/** @param args beside those that keep it off the network. */
export function launchChromium(args: readonly string[] = []): Promise<Chromium> {
  return chromium.launch({
    executablePath: PROGRAM,
    // As root it starts no other way.
    chromiumSandbox: process.geteuid?.() !== 0,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      ...args,
    ],
  })
}

export async function startBrowser(): Promise<Browser> {
  await using opened = new AsyncDisposableStack()
  const browser = await launchChromium()
  opened.defer(() => browser.close())
  const context = await browser.newContext()
  const page = await context.newPage()
  const authenticator = await addAuthenticator(page)
  const owned = opened.move()
  return { page, authenticator, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** Of this page. Other pages of the browser have none. */
export async function addAuthenticator(page: Page): Promise<Authenticator> {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  return virtualAuthenticator(cdp)
}

async function virtualAuthenticator(cdp: CDPSession): Promise<Authenticator> {
  const make = async () =>
    cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    })
  let { authenticatorId } = await make()
  return {
    async verifiesUser(isUserVerified) {
      await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified })
    },
    async replace() {
      await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId })
      authenticatorId = (await make()).authenticatorId
    },
  }
}

/** What a page of the console is answered. */
export interface PageAnswer {
  readonly status: number
  readonly json: Readonly<Record<string, unknown>>
}

/** A request that the page sends to its own origin. */
export async function fetchIn(
  page: Page,
  method: string,
  path: string,
  { body, csrf }: { readonly body?: unknown; readonly csrf?: string } = {},
): Promise<PageAnswer> {
  const init = {
    method,
    headers: {
      ...(csrf === undefined ? {} : { 'x-surety-csrf': csrf }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  }
  // Answers of the console's listener are JSON.
  return (await inPage(
    page,
    `const answer = await fetch(${JSON.stringify(path)}, ${JSON.stringify(init)})
     return { status: answer.status, json: await answer.json() }`,
  )) as PageAnswer
}

/** Makes a passkey. @returns what `/sign-in` wants as `response`, or the name of what the browser refused with. */
export function createPasskey(page: Page, publicKey: unknown): Promise<unknown> {
  return ceremony(page, 'create', 'parseCreationOptionsFromJSON', publicKey)
}

/** As `createPasskey`, with a passkey that is there. */
export function showPasskey(page: Page, publicKey: unknown): Promise<unknown> {
  return ceremony(page, 'get', 'parseRequestOptionsFromJSON', publicKey)
}

function ceremony(page: Page, does: string, parse: string, options: unknown): Promise<unknown> {
  return inPage(
    page,
    `try {
       const publicKey = PublicKeyCredential.${parse}(${JSON.stringify(options)})
       return (await navigator.credentials.${does}({ publicKey })).toJSON()
     } catch (error) {
       return error.name
     }`,
  )
}

/** The types of the project have no DOM, so the code is a text. */
function inPage(page: Page, code: string): Promise<unknown> {
  return page.evaluate(`(async () => { ${code} })()`)
}
