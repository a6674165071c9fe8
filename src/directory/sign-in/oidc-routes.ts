import { fromBase64Url, toBase64Url, utf8 } from '../../base/bytes.ts'
import { codeOf } from '../../base/errors.ts'
import { closed, faultOf, Type, text, words } from '../../base/schema.ts'
import { SESSION_MS } from '../../protocol/nouns/people/sessions.ts'
import { SIGN_IN_REFUSED_PARAMETER, type SignInRefusal } from '../../protocol/nouns/people/sign-in.ts'
import { Reply, type Route, type RouteRequest, route } from '../http/route.ts'
import { CALLBACK, type Oidc, OidcRefusal } from './oidc.ts'
import { cookieNamed, sessionCookieName } from './session-authentication.ts'
import type { Browser } from './sessions.ts'

/** Sign-in at the identity provider, by redirects: the browser goes there and comes back, whatever the outcome, to a page. */

export type Asked = Pick<RouteRequest<unknown, unknown, unknown>, 'address' | 'headers'>

interface OidcRoutesParts {
  readonly origin: () => string
  readonly attempt: <T>(asked: Asked, work: () => Promise<T>) => Promise<T>
}

const ATTEMPT_S = 600
const attemptCookie = (origin: string) => `${sessionCookieName(origin)}-attempt`
/** A path of the console, as browsers encode it. Two slashes would begin the name of another server. */
const pathSchema = Type.String({ pattern: '^/(?![/\\\\])[\\x21-\\x7e]*$', maxLength: 512 })

export function oidcRoutes(oidc: Oidc, { origin, attempt }: OidcRoutesParts): readonly Route[] {
  const parameter = Type.Optional(text(4096))
  return [
    route({
      method: 'GET',
      path: '/oidc',
      operationId: 'beginOidc',
      summary:
        'Go to the identity provider, and come back to the page `to`. With fresh=yes one has to sign in there now',
      open: true,
      query: closed({ fresh: Type.Optional(words('yes')), to: Type.Optional(pathSchema) }),
      response: Type.Object({}),
      async answer({ query: { fresh, to }, address }) {
        let begun: Awaited<ReturnType<Oidc['begin']>>
        try {
          begun = await oidc.begin(fresh === 'yes')
        } catch (error) {
          return refused(error, oidc, address)
        }
        const secure = origin().startsWith('https:') ? '; Secure' : ''
        const back = to === undefined ? '' : `.${toBase64Url(utf8(to))}`
        // It comes back from another site, so that it cannot be strict.
        const cookie = `${attemptCookie(origin())}=${begun.attempt}${back}; Path=/; Max-Age=${ATTEMPT_S}; HttpOnly; SameSite=Lax${secure}`
        return new Reply({ status: 303, headers: { location: begun.url, 'set-cookie': cookie }, body: undefined })
      },
    }),
    route({
      method: 'GET',
      path: CALLBACK,
      operationId: 'finishOidc',
      summary:
        'Come back from the identity provider, which leads to the page. A refusal leads to the page of the sign-in',
      open: true,
      query: Type.Object({ code: parameter, state: parameter, iss: parameter, error: parameter }),
      response: Type.Object({}),
      async answer({ query, ...asked }) {
        const given = new URLSearchParams()
        for (const name of ['code', 'state', 'iss', 'error'] as const) {
          const value = query[name]
          if (value !== undefined) given.set(name, value)
        }
        const [cookie, to] = (cookieNamed(attemptCookie(origin()), asked.headers.cookie) ?? '').split('.', 2)
        try {
          const { secret } = await attempt(asked, () => oidc.finish(cookie, given, browserOf(asked)))
          return leadingTo(pathIn(to), { 'set-cookie': sessionCookie(origin(), secret) })
        } catch (error) {
          return refused(error, oidc, asked.address)
        }
      },
    }),
  ]
}

function leadingTo(location: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return new Reply({ status: 303, headers: { location, ...headers }, body: undefined })
}

/** A person reads it in their browser. The page knows the words of a refusal. @throws an error that is no refusal. */
async function refused(error: unknown, oidc: Oidc, address: string): Promise<Reply> {
  const why = wordOf(error)
  if (why === undefined) throw error
  // Beyond the limit of failures nothing is written: strangers cannot fill the disk.
  if (error instanceof OidcRefusal) await oidc.recordRefusal(error, address)
  return leadingTo(`/?${SIGN_IN_REFUSED_PARAMETER}=${why}`)
}

function wordOf(error: unknown): SignInRefusal | undefined {
  if (error instanceof OidcRefusal) return error.why
  const code = codeOf(error)
  if (code === 'QUOTA_EXCEEDED') return 'too-many'
  if (code === 'CONFLICT') return 'unavailable'
  return code === 'NOT_PERMITTED' ? 'over' : undefined
}

/** The browser kept it, so it may be anything. */
function pathIn(text: string | undefined): string {
  const bytes = text === undefined ? undefined : fromBase64Url(text)
  if (bytes === undefined) return '/'
  const path = Buffer.from(bytes).toString('latin1')
  return faultOf(pathSchema, path) === undefined ? path : '/'
}

export function browserOf({ address, headers: { userAgent } }: Asked): Browser {
  return { address, userAgent }
}

/** Browsers forget it when they are closed, and the directory ends it at the latest after its time. */
export function sessionCookie(origin: string, secret: string): string {
  const ends = secret === '' ? 0 : SESSION_MS.longest / 1000
  const secure = origin.startsWith('https:') ? '; Secure' : ''
  return `${sessionCookieName(origin)}=${secret}; Path=/; Max-Age=${ends}; HttpOnly; SameSite=Strict${secure}`
}
