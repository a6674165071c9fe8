/** The server half of `main-directory.ts`, loaded only by the commands that need it: the others start in a fraction of the time. */
import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fromUtf8 } from './base/bytes.ts'
import { orAborted, systemClock } from './base/clock.ts'
import { SuretyError } from './base/errors.ts'
import { VERSION } from './base/version.ts'
import type { DirectoryConfig } from './config/directory.ts'
import {
  administratorFile,
  giveAdministrator,
  keepAdministratorFile,
  readAdministratorFile,
} from './directory/api/administrator-file.ts'
import { startApi } from './directory/api/server.ts'
import { readResult } from './directory/appraisal/result.ts'
import { addressOf, certificateNames } from './directory/commands/names.ts'
import { prepareDataFolder, requireDataFolder } from './directory/data-folder.ts'
import { startDirectory } from './directory/directory.ts'
import { administratorStore } from './directory/store/administrator-store.ts'
import { apiStore } from './directory/store/api-store.ts'
import { fleetQueries } from './directory/store/fleet-queries.ts'
import { openStore } from './directory/store/open-store.ts'
import { serveAlone } from './directory/store/serve-alone.ts'
import { readIfPresent } from './system/files/durable-file.ts'
import { errnoOf } from './system/files/file-errors.ts'
import { createLog } from './system/logging/winston-log.ts'
import { abortAtEndSignal } from './system/program/own-process.ts'

const random = (size: number) => new Uint8Array(randomBytes(size))
const administratorParts = { clock: systemClock, randomBytes: random }

/** Runs the directory until a signal ends it. */
export async function serve(config: DirectoryConfig, { readyJson }: { readonly readyJson: boolean }): Promise<void> {
  const warnIfOpened = await prepareDataFolder(config.data)
  using _alone = serveAlone(config.data, { pid: process.pid, host: hostname(), since: systemClock.now() })
  await using log = createLog({
    level: config['log.level'],
    format: config['log.format'],
    file: config['log.file'],
    maxBytes: config['log.maxBytes'],
    maxFiles: config['log.maxFiles'],
  })
  warnIfOpened(log)
  using ending = endOnSignal()
  await using directory = await startDirectory(
    { clock: systemClock, log },
    {
      dataFolder: config.data,
      names: certificateNames(config, hostname()),
      devices: {
        host: config['devices.host'],
        port: config['devices.port'],
        channelBinding: config['devices.channelBinding'],
        url: config['devices.url'],
      },
      trustAnchorsFolder: config.trustAnchors,
      attestEveryMs: config.attestEveryMs,
    },
    { signal: ending.signal },
  ).catch(notListening('devices', { host: config['devices.host'], port: config['devices.port'] }))
  const { database, actions, pins } = directory
  const administrators = administratorStore(database)
  await using api = await startApi(
    {
      store: apiStore(database),
      fleet: fleetQueries(database),
      isConnected: (device) => directory.isConnected(device),
      actions,
      administrators,
      authority: () => ({ pins: { ...pins }, caCertificate: directory.caCertificate }),
      readResult,
      clock: systemClock,
      log,
      version: VERSION,
    },
    { host: config['api.host'], port: config['api.port'], certificate: directory.tls() },
  ).catch(notListening('api', { host: config['api.host'], port: config['api.port'] }))
  const url = `https://${addressOf(config['api.host'], api.port)}`
  const keepAdministrator = () =>
    keepAdministratorFile(
      { ...administratorParts, store: administrators, log },
      { dataFolder: config.data, url, ca: directory.caCertificate },
    )
  await keepAdministrator()
  directory.onTlsRenewed(async () => {
    api.setCertificate(directory.tls())
    await keepAdministrator()
  })
  process.stdout.write(
    readyJson
      ? `${JSON.stringify({ ready: true, devices: directory.devicesUrl, api: url })}\n`
      : `The directory listens for devices at ${directory.devicesUrl} and for administrators at ${url}\n`,
  )
  await orAborted(ending.wanted, directory.failure)
  log.info('the directory ends')
}

const WHY_NOT: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'nobody knows that name',
  EACCES: 'only root may listen there',
}

/** Says which of our listeners it is, and by which flags it goes elsewhere; any other error passes. */
function notListening(flags: 'devices' | 'api', { host, port }: { readonly host: string; readonly port: number }) {
  return (cause: unknown): never => {
    const why = WHY_NOT[errnoOf(cause) ?? '']
    if (why === undefined || cause instanceof SuretyError) throw cause
    const message = `cannot listen on ${addressOf(host, port)}: ${why}; give --${flags}-host or --${flags}-port`
    throw new SuretyError('SOCKET_IN_USE', message, { cause })
  }
}

/** The first signal asks for a clean end; a second does not wait for it. */
function endOnSignal() {
  const ending = new AbortController()
  const wanted = Promise.withResolvers<void>()
  const heard = abortAtEndSignal(ending, () => wanted.resolve())
  return {
    signal: ending.signal,
    wanted: wanted.promise,
    [Symbol.dispose]: () => heard[Symbol.dispose](),
  }
}

/** The one command that opens the database: who has the data folder needs no token, and the server may be gone. */
export async function resetAdministrator(config: DirectoryConfig): Promise<string> {
  const file = join(config.data, 'directory.sqlite')
  requireRegister(file, config.data)
  await requireDataFolder(config.data)
  const path = administratorFile(config.data)
  const before = await readAdministratorFile(path).catch(() => undefined)
  const ca = before?.ca ?? (await caOf(config.data))
  const url = before?.url ?? `https://${addressOf(config['api.host'], config['api.port'])}`
  using database = openStore(file)
  await giveAdministrator({ ...administratorParts, store: administratorStore(database) }, { path, url, ca })
  return path
}

function requireRegister(file: string, dataFolder: string): void {
  try {
    statSync(file)
  } catch (cause) {
    const errno = errnoOf(cause) ?? 'failed'
    throw errno === 'ENOENT' || errno === 'ENOTDIR'
      ? new SuretyError('NOT_FOUND', `there is no directory in ${dataFolder}: give --data FOLDER, or start it once`)
      : new SuretyError('NOT_PERMITTED', `${dataFolder} cannot be read (${errno}): run this as root or as its owner`)
  }
}

async function caOf(dataFolder: string): Promise<string> {
  const bytes = await readIfPresent(join(dataFolder, 'keys', 'ca.cert.pem'), { maxBytes: 16_384 })
  if (bytes === undefined) throw new SuretyError('NOT_FOUND', 'the CA certificate is gone: start the directory once')
  return fromUtf8(bytes)
}
