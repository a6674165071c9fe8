import type { PlatformName } from '../platform.ts'

/** Default values of settings that are paths. */
export interface DefaultPaths {
  /** A JSON Schema pattern for absolute paths. */
  readonly absolutePath: string
  readonly daemon: {
    readonly configFile: string
    readonly policyFolder: string
    readonly stateFolder: string
    readonly socket: string
    readonly enrolmentFile: string
    /** macOS and Windows have no such file. */
    readonly tpm: string
  }
  readonly directory: { readonly configFile: string; readonly policyFolder: string; readonly dataFolder: string }
}

const UNIX_PATH = '^/[^\\u0000]*$'
const WINDOWS_PATH = '^([A-Za-z]:\\\\|\\\\\\\\)[^\\u0000]*$'
const LINUX_TPM = '/dev/tpmrm0'
const MAC = '/Library/Application Support/Surety'
const WINDOWS = 'C:\\ProgramData\\Surety'

export const DEFAULT_PATHS: Readonly<Record<PlatformName, DefaultPaths>> = {
  linux: {
    absolutePath: UNIX_PATH,
    daemon: {
      configFile: '/etc/surety/suretyd.json',
      policyFolder: '/etc/surety/managed.d',
      stateFolder: '/var/lib/surety',
      socket: '/run/surety/control.sock',
      enrolmentFile: '/etc/surety/enrolment',
      tpm: LINUX_TPM,
    },
    directory: {
      configFile: '/etc/surety/directory.json',
      policyFolder: '/etc/surety/directory-managed.d',
      dataFolder: '/var/lib/surety-directory',
    },
  },
  darwin: {
    absolutePath: UNIX_PATH,
    daemon: {
      configFile: `${MAC}/suretyd.json`,
      policyFolder: `${MAC}/managed.d`,
      stateFolder: `${MAC}/state`,
      socket: '/var/run/surety/control.sock',
      enrolmentFile: `${MAC}/enrolment`,
      tpm: LINUX_TPM,
    },
    directory: {
      configFile: `${MAC}/directory.json`,
      policyFolder: `${MAC}/directory-managed.d`,
      dataFolder: `${MAC}/directory`,
    },
  },
  windows: {
    absolutePath: WINDOWS_PATH,
    daemon: {
      configFile: `${WINDOWS}\\suretyd.json`,
      policyFolder: `${WINDOWS}\\managed.d`,
      stateFolder: `${WINDOWS}\\state`,
      socket: '\\\\.\\pipe\\surety-control',
      enrolmentFile: `${WINDOWS}\\enrolment`,
      tpm: `${WINDOWS}\\tpm`,
    },
    directory: {
      configFile: `${WINDOWS}\\directory.json`,
      policyFolder: `${WINDOWS}\\directory-managed.d`,
      dataFolder: `${WINDOWS}\\directory`,
    },
  },
}
