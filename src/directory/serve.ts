import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, isIPv6 } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { orAborted, systemClock } from '../base/clock.ts'
import { SuretyError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { VERSION } from '../base/version.ts'
import type { DirectoryConfig } from '../config/directory.ts'
import { journalStream } from '../config/environment.ts'
import { logInit } from '../config/log-settings.ts'
import { errnoOf } from '../system/files/file-errors.ts'
import { createLog } from '../system/logging/winston-log.ts'
import { portHolder } from '../system/processes/linux/port-holder.ts'
import { abortAtEndSignal } from '../system/program/own-process.ts'
import { accessConfigurationRoute, accessSurface } from './access/access-surface.ts'
import { apiPageRoute } from './api-page/api-page.ts'
import { type ConsoleAddress, type ConsoleSettings, consoleAddress } from './console/console-address.ts'
import { acmeFile, keepAcmeCertificate } from './console/keep-acme.ts'
import { builtConsoleFolder, readConsoleFiles } from './console/read-console-files.ts'
import { providerOf } from './console/read-provider.ts'
import { startConsole } from './console/start-console.ts'
import { type Directory, startDirectory } from './directory.ts'
import type { DirectoryInit } from './directory-init.ts'
import { apiSurface, rootSurface } from './http/api-surface.ts'
import { bearerAuthentication } from './http/bearer-authentication.ts'
import type { ConsoleFiles } from './http/files.ts'
import { idempotency } from './http/idempotency.ts'
import { requestLimiter } from './http/request-limiter.ts'
import { type HttpServer, startHttpServer } from './http/server.ts'
import type { HttpSurface } from './http/surface.ts'
import { addressOf, certificateNames } from './local/addresses.ts'
import { anchorsFolder } from './local/anchors.ts'
import { prepareDataFolder, requireOwnFolder } from './local/data-folder.ts'
import { type MessagesInit, readMessageSettings } from './messages/read-settings.ts'
import { keepAdministratorFile } from './principals/administrator-file.ts'
import { principalOf } from './principals/principals.ts'
import { scimSurface } from './scim/scim-surface.ts'
import { signInRoutes } from './sign-in/routes.ts'
import { serveAlone } from './store/serve-alone.ts'
import type { ReceiverInit } from './webhooks/receivers.ts'

/** Six months: article 26 of the EU AI Act. */
const LEAST_KEEP_DAYS = 184

/** Runs the directory until a signal ends it. */
export async function serve(config: DirectoryConfig, { readyJson }: { readonly readyJson: boolean }): Promise<void> {
  const consoleAt = consoleOf(config)
  const isNew = !existsSync(join(config.data, 'directory.sqlite'))
  // A data folder with a typing error would become a directory of its own, with keys that no device knows.
  if (!existsSync(config.data)) await requireFreePorts(config)
  requireOwnFolder(config.data)
  const warnIfOpened = await prepareDataFolder(config.data)
  using _lock = serveAlone(config.data, { pid: process.pid, host: hostname(), since: systemClock.now() })
  await using log = createLog(logInit(config), journalStream())
  warnIfOpened(log)
  if (isNew) log.info('there was no directory in this folder: a new one begins', { dataFolder: config.data })
  using ending = endOnSignal()
  await using directory = await startFrom(config, log, ending.signal)
  const surface = surfaceOf(config, directory, log)
  await using api = await startApi(config, directory, { surface, log })
  await using pages = await startConsole(
    {
      clock: systemClock,
      log,
      api: surface,
      files: consoleFiles(),
      tlog: directory.tlog,
      placeholder: () => directory.tls(),
      ...(await signInOf(config, directory, log)),
    },
    consoleAt,
  ).catch(explainListenError('console', consoleAt))
  using _certificate = keepingCertificate(config, consoleAt, directory, log)
  const url = `https://${addressOf(config['api.host'], api.port)}`
  const keepAdministrator = () =>
    keepAdministratorFile(
      { clock: systemClock, random: (size) => new Uint8Array(randomBytes(size)), store: directory.store, log },
      { dataFolder: config.data, url, ca: directory.caCertificate },
    )
  await keepAdministrator()
  directory.onTlsRenewed(async () => {
    api.setCertificate(directory.tls())
    await keepAdministrator()
  })
  process.stdout.write(
    readyJson
      ? `${JSON.stringify({ ready: true, devices: directory.devicesUrl, api: url, console: pages.url })}\n`
      : `${isNew ? `This is a new directory, in ${config.data}\n` : ''}The directory listens for devices at ${directory.devicesUrl} and for administrators at ${url}; the console is at ${pages.url}\n`,
  )
  await orAborted(ending.wanted, directory.failure)
  log.info('the directory ends')
}

/** How the console knows who asks. */
async function signInOf(
  config: DirectoryConfig,
  { services: { signIn, organisation }, messaging, store }: Directory,
  log: Log,
) {
  const provider = await providerOf({
    issuer: config['console.oidc.issuer'],
    clientId: config['console.oidc.clientId'],
    clientSecretFile: config['console.oidc.clientSecretFile'],
  })
  const oidc = provider === undefined ? undefined : signIn.oidcAt(provider, { roles: config['console.oidc.roles'] })
  const isDemonstration = (await store.demonstration.get()) !== undefined
  return {
    sessionOf: signIn.sessions.sessionOf,
    signIn: signInRoutes({ ...signIn, organisation, oidc, clock: systemClock, log, isDemonstration }),
    listening(origin: string) {
      signIn.setOrigin(origin)
      messaging.setConsole(origin)
    },
  }
}

/** @throws `CONFIG_INVALID`. */
function consoleOf(config: DirectoryConfig): ConsoleAddress {
  return consoleAddress({
    host: config['console.host'],
    port: config['console.port'],
    url: config['console.url'],
    certificate: config['console.certificate'],
    key: config['console.key'],
    name: config.names[0] ?? hostname(),
    acme: acmeOf(config),
  })
}

function acmeOf(config: DirectoryConfig): ConsoleSettings['acme'] {
  const url = config['console.acme.url']
  if (url === undefined) return undefined
  return { url, agreeToTerms: config['console.acme.agreeToTerms'], file: acmeFile(config.data) }
}

/** Until it is disposed of. An order that runs meanwhile is not waited for: it replaces one file. */
function keepingCertificate(
  config: DirectoryConfig,
  { acmeName: name, host }: ConsoleAddress,
  { store, services }: Directory,
  log: Log,
): Disposable {
  const url = config['console.acme.url']
  const stopped = new AbortController()
  if (url !== undefined && name !== undefined) {
    const settings = {
      url,
      name,
      host,
      port: config['console.acme.port'],
      email: config['console.acme.email'],
      caFile: config['console.acme.caFile'],
    }
    const components = { clock: systemClock, log, store, tell: services.setConsoleCertificate }
    void keepAcmeCertificate(components, settings, { file: acmeFile(config.data), signal: stopped.signal })
  }
  return { [Symbol.dispose]: () => stopped.abort() }
}

/** Undefined where none were built. @throws `CONFIG_INVALID`. */
function consoleFiles(): ConsoleFiles | undefined {
  const folder = builtConsoleFolder()
  return folder === undefined ? undefined : readConsoleFiles(folder)
}

const LISTENERS = ['devices', 'api', 'console'] as const

/** @throws `SOCKET_IN_USE`. Nothing listens afterwards. */
async function requireFreePorts(config: DirectoryConfig): Promise<void> {
  for (const flags of LISTENERS) {
    const listener = { host: config[`${flags}.host`], port: config[`${flags}.port`] }
    const server = createServer()
    const listening = once(server, 'listening')
    server.listen(listener)
    await listening.catch(explainListenError(flags, listener))
    server.close()
    await once(server, 'close')
  }
}

async function startFrom(config: DirectoryConfig, log: Log, signal: AbortSignal): Promise<Directory> {
  const webhooks = { privateAddresses: config['webhooks.privateAddresses'] }
  const messages = await messagesOf(config, webhooks)
  const listener = { host: config['devices.host'], port: config['devices.port'] }
  return startDirectory(
    { clock: systemClock, log },
    {
      dataFolder: config.data,
      names: certificateNames(config, hostname()),
      devices: { ...listener, channelBinding: config['devices.channelBinding'], url: config['devices.url'] },
      trustAnchorsFolder: anchorsFolder(config),
      attestEveryMs: config.attestEveryMs,
      pendingDevices: config['enrolment.pending'],
      organisation: config['register.organisation'],
      onDeviation: config['register.onDeviation'],
      webhooks,
      messages,
      recordOrigin: config['record.origin'],
      recordToken: recordToken(config),
      recordWitnesses: config['record.witnesses'],
      recordForward: config['record.forward'],
      recordKeepDays: keepDays(config['record.keepDays']),
      stops: { confirmAbove: config['stops.confirmAbove'], emergency: config['stops.emergency'] },
      scim: { guardPercent: config['scim.guardPercent'], agents: config['scim.agents'] },
    },
    { signal },
  ).catch(explainListenError('devices', listener))
}

/** @throws `CONFIG_INVALID` for a module without a PIN, or the other way round. */
function recordToken(config: DirectoryConfig): DirectoryInit['recordToken'] {
  const {
    'record.pkcs11.module': library,
    'record.pkcs11.tokenLabel': tokenLabel,
    'record.pkcs11.pinFile': pinFile,
  } = config
  if (library !== undefined && pinFile !== undefined) return { library, tokenLabel, pinFile }
  if (library === undefined && pinFile === undefined && tokenLabel === undefined) return undefined
  throw new SuretyError(
    'CONFIG_INVALID',
    'the key of the record on a token needs record.pkcs11.module and record.pkcs11.pinFile',
  )
}

/** @throws `CONFIG_INVALID` for less than six months. */
function keepDays(days: number): number {
  if (days === 0 || days >= LEAST_KEEP_DAYS) return days
  throw new SuretyError('CONFIG_INVALID', `record.keepDays is ${days}: give 0, or at least ${LEAST_KEEP_DAYS} days`)
}

/** @throws `CONFIG_INVALID`. */
function messagesOf(config: DirectoryConfig, receivers: ReceiverInit): Promise<MessagesInit> {
  return readMessageSettings(
    {
      digest: config['messages.digest'],
      timeZone: config['messages.timeZone'],
      quietHours: config['messages.quietHours'],
      mail: {
        host: config['messages.mail.host'],
        port: config['messages.mail.port'],
        tls: config['messages.mail.tls'],
        ca: config['messages.mail.ca'],
        from: config['messages.mail.from'],
        user: config['messages.mail.user'],
        passwordFile: config['messages.mail.passwordFile'],
      },
      slackUrlFile: config['messages.slack.urlFile'],
      teamsUrlFile: config['messages.teams.urlFile'],
    },
    receivers,
  )
}

function surfaceOf(config: DirectoryConfig, directory: Directory, log: Log): HttpSurface {
  const authenticate = bearerAuthentication({
    principalOf: (authorization) => principalOf(directory.store.principals, authorization, systemClock.now()),
    clock: systemClock,
    log,
  })
  const keys = idempotency({ store: directory.store, clock: systemClock })
  const limiter = requestLimiter({ clock: systemClock }, { perMinute: config['api.requestsPerMinute'] })
  return apiSurface({ authenticate, routes: directory.routes, idempotency: keys, limiter, version: VERSION })
}

function startApi(
  config: DirectoryConfig,
  directory: Directory,
  { surface: api, log }: { readonly surface: HttpSurface; readonly log: Log },
): Promise<HttpServer> {
  const listener = { host: config['api.host'], port: config['api.port'] }
  return startHttpServer(
    {
      surfaces: [
        api,
        scimSurface(api, directory.scim),
        accessSurface(api, directory.evaluation),
        rootSurface(api, [...directory.atRoot, apiPageRoute(api), accessConfigurationRoute()]),
      ],
      log,
    },
    { ...listener, certificate: directory.tls() },
  ).catch(explainListenError('api', listener))
}

const LISTEN_ERRORS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'the host name is unknown',
  EACCES: 'only root may listen there',
}

const LISTENING = ['listen', 'bind', 'getaddrinfo'] as const

/** Names the listener and its flags in the error. Other errors pass through. */
function explainListenError(
  flags: (typeof LISTENERS)[number],
  { host, port }: { readonly host: string; readonly port: number },
) {
  return (cause: unknown): never => {
    const errno = errnoOf(cause) ?? ''
    const reason = LISTEN_ERRORS[errno]
    // The start also reads files, whose errors have the same names.
    const isOfListener = LISTENING.some((call) => Error.isError(cause) && 'syscall' in cause && cause.syscall === call)
    if (reason === undefined || !isOfListener || cause instanceof SuretyError) throw cause
    const holder = errno === 'EADDRINUSE' ? portHolder(port) : undefined
    const named = holder === undefined ? '' : ` (${holder})`
    const message = `cannot listen on ${isIPv6(host) ? `[${host}]` : host}:${port}: ${reason}${named}; give --${flags}-host or --${flags}-port`
    throw new SuretyError('SOCKET_IN_USE', message, { cause })
  }
}

/** The first signal asks for a clean end. A second one ends the process at once. */
function endOnSignal() {
  const ending = new AbortController()
  const wanted = Promise.withResolvers<void>()
  const listener = abortAtEndSignal(ending, () => wanted.resolve())
  return {
    signal: ending.signal,
    wanted: wanted.promise,
    [Symbol.dispose]: () => listener[Symbol.dispose](),
  }
}
