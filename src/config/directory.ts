import { Type } from '../base/schema.ts'
import { defaultPaths } from '../system/platform/this-platform.ts'
import { type ConfigInit, type LoadedConfig, loadProgramConfig } from './program-config.ts'
import {
  choiceSetting,
  numberSetting,
  optionalPathSetting,
  optionalSetting,
  pathSetting,
  setting,
  switchSetting,
  type Values,
} from './settings.ts'

/** The settings of `surety-directory`. */

const MIB = 1024 * 1024
const MINUTE_MS = 60_000

const PATHS = defaultPaths().directory
export const DIRECTORY_PREFIX = 'SURETY_DIRECTORY_'

const host = Type.String({ pattern: '^[A-Za-z0-9.:_-]+$', maxLength: 253 })
const port = { minimum: 0, maximum: 65_535 }

export const directorySettings = {
  data: pathSetting(PATHS.dataFolder, 'folder of the database, the keys and the first administrator token'),
  names: setting(Type.Array(host, { maxItems: 16 }), [], {
    expected: 'host names and IP addresses, separated by commas on a command line',
    about: 'names of this server for devices and administrators; default: its host name, localhost, loopback',
  }),
  'devices.host': setting(host, '0.0.0.0', {
    expected: 'an IP address or host name',
    about: 'address on which to listen for devices',
  }),
  'devices.port': numberSetting(port, 7443, 'port for devices; 0: any free port'),
  'devices.url': optionalSetting(Type.String({ pattern: '^wss://[^\\s/?#@]+$', maxLength: 300 }), {
    expected: 'wss://HOST:PORT',
    about: 'address in enrolment strings; default: the first of the names, and the port for devices',
  }),
  'devices.channelBinding': choiceSetting(
    ['required', 'off'],
    'required',
    'off only behind a proxy that ends TLS: attestations are then not bound to a connection',
  ),
  'api.host': setting(host, '127.0.0.1', {
    expected: 'an IP address or host name',
    about: 'address on which to listen for administrators',
  }),
  'api.port': numberSetting(port, 7444, 'port for administrators; 0: any free port'),
  trustAnchors: optionalPathSetting('folder with the CA certificates of TPM vendors (PEM or DER)'),
  attestEveryMs: numberSetting(
    { minimum: MINUTE_MS, maximum: 7 * 24 * 60 * MINUTE_MS },
    60 * MINUTE_MS,
    'how often each device must attest again',
  ),
  'stops.confirmAbove': numberSetting(
    { minimum: 0, maximum: 1_000_000 },
    50,
    'a stop of more devices waits for a second person; 0: every stop does',
  ),
  'stops.emergency': switchSetting(true, 'one person may put such a stop in force for an hour'),
  'log.level': choiceSetting(['error', 'warn', 'info', 'debug'], 'info', 'minimum log level'),
  'log.format': choiceSetting(['json', 'text'], 'text', 'JSON lines or plain text'),
  'log.file': optionalPathSetting('log file; standard error if not set'),
  'log.maxBytes': numberSetting(
    { minimum: 64 * 1024, maximum: 1024 * MIB },
    10 * MIB,
    'size at which the log file is rotated',
  ),
  'log.maxFiles': numberSetting({ minimum: 1, maximum: 100 }, 5, 'how many log files are kept'),
} as const

export type DirectoryConfig = Values<typeof directorySettings>

const LOCATIONS = { prefix: DIRECTORY_PREFIX, file: PATHS.configFile, policyFolder: PATHS.policyFolder }

/** @throws what `loadProgramConfig` throws. */
export function loadDirectoryConfig(init: ConfigInit = {}): LoadedConfig<typeof directorySettings> {
  return loadProgramConfig(directorySettings, LOCATIONS, init)
}
