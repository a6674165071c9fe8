import { Type } from '../base/schema.ts'
import { CHECKS } from '../protocol/finding.ts'
import { type ConfigInit, type LoadedConfig, loadProgramConfig } from './program-config.ts'
import {
  choiceSetting,
  numberSetting,
  optionalPathSetting,
  optionalSetting,
  pathSetting,
  type Setting,
  setting,
  type Values,
} from './settings.ts'

/** What `suretyd` can be told, and how it is told. */

const MIB = 1024 * 1024

const CHECK = CHECKS.map((check) => check.replace('.', '\\.')).join('|')
const CHECK_LIST = `^((${CHECK})(,(${CHECK}))*)?$`

const DAEMON_CONFIG_FILE = '/etc/surety/suretyd.json'
const POLICY_FOLDER = '/etc/surety/managed.d'
const DAEMON_PREFIX = 'SURETYD_'

export const daemonSettings = {
  stateFolder: pathSetting('/var/lib/surety', 'keys, spool and identity of this device'),
  socket: pathSetting('/run/surety/control.sock', 'where the command line reaches the daemon'),
  enrolmentFile: pathSetting('/etc/surety/enrolment', 'holds the enrolment string until it is used'),
  keys: choiceSetting(['auto', 'tpm', 'pkcs11', 'software'], 'auto', 'what keeps the device key'),
  'tpm.device': pathSetting('/dev/tpmrm0', 'the TPM with its resource manager'),
  'tpm.simulator': optionalSetting(
    Type.String({ pattern: '^(unix:/[^\\u0000]+|tcp:[^\\s:]+:[0-9]+)$', maxLength: 4096 }),
    {
      expected: 'unix:/PATH or tcp:HOST:PORT',
      about: 'socket of a TPM simulator; the tier is then `simulated`',
    },
  ),
  'pkcs11.module': optionalPathSetting('library of the token'),
  'pkcs11.tokenLabel': optionalSetting(Type.String({ minLength: 1, maxLength: 32 }), {
    expected: '1 to 32 characters',
    about: 'label of the token to use',
  }),
  'pkcs11.pinFile': optionalPathSetting('file with the PIN of the token, readable by root only'),
  'log.level': choiceSetting(['error', 'warn', 'info', 'debug'], 'info', 'least level that is written'),
  'log.format': choiceSetting(['json', 'text'], 'text', 'one JSON object a line, or words'),
  'log.file': optionalPathSetting('file to write to instead of standard error'),
  'log.maxBytes': numberSetting({ minimum: 64 * 1024, maximum: 1024 * MIB }, 10 * MIB, 'size at which it is rotated'),
  'log.maxFiles': numberSetting({ minimum: 1, maximum: 100 }, 5, 'how many files are kept'),
  'schedules.posture': cronSetting('*/15 * * * *', 'when the device is checked'),
  'schedules.discovery': cronSetting(
    '*/5 * * * *',
    'when agents, extensions and their files are looked for; while nobody works, in every sixth turn',
  ),
  'schedules.processes': cronSetting('*/10 * * * * *', 'when running processes are looked at, if any began or ended'),
  'schedules.attest': cronSetting('0 * * * *', 'when the device attests anew'),
  'posture.skip': setting(Type.String({ pattern: CHECK_LIST, maxLength: 1024 }), '', {
    expected: `names of checks, separated by commas: ${CHECKS.join(', ')}`,
    about: 'checks that are not made on this device; each counts as unknown',
  }),
  'spool.maxBytes': numberSetting({ minimum: 4 * MIB, maximum: 4096 * MIB }, 64 * MIB, 'evidence kept while offline'),
  'discovery.catalogue': optionalPathSetting('catalogue of agents to use instead of the built-in one'),
  'discovery.catalogueKey': optionalSetting(Type.String({ pattern: '^[A-Za-z0-9_-]{100,200}$' }), {
    expected: 'a P-256 SubjectPublicKeyInfo in base64url',
    about: 'who must have signed a catalogue of agents, from a file or from the directory',
  }),
} as const

/** Five fields, or six with seconds first. */
function cronSetting(value: string, about: string): Setting<string> {
  return setting(Type.String({ pattern: '^\\S+( \\S+){4,5}$', maxLength: 128 }), value, {
    expected: 'a cron expression of five or six fields',
    about,
  })
}

export type DaemonConfig = Values<typeof daemonSettings>

const PLACES = { prefix: DAEMON_PREFIX, file: DAEMON_CONFIG_FILE, policyFolder: POLICY_FOLDER }

/** @throws as `loadProgramConfig`. */
export function loadDaemonConfig(init: ConfigInit = {}): LoadedConfig<typeof daemonSettings> {
  return loadProgramConfig(daemonSettings, PLACES, init)
}
