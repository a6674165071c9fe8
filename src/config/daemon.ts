import type { KeyKind } from '../base/key-kinds.ts'
import { Type, words } from '../base/schema.ts'
import { CHECKS } from '../checks/checks.ts'
import { TRAY_SHOW } from '../protocol/messages/control.ts'
import { CHANNEL_NAME, PROGRAM_VERSION } from '../protocol/updates.ts'
import { DEFAULT_PATHS, type DefaultPaths } from '../system/platform/default-paths.ts'
import { defaultPaths, systemRegistry } from '../system/platform/this-platform.ts'
import { logSettingsOn } from './log-settings.ts'
import type { ManagedPlace } from './managed-sources.ts'
import { type ConfigInit, type LoadedConfig, loadProgramConfig } from './program-config.ts'
import {
  choiceSetting,
  numberSetting,
  optionalPathSetting,
  optionalSetting,
  pathSetting,
  type Setting,
  setting,
  socketSetting,
  type Values,
} from './settings.ts'

/** The settings of `suretyd`. */

const MIB = 1024 * 1024

const DAEMON_PREFIX = 'SURETYD_'

/** The settings as they are on one system: paths, and what keeps keys, differ. */
export const daemonSettingsOn = (paths: DefaultPaths) => ({
  stateFolder: pathSetting(paths.daemon.stateFolder, 'keys, spool and identity of this device', paths),
  socket: socketSetting(paths, 'local socket of the daemon'),
  enrolmentFile: pathSetting(
    paths.daemon.enrolmentFile,
    'file with the enrolment string; read until the device is enrolled',
    paths,
  ),
  'directory.url': optionalSetting(Type.String({ pattern: '^wss://[^\\s/?#@]+/?$', maxLength: 300 }), {
    expected: 'wss://HOST:PORT',
    about: 'address of the directory, in place of the one in the enrolment string; the keys are those of the string',
  }),
  keys: choiceSetting<readonly ('auto' | KeyKind)[]>(
    ['auto', ...paths.keyKinds],
    'auto',
    'where the device key is kept',
  ),
  'tpm.device': tpmDeviceSetting(paths.tpmDevice),
  'tpm.simulator': optionalSetting(
    Type.String({ pattern: '^(unix:/[^\\u0000]+|tcp:[^\\s:]+:[0-9]+)$', maxLength: 4096 }),
    {
      expected: 'unix:/PATH or tcp:HOST:PORT',
      about: 'socket of a TPM simulator, for tests; tier `simulated`',
    },
  ),
  'pkcs11.module': optionalPathSetting('library of the PKCS#11 token', paths),
  'pkcs11.tokenLabel': optionalSetting(Type.String({ minLength: 1, maxLength: 32 }), {
    expected: '1 to 32 characters',
    about: 'label of the PKCS#11 token',
  }),
  'pkcs11.pinFile': optionalPathSetting('file with the PIN of the token, readable by root only', paths),
  ...logSettingsOn(paths),
  'schedules.posture': cronSetting('*/15 * * * *', 'when the checks run'),
  'schedules.discovery': cronSetting(
    '*/5 * * * *',
    'when homes are scanned for agents, extensions and files; every sixth time on an idle machine',
  ),
  'schedules.processes': cronSetting('*/10 * * * * *', 'when processes are scanned, if any started or ended'),
  'schedules.attest': cronSetting('0 * * * *', 'when the device attests again'),
  'schedules.updates': cronSetting('23 * * * *', 'when the update repository is asked, if updates come from one'),
  'schedules.settings': cronSetting(
    '*/30 * * * * *',
    'when the settings are looked at; a service starts again with changed ones after the second look',
  ),
  'posture.skip': setting(Type.Array(words(...CHECKS), { maxItems: CHECKS.length }), [], {
    expected: `a list of checks, separated by commas on a command line: ${CHECKS.join(', ')}`,
    about: 'checks to skip on this device; each counts as one that could not be made',
  }),
  'support.owner': textSetting('who answers for this device, shown by surety status', 256),
  'support.contact': textSetting('whom to ask about this device, such as a mail address or a telephone number', 256),
  'support.url': optionalSetting(Type.String({ pattern: '^https://[^\\s\\u0000-\\u001f]+$', maxLength: 512 }), {
    expected: 'an address that begins with https://',
    about: 'page with help for users of this device',
  }),
  'tray.show': choiceSetting(
    TRAY_SHOW,
    'always',
    'when users see the tray icon; when-needed: while something is wrong',
  ),
  'tray.loginFile': optionalPathSetting(
    'file with one line for people who log in to a terminal, such as /run/motd.d/surety',
    paths,
  ),
  'spool.maxBytes': numberSetting(
    { minimum: 4 * MIB, maximum: 4096 * MIB },
    64 * MIB,
    'size limit of the evidence that waits for the directory',
  ),
  'hooks.gate': choiceSetting(
    ['installed', 'always'],
    'installed',
    'when the gate runs that answers hooks of agents; installed: while surety hooks install has put them there',
  ),
  'hooks.withoutGate': choiceSetting(
    ['deny', 'allow'],
    'deny',
    'whether agents may act while suretyd does not run on a device with hooks',
  ),
  'discovery.catalogue': optionalPathSetting('catalogue file that replaces the built-in one', paths),
  'discovery.catalogueKey': optionalSetting(Type.String({ pattern: '^[A-Za-z0-9_-]{100,200}$' }), {
    expected: 'a P-256 SubjectPublicKeyInfo in base64url',
    about: 'public key that must have signed a catalogue, from a file or the directory',
  }),
  'updates.by': choiceSetting(
    ['mdm', 'directory'],
    'mdm',
    'who brings newer versions: your packages alone, or an update repository as well',
  ),
  'updates.root': optionalSetting(Type.String({ pattern: '^[0-9a-f]{64}$' }), {
    expected: '64 hexadecimal digits in lower case',
    about: 'SHA-256 of the first root of the update repository, as surety-directory updates init prints it',
  }),
  'updates.channel': setting(Type.String({ pattern: CHANNEL_NAME }), 'stable', {
    expected: 'a name of lower-case letters, digits and hyphens',
    about: 'channel of the update repository',
  }),
  'updates.pin': optionalSetting(Type.String({ pattern: PROGRAM_VERSION, maxLength: 17 }), {
    expected: 'a version such as 1.2.0',
    about: 'the version to run whatever the channel says, if the repository has it',
  }),
  'updates.url': optionalSetting(Type.String({ pattern: '^(https://[^\\s?#@]+|file:///[^\\s?#]*)$', maxLength: 512 }), {
    expected: 'https://HOST/PATH/ or file:///PATH/',
    about: 'copy of the update repository; default: the directory',
  }),
})

export const daemonSettings = daemonSettingsOn(defaultPaths())

/** Windows has one resource manager and no path to it. */
function tpmDeviceSetting(value: string): Setting<string> {
  if (value === 'tbs') return choiceSetting(['tbs'], 'tbs', 'TPM device: TPM Base Services')
  return pathSetting(value, 'TPM device (kernel resource manager)', DEFAULT_PATHS.linux)
}

function textSetting(about: string, maxLength: number): Setting<string | undefined> {
  return optionalSetting(Type.String({ pattern: '^[^\\u0000-\\u001f\\u007f]+$', maxLength }), {
    expected: `one line of 1 to ${maxLength} characters`,
    about,
  })
}

/** Five fields, or six with seconds first. */
function cronSetting(value: string, about: string): Setting<string> {
  return setting(Type.String({ pattern: '^\\S+( \\S+){4,5}$', maxLength: 128 }), value, {
    expected: 'a cron expression of five or six fields',
    about,
  })
}

export type DaemonConfig = Values<typeof daemonSettings>

const { configFile, policyFolder, managed: MANAGED } = defaultPaths().daemon
const LOCATIONS = { prefix: DAEMON_PREFIX, file: configFile, policyFolder, managed: managedPlace }

function managedPlace(): ManagedPlace | undefined {
  if (MANAGED === undefined || 'preferences' in MANAGED) return MANAGED
  const registry = systemRegistry()
  return registry && { registry, key: MANAGED.key }
}

/** @throws what `loadProgramConfig` throws. */
export function loadDaemonConfig(init: ConfigInit = {}): LoadedConfig<typeof daemonSettings> {
  return loadProgramConfig(daemonSettings, LOCATIONS, init)
}
