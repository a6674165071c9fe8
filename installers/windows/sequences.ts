import type { Table } from './idt.ts'
import { PROGRAM_FOLDER, TRAY_PROGRAM } from './payload.ts'

/** What the installer does, in which order. Standard actions are those of Windows; ours are functions of `surety-setup.dll`. */

const REMOVAL = 'REMOVE="ALL"'
/** Also the same package again, so that settings can be given later. */
const NO_REMOVAL = `NOT ${REMOVAL}`
/** Only then is the service started again by Windows. */
const REPLACES_FILES = `NOT Installed OR REINSTALL OR ${REMOVAL}`
const GIVEN_LATER = 'Installed AND NOT REINSTALL AND NOT REMOVE AND (WriteSettings OR DIRECTORY_URL)'
const RUNS_DLL = 1
const REFUSES = 19
const SETS_PROPERTY = 51
/** With the rights of the system, when the changes are made. */
const DEFERRED = 0x400 | 0x800
const ON_ROLLBACK = 0x100
const ON_COMMIT = 0x200
/** Keeps what it is given out of the log. */
const HIDES = 0x2000
/** The library in the package. */
export const SETUP = 'Setup'

interface Step {
  readonly name: string
  readonly at: number
  readonly when?: string
  /** Ours: the type of the custom action, and what it is given. */
  readonly own?: Action
}

type Action = readonly [type: number, source: string, target: string]

const setup = (type: number, name: string): Action => [RUNS_DLL | type, SETUP, name]
const NEWER = 'A newer version of Surety is installed. It stays: an older one would not read its state.'

const EXECUTE: readonly Step[] = [
  { name: 'FindRelatedProducts', at: 25 },
  { name: 'AppSearch', at: 50 },
  { name: 'LaunchConditions', at: 100 },
  { name: 'ValidateProductID', at: 700 },
  { name: 'RefuseOlder', at: 710, when: 'NEWER_FOUND', own: [REFUSES, '', NEWER] },
  { name: 'ReadSettings', at: 720, when: NO_REMOVAL, own: setup(0, 'ReadSettings') },
  // Else Windows would find nothing to do, and the daemon would go on as it is.
  { name: 'TakeSettings', at: 730, when: GIVEN_LATER, own: [SETS_PROPERTY, 'REINSTALL', 'ALL'] },
  { name: 'RememberTray', at: 740, when: 'NOT TRAY AND TRAY_BEFORE', own: [SETS_PROPERTY, 'TRAY', '[TRAY_BEFORE]'] },
  {
    name: 'RememberUrl',
    at: 750,
    when: 'NOT DIRECTORY_URL AND URL_BEFORE',
    own: [SETS_PROPERTY, 'DIRECTORY_URL', '[URL_BEFORE]'],
  },
  { name: 'CostInitialize', at: 800 },
  { name: 'FileCost', at: 900 },
  { name: 'CostFinalize', at: 1000 },
  { name: 'SayFolder', at: 1010, own: [SETS_PROPERTY, 'ARPINSTALLLOCATION', `[${PROGRAM_FOLDER}]`] },
  // What an action is given has the name of the action.
  { name: 'GiveFolder', at: 1020, own: [SETS_PROPERTY, 'WaitStopped', `[${PROGRAM_FOLDER}]`] },
  { name: 'GiveTray', at: 1030, own: [SETS_PROPERTY, 'StartTray', `[${PROGRAM_FOLDER}]${TRAY_PROGRAM}`] },
  { name: 'InstallValidate', at: 1400 },
  { name: 'InstallInitialize', at: 1500 },
  // Within the transaction, and before all that is written into its script: if the new version cannot be installed, the old one stays.
  { name: 'RemoveExistingProducts', at: 1510 },
  // The first of all changes is undone last. When a version is replaced, its own package does this.
  { name: 'StartAgain', at: 1520, when: 'Installed', own: setup(DEFERRED | ON_ROLLBACK, 'StartAgain') },
  { name: 'ProcessComponents', at: 1600 },
  { name: 'UnpublishFeatures', at: 1800 },
  { name: 'WaitStopped', at: 1890, when: REPLACES_FILES, own: setup(DEFERRED, 'WaitStopped') },
  { name: 'StopServices', at: 1900, when: 'VersionNT' },
  { name: 'DeleteServices', at: 2000, when: 'VersionNT' },
  {
    name: 'RemoveData',
    at: 2010,
    when: `${REMOVAL} AND PURGE="1" AND NOT UPGRADINGPRODUCTCODE`,
    own: setup(DEFERRED, 'RemoveData'),
  },
  { name: 'RemoveRegistryValues', at: 2600 },
  { name: 'RemoveEnvironmentStrings', at: 3300 },
  { name: 'RemoveFiles', at: 3500 },
  { name: 'RemoveFolders', at: 3600 },
  { name: 'CreateFolders', at: 3700 },
  { name: 'PrepareData', at: 3710, when: NO_REMOVAL, own: setup(DEFERRED, 'PrepareData') },
  { name: 'InstallFiles', at: 4000 },
  { name: 'WriteRegistryValues', at: 5000 },
  { name: 'WriteEnvironmentStrings', at: 5200 },
  { name: 'InstallServices', at: 5800, when: 'VersionNT' },
  { name: 'DescribeService', at: 5810, when: NO_REMOVAL, own: setup(DEFERRED, 'DescribeService') },
  ...(
    [
      ['UndoSettings', 5820, ON_ROLLBACK],
      ['WriteSettings', 5830, HIDES],
      ['KeepSettings', 5840, ON_COMMIT],
    ] as const
  ).map(([name, at, type]) => ({
    name,
    at,
    when: `WriteSettings AND ${NO_REMOVAL}`,
    own: setup(DEFERRED | type, name),
  })),
  // The log ends with all properties.
  { name: 'ForgetSettings', at: 5850, own: setup(0, 'ForgetSettings') },
  { name: 'StartServices', at: 5900, when: 'VersionNT' },
  { name: 'RegisterUser', at: 6000 },
  { name: 'RegisterProduct', at: 6100 },
  { name: 'PublishFeatures', at: 6300 },
  { name: 'PublishProduct', at: 6400 },
  { name: 'StartTray', at: 6500, when: '&Tray=3', own: setup(DEFERRED | ON_COMMIT, 'StartTray') },
  { name: 'InstallFinalize', at: 6600 },
]

/** No windows of our own: a double click shows the progress that Windows shows. */
const SHOWN: readonly Step[] = [
  ...EXECUTE.filter(({ at }) => at <= 710),
  ...EXECUTE.filter(({ name }) => /^Cost|^FileCost$/.test(name)),
  { name: 'ExecuteAction', at: 1300 },
]

/** `msiexec /a`: unpacks the files and changes nothing else. */
const UNPACKED = EXECUTE.filter(({ name }) =>
  /^(Cost.*|FileCost|InstallValidate|InstallInitialize|InstallFiles|InstallFinalize)$/.test(name),
)

/** There is no table for advertising: an ordinary user cannot start an installation that has the rights of the system. */
export function sequenceTables(): readonly Table[] {
  const table = (name: string, steps: readonly Step[]): Table => ({
    name,
    columns: [
      ['Action', 's72'],
      ['Condition', 'S255'],
      ['Sequence', 'I2'],
    ],
    keys: 1,
    rows: steps.map(({ name: action, when, at }) => [action, when ?? null, at]),
  })
  return [
    table('InstallExecuteSequence', EXECUTE),
    table('InstallUISequence', SHOWN),
    table('AdminExecuteSequence', [...UNPACKED, { name: 'InstallAdminPackage', at: 3900 }]),
    {
      name: 'CustomAction',
      columns: [
        ['Action', 's72'],
        ['Type', 'i2'],
        ['Source', 'S72'],
        ['Target', 'S255'],
      ],
      keys: 1,
      rows: EXECUTE.flatMap(({ name, own }) => (own === undefined ? [] : [[name, own[0], own[1] || null, own[2]]])),
    },
  ]
}
