import { createHash } from 'node:crypto'
import { fromBase64Url, toBase64Url, utf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { equalSecrets } from '../../crypto/hash.ts'
import type { Authenticated, Credentials, HttpSurface } from '../http/surface.ts'

/** Requests of the console's pages: a session in a cookie, and what shows that a page of ours sent them. */

export interface SessionAuthenticationComponents {
  /** Finds what a cookie's secret belongs to. Undefined for a session that is not known or has ended. */
  readonly sessionOf: (secret: Uint8Array, isAgain?: boolean) => Promise<Authenticated | undefined>
}

const SECRET_BYTES = 32
/** These change nothing. */
const SAFE_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS']

/** Where the pages of the console are: an origin, such as `https://console.example.org`. */
export type OriginSource = () => string

/** Browsers take a name with `__Host-` over HTTPS only: from this very host, for no other one, and never over plain HTTP. */
export function sessionCookieName(origin: string): string {
  return origin.startsWith('https:') ? '__Host-surety' : 'surety'
}

/** What `x-surety-csrf` must be. It follows from the cookie's secret, and does not give it away. */
export function csrfTokenOf(secret: Uint8Array): string {
  return createHash('sha256').update('surety/console-csrf/v1\0').update(secret).digest('base64url')
}

export function sessionSecretIn(cookies: string | undefined, origin: string): Uint8Array | undefined {
  const text = cookieNamed(sessionCookieName(origin), cookies)
  const secret = text === undefined ? undefined : fromBase64Url(text)
  return secret?.length === SECRET_BYTES && toBase64Url(secret) === text ? secret : undefined
}

/** Undefined also for a name that is there twice: one of them was set by somebody else. */
export function cookieNamed(name: string, cookies = ''): string | undefined {
  const found = cookies.split('; ').filter((one) => one.startsWith(`${name}=`))
  return found.length === 1 ? found[0]?.slice(name.length + 1) : undefined
}

/**
 * Refuses what a page of another site sends: the cookies of the console may come with it. For open routes too, so that nobody is
 * signed in as somebody else.
 */
export function admitOwnPages(origin: OriginSource): NonNullable<HttpSurface['admit']> {
  return ({ method, origin: from, fetchSite }) => {
    if (SAFE_METHODS.includes(method)) return
    if (from !== undefined && from !== origin()) {
      throw new SuretyError('NOT_PERMITTED', `this page is not at the address of the console: open ${origin()}`)
    }
    if (fetchSite !== undefined && fetchSite !== 'same-origin') throw crossSite()
  }
}

export function sessionAuthentication(
  { sessionOf }: SessionAuthenticationComponents,
  origin: OriginSource,
): HttpSurface['authenticate'] {
  return async (request) => {
    const secret = sessionSecretIn(request.cookie, origin())
    const session = secret === undefined ? undefined : await sessionOf(secret, request.isAgain)
    if (secret === undefined || session === undefined) {
      return { error: new SuretyError('UNAUTHENTICATED', 'sign in: there is no session, or it has ended'), headers: {} }
    }
    const error = refusalOf(request, secret)
    return error === undefined ? session : { error, headers: {} }
  }
}

/** Another port of this machine is the same site, and gets the same cookies. `none`: a person typed the address. */
function refusalOf({ method, fetchSite, csrf = '' }: Credentials, secret: Uint8Array): SuretyError | undefined {
  const isSafe = SAFE_METHODS.includes(method)
  const isOwn = fetchSite === undefined || fetchSite === 'same-origin' || (isSafe && fetchSite === 'none')
  if (!isOwn) return crossSite()
  if (isSafe || equalSecrets(utf8(csrf), utf8(csrfTokenOf(secret)))) return undefined
  return new SuretyError(
    'NOT_PERMITTED',
    'the header x-surety-csrf is not the token of this session: load the page again',
  )
}

function crossSite(): SuretyError {
  return new SuretyError('NOT_PERMITTED', 'a page of another site sent this request')
}
