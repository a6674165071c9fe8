import { Type } from '../base/schema.ts'
import { type ConfigInit, type LoadedConfig, loadProgramConfig } from './program-config.ts'
import {
  choiceSetting,
  numberSetting,
  optionalPathSetting,
  optionalSetting,
  pathSetting,
  setting,
  type Values,
} from './settings.ts'

/** What `surety-directory` can be told, and how it is told. */

const MIB = 1024 * 1024
const MINUTE_MS = 60_000

export const DIRECTORY_CONFIG_FILE = '/etc/surety/directory.json'
export const DIRECTORY_POLICY_FOLDER = '/etc/surety/directory-managed.d'
export const DIRECTORY_PREFIX = 'SURETY_DIRECTORY_'

const host = Type.String({ pattern: '^[A-Za-z0-9.:_-]+$', maxLength: 253 })
const port = { minimum: 0, maximum: 65_535 }

export const directorySettings = {
  data: pathSetting('/var/lib/surety-directory', 'folder of the database, the keys and the first administrator token'),
  names: setting(Type.Array(host, { maxItems: 16 }), [], {
    expected: 'host names and IP addresses, separated by commas on a command line',
    about: 'what devices and administrators call this machine; none: its host name, localhost and the loopback',
  }),
  'devices.host': setting(host, '0.0.0.0', {
    expected: 'an IP address or host name',
    about: 'where devices are listened for',
  }),
  'devices.port': numberSetting(port, 7443, 'port for devices, 0 for any free one'),
  'devices.url': optionalSetting(Type.String({ pattern: '^wss://[^\\s/?#@]+$', maxLength: 300 }), {
    expected: 'wss://HOST:PORT',
    about: 'address that enrolment strings name, where it is not the first of the names and the port',
  }),
  'devices.channelBinding': choiceSetting(
    ['required', 'off'],
    'required',
    'off only behind something that ends TLS: attestations are then bound to no connection',
  ),
  'api.host': setting(host, '127.0.0.1', {
    expected: 'an IP address or host name',
    about: 'where administrators are listened for',
  }),
  'api.port': numberSetting(port, 7444, 'port for administrators, 0 for any free one'),
  trustAnchors: optionalPathSetting('folder with the CA certificates of TPM makers (PEM or DER)'),
  attestEveryMs: numberSetting(
    { minimum: MINUTE_MS, maximum: 7 * 24 * 60 * MINUTE_MS },
    60 * MINUTE_MS,
    'how often each device must attest anew',
  ),
  'log.level': choiceSetting(['error', 'warn', 'info', 'debug'], 'info', 'least level that is written'),
  'log.format': choiceSetting(['json', 'text'], 'text', 'one JSON object a line, or words'),
  'log.file': optionalPathSetting('file to write to instead of standard error'),
  'log.maxBytes': numberSetting({ minimum: 64 * 1024, maximum: 1024 * MIB }, 10 * MIB, 'size at which it is rotated'),
  'log.maxFiles': numberSetting({ minimum: 1, maximum: 100 }, 5, 'how many files are kept'),
} as const

export type DirectoryConfig = Values<typeof directorySettings>

const PLACES = { prefix: DIRECTORY_PREFIX, file: DIRECTORY_CONFIG_FILE, policyFolder: DIRECTORY_POLICY_FOLDER }

/** @throws as `loadProgramConfig`. */
export function loadDirectoryConfig(init: ConfigInit = {}): LoadedConfig<typeof directorySettings> {
  return loadProgramConfig(directorySettings, PLACES, init)
}
