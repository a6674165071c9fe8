import { join } from 'node:path'
import { fromUtf8 } from '../../base/bytes.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import type { ClientEnvironment } from '../../config/client.ts'
import { CLIENT_VARIABLES, type DirectoryConfig } from '../../config/directory.ts'
import type { ConfigOrigin } from '../../config/layers.ts'
import { type AdministratorProfile, administratorProfileReader } from '../../protocol/noun/answers.ts'
import { readIfPresent } from '../../system/files/own/durable-file.ts'
import { contextNamed, readContexts } from './contexts.ts'

/** Which directory a command talks to. */

export interface ProfileOptions {
  readonly data?: string
  readonly config?: string
  readonly profile?: string
  readonly context?: string
}

export interface FindProfileInit {
  readonly client: ClientEnvironment
  readonly loadConfig: () => {
    readonly config: Pick<DirectoryConfig, 'data'>
    readonly entries: readonly ConfigOrigin[]
  }
}

const MAX_BYTES = 32 * 1024

/**
 * The first of: `--profile`, `--context`, `--data` or `--config`; the variables for profile, address and token, context, data
 * folder; the current context; the data folder of the configuration.
 *
 * @throws `NOT_FOUND`, `CONFIG_INVALID`, `USAGE_INVALID`, `NOT_PERMITTED`, `FILE_*`.
 */
export async function findProfile(options: ProfileOptions, init: FindProfileInit): Promise<AdministratorProfile> {
  const { client } = init
  const { profile, context } = options
  if (profile !== undefined && context !== undefined) {
    throw new SuretyError('USAGE_INVALID', '--profile and --context name two directories: give one of them')
  }
  if (profile !== undefined) return await namedProfile(profile)
  if (context !== undefined) return contextNamed(await readContexts(client.contextsFile), context)
  if (options.data === undefined && options.config === undefined) {
    const found = await fromEnvironment(client)
    if (found !== undefined) return found
  }
  const { config, entries } = init.loadConfig()
  const origin = entries.find(({ key }) => key === 'data')?.origin
  if (options.config === undefined && (origin === 'default' || origin === 'file')) {
    const contexts = await readContexts(client.contextsFile)
    if (contexts.current !== undefined) return contextNamed(contexts, contexts.current)
  }
  const path = join(config.data, 'administrator.json')
  const found = await readProfile(path)
  if (found !== undefined) return found
  const ways = 'start the directory once, or give --data FOLDER or --profile FILE, or run: surety-directory login'
  throw new SuretyError('NOT_FOUND', `there is no administrator profile at ${path}: ${ways}`)
}

async function fromEnvironment(client: ClientEnvironment): Promise<AdministratorProfile | undefined> {
  if (client.profile !== undefined) return await namedProfile(client.profile)
  if (client.url !== undefined || client.token !== undefined) return await variablesProfile(client)
  return client.context === undefined
    ? undefined
    : contextNamed(await readContexts(client.contextsFile), client.context)
}

/** Unlike the file in the data folder, a profile that was named must be there. */
export async function namedProfile(path: string): Promise<AdministratorProfile> {
  const found = await readProfile(path)
  if (found !== undefined) return found
  throw new SuretyError(
    'CONFIG_INVALID',
    `there is no profile ${JSON.stringify(path)}: give the path of an administrator.json`,
  )
}

/** A directory that is installed as a package has a user of its own, whose profile root uses. */
async function readProfile(path: string): Promise<AdministratorProfile | undefined> {
  const bytes = await readBytes(path)
  if (bytes === undefined) return undefined
  try {
    return administratorProfileReader.readJson(fromUtf8(bytes))
  } catch (cause) {
    const why = describeError(cause).replace(/^administrator profile: /, '')
    const message = `${JSON.stringify(path)} is no administrator profile: ${why}`
    throw new SuretyError('CONFIG_INVALID', message, { cause })
  }
}

async function readBytes(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readIfPresent(path, { maxBytes: MAX_BYTES, ownerOnly: true, mayBeOfService: true })
  } catch (cause) {
    if (!(cause instanceof SuretyError) || cause.code !== 'FILE_UNREADABLE') throw cause
    const advice = 'Run this as root or as the user that runs the directory, or give --profile FILE.'
    throw new SuretyError(cause.code, cause.message, { cause, advice })
  }
}

async function variablesProfile({ url, token, ca }: ClientEnvironment): Promise<AdministratorProfile> {
  const names = Object.values({ url: CLIENT_VARIABLES.url, token: CLIENT_VARIABLES.token, ca: CLIENT_VARIABLES.ca })
  if (url === undefined || token === undefined || ca === undefined) {
    throw new SuretyError('CONFIG_INVALID', `environment: set ${names.join(', ')} together, or none of them`)
  }
  return profileOf({ url, token, ca: await readCa(ca) }, 'environment')
}

/** @throws `CONFIG_INVALID` if there is no PEM certificate. */
export async function readCa(path: string): Promise<string> {
  const bytes = await readIfPresent(path, { maxBytes: MAX_BYTES })
  const shown = JSON.stringify(path)
  if (bytes === undefined) throw new SuretyError('CONFIG_INVALID', `there is no file ${shown}: give the CA certificate`)
  const text = new TextDecoder().decode(bytes)
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text
  throw new SuretyError('CONFIG_INVALID', `${shown} holds no PEM certificate: give "ca" of an administrator.json`)
}

/** @param place where the values come from, for the message. @throws `CONFIG_INVALID`. */
export function profileOf(profile: AdministratorProfile, place: string): AdministratorProfile {
  try {
    return administratorProfileReader.read(profile)
  } catch (cause) {
    const expected = 'the address is https://HOST:PORT, and the token begins with surety_adm_ or surety_svc_'
    throw new SuretyError('CONFIG_INVALID', `${place}: these do not make a profile: ${expected}`, { cause })
  }
}
