import type { KeyKind } from '../../base/key-kinds.ts'
import type { RegistryKey } from '../facts/windows-facts.ts'
import { WINDOWS_PATH_PATTERN } from '../files/windows-path.ts'
import type { PlatformName } from '../platform.ts'
import { PIPE_NAME_PATTERN } from '../socket/pipe-name.ts'

/** Values of settings that differ between systems. */
export interface DefaultPaths {
  /** A JSON Schema pattern for absolute paths. */
  readonly absolutePath: string
  /** The same for the local socket: a path, or on Windows the name of a pipe of this machine. */
  readonly socketPath: string
  readonly daemon: {
    readonly configFile: string
    readonly policyFolder: string
    /** Where a device management sets the settings of the daemon, besides files in `policyFolder`. */
    readonly managed?: { readonly key: RegistryKey } | { readonly preferences: string }
    readonly stateFolder: string
    readonly socket: string
    readonly enrolmentFile: string
  }
  /**
   * The kinds of keys that a device can have, best first: one that proves where it lives, one in hardware that a person configured, one
   * in hardware by the word of the system, one in a file. A Mac has no TPM but may use a simulator.
   */
  readonly keyKinds: readonly KeyKind[]
  /** The setting `tpm.device`. macOS has no such file; `tbs` stands for TPM Base Services, which has no path. */
  readonly tpmDevice: string
  readonly directory: { readonly configFile: string; readonly policyFolder: string; readonly dataFolder: string }
}

const UNIX_PATH = '^/[^\\u0000]*$'
const LINUX_TPM = '/dev/tpmrm0'
const MAC = '/Library/Application Support/Surety'
/** Domain of the managed preferences on macOS. */
export const PREFERENCES_DOMAIN = 'org.surety'
const WINDOWS = 'C:\\ProgramData\\Surety'

export const DEFAULT_PATHS: Readonly<Record<PlatformName, DefaultPaths>> = {
  linux: {
    absolutePath: UNIX_PATH,
    socketPath: UNIX_PATH,
    daemon: {
      configFile: '/etc/surety/suretyd.json',
      policyFolder: '/etc/surety/managed.d',
      stateFolder: '/var/lib/surety',
      socket: '/run/surety/control.sock',
      enrolmentFile: '/etc/surety/enrolment',
    },
    keyKinds: ['tpm', 'pkcs11', 'software'],
    tpmDevice: LINUX_TPM,
    directory: {
      configFile: '/etc/surety/directory.json',
      policyFolder: '/etc/surety/directory-managed.d',
      dataFolder: '/var/lib/surety-directory',
    },
  },
  darwin: {
    absolutePath: UNIX_PATH,
    socketPath: UNIX_PATH,
    daemon: {
      configFile: `${MAC}/suretyd.json`,
      policyFolder: `${MAC}/managed.d`,
      managed: { preferences: `/Library/Managed Preferences/${PREFERENCES_DOMAIN}.plist` },
      stateFolder: `${MAC}/state`,
      socket: '/var/run/surety/control.sock',
      enrolmentFile: `${MAC}/enrolment`,
    },
    keyKinds: ['tpm', 'pkcs11', 'secure-enclave', 'software'],
    tpmDevice: LINUX_TPM,
    directory: {
      configFile: `${MAC}/directory.json`,
      policyFolder: `${MAC}/directory-managed.d`,
      dataFolder: `${MAC}/directory`,
    },
  },
  windows: {
    absolutePath: WINDOWS_PATH_PATTERN,
    socketPath: PIPE_NAME_PATTERN,
    daemon: {
      configFile: `${WINDOWS}\\suretyd.json`,
      policyFolder: `${WINDOWS}\\managed.d`,
      managed: { key: 'HKLM\\SOFTWARE\\Policies\\Surety' },
      stateFolder: `${WINDOWS}\\state`,
      // Windows lets administrators alone make a pipe with this prefix.
      socket: '\\\\.\\pipe\\ProtectedPrefix\\Administrators\\Surety\\control',
      enrolmentFile: `${WINDOWS}\\enrolment`,
    },
    keyKinds: ['tpm', 'pkcs11', 'cng', 'software'],
    tpmDevice: 'tbs',
    directory: {
      configFile: `${WINDOWS}\\directory.json`,
      policyFolder: `${WINDOWS}\\directory-managed.d`,
      dataFolder: `${WINDOWS}\\directory`,
    },
  },
}
