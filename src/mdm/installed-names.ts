import { PREFERENCES_DOMAIN } from '../system/platform/default-paths.ts'

/** What the packages install under which name. A test compares these with the packages. */

export const MAC = {
  domain: PREFERENCES_DOMAIN,
  /** Runs the daemon, and reads homes. Root alone can start it; users have another copy. */
  program: '/Library/Surety/daemon/node',
  /** The identifier that the program is signed with; `codesign --identifier`. */
  codeIdentifier: `${PREFERENCES_DOMAIN}.node`,
  command: '/Library/Surety/bin/surety',
  dataFolder: '/Library/Application Support/Surety',
  label: `${PREFERENCES_DOMAIN}.suretyd`,
  labelPrefix: `${PREFERENCES_DOMAIN}.`,
  /** Shows notices. */
  tray: `${PREFERENCES_DOMAIN}.tray`,
} as const

export const WINDOWS = {
  policyKey: 'SOFTWARE\\Policies\\Surety',
  /** Has the values `Version` and `InstalledVersionNum`. */
  productKey: 'SOFTWARE\\Surety',
  service: 'suretyd',
  /** The version is between. */
  installer: 'surety-*-x64.msi',
  /** Below the folder of programs. */
  command: 'Surety\\surety.cmd',
} as const

export const LINUX = {
  packageName: 'surety',
  command: 'surety',
  service: 'suretyd.service',
  settingsFile: '50-mdm.json',
} as const

export const ENROLMENT = 'enrolment'
