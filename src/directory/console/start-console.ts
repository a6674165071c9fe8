import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { SIGN_IN_BASE } from '../../protocol/nouns/people/sign-in.ts'
import { apiPageRoute } from '../api-page/api-page.ts'
import { rootSurface } from '../http/api-surface.ts'
import type { ConsoleFiles } from '../http/files.ts'
import type { Route } from '../http/route.ts'
import { type HttpServer, type ServerCertificate, startHttpServer } from '../http/server.ts'
import type { HttpSurface } from '../http/surface.ts'
import {
  admitOwnPages,
  type SessionAuthenticationComponents,
  sessionAuthentication,
} from '../sign-in/session-authentication.ts'
import { keepCertificate, readCertificate } from './certificate-files.ts'
import type { ConsoleAddress } from './console-address.ts'

/** The listener of the console: its files, and the API for who has signed in there. */

export interface ConsoleComponents extends SessionAuthenticationComponents {
  readonly clock: Clock
  readonly log: Log
  /** The administrators' API. Its routes, limit and idempotency keys are those of the console too. */
  readonly api: HttpSurface
  /** Absent: none were built. */
  readonly files: ConsoleFiles | undefined
  /** The record as a log, below `/tlog`: pages verify it there. */
  readonly tlog: readonly Route[]
  /** What `/sign-in` answers. */
  readonly signIn: readonly Route[]
  /** Of the directory's own CA: until an ACME server has given the certificate. Browsers warn meanwhile. */
  readonly placeholder?: () => ServerCertificate
  /** Called with the address of the pages, once it is known. */
  readonly listening: (origin: string) => void
}

export interface ConsoleServer extends AsyncDisposable {
  readonly port: number
  /** Where people open it. */
  readonly url: string
}

/** Scripts, styles and requests of our own only, and no text becomes markup. */
const PAGE_POLICY = [
  ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "font-src 'self'"],
  ...["connect-src 'self'", "manifest-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
  "require-trusted-types-for 'script'",
].join('; ')
const YEAR_S = 31_536_000

const NOT_BUILT: ConsoleFiles = {
  find() {
    throw new SuretyError('NOT_FOUND', 'the pages of the console were not built: npm run build')
  },
}

/** @throws `CONFIG_INVALID` for the files of the certificate, and the system's error for an address in use. */
export async function startConsole(components: ConsoleComponents, address: ConsoleAddress): Promise<ConsoleServer> {
  const { api, log, files } = components
  let url = address.originAt(address.port)
  const origin = () => url
  const secure = url.startsWith('https:') ? { 'strict-transport-security': `max-age=${YEAR_S}` } : {}
  const own: HttpSurface = {
    ...api,
    authenticate: sessionAuthentication(components, origin),
    admit: admitOwnPages(origin),
    headers: { ...api.headers, ...secure },
  }
  const signing: HttpSurface = {
    ...rootSurface(own, components.signIn),
    base: SIGN_IN_BASE,
    admit: admitOwnPages(origin),
  }
  const root: HttpSurface = {
    ...rootSurface(own, [apiPageRoute(own), ...components.tlog]),
    admit: admitOwnPages(origin),
    headers: {
      ...own.headers,
      'content-security-policy': PAGE_POLICY,
      'cross-origin-opener-policy': 'same-origin',
      'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    },
    files: files ?? NOT_BUILT,
  }
  await using opened = new AsyncDisposableStack()
  const { host, port, behindProxy } = address
  const certificate = await firstCertificate(components, address)
  const server = await startHttpServer(
    { surfaces: [root, own, signing], log },
    { host, port, behindProxy, certificate },
  )
  opened.use(server)
  url = address.originAt(server.port)
  components.listening(url)
  if (address.files !== undefined) opened.defer(reloading(components, address.files, server))
  const owned = opened.move()
  return { url, port: server.port, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

async function firstCertificate(
  { log, placeholder }: ConsoleComponents,
  { files, acmeName }: ConsoleAddress,
): Promise<ServerCertificate | undefined> {
  if (files === undefined) return undefined
  if (acmeName === undefined || placeholder === undefined) return readCertificate(files)
  try {
    return await readCertificate(files)
  } catch {
    log.warn('the console has no certificate of the ACME server yet: browsers warn until it has', { name: acmeName })
    return placeholder()
  }
}

function reloading(
  components: ConsoleComponents,
  files: NonNullable<ConsoleAddress['files']>,
  server: HttpServer,
): () => Promise<void> {
  const stopped = new AbortController()
  const reads = keepCertificate(components, files, (certificate) => server.setCertificate(certificate), stopped)
  return () => {
    stopped.abort()
    return reads
  }
}
