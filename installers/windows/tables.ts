import { WINDOWS, type WindowsDescription } from '../description.ts'
import type { Cell, Table } from './idt.ts'
import { type PackagedFile, type Payload, PROGRAM_FOLDER, TRAY_PROGRAM } from './payload.ts'
import { sequenceTables } from './sequences.ts'
import { stableId } from './stable-ids.ts'

/** The tables of the package. Each is explained in Microsoft's "Windows Installer Database Tables". */

export interface TablesInit {
  readonly version: string
  readonly productCode: string
  readonly cabinet: string
}

const HKLM = 2
const KEY_BY_REGISTRY = 4
const COMPONENT_64 = 256
/** Its condition counts at each installation. */
const TRANSITIVE = 64
const VITAL_FILE = 512
const FOLDER_RIGHTS = 'O:SYG:SYD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)'
const OWN_PROCESS = 16
const AUTOMATIC = 2
/** A service that cannot be entered ends the installation. */
const NORMAL_ERROR = 0x8001
const EVENT = { start: 0x1, stop: 0x2, stopAtRemoval: 0x20, deleteAtRemoval: 0x80 }
/** Both versions included, and the package that is being installed; a build of the same version replaces it. */
const OLDER = 0x100 | 0x200
const ONLY_DETECT = 0x2
const RAW_VALUE_64 = 2 | 16
/** Windows wants the ending in the name. */
export const ICON = 'Surety.ico'
const SOFTWARE_KEY = 'SOFTWARE\\Surety'
const POLICY_KEY = 'SOFTWARE\\Policies\\Surety'

export function packageTables(payload: Payload, init: TablesInit): readonly Table[] {
  const host = serviceHostOf(payload)
  return [
    propertyTable(init, WINDOWS),
    ...placeTables(payload, init),
    ...registryTables(payload, init),
    ...serviceTables(host.component, WINDOWS),
    ...upgradeTables(init),
    ...conditionTables(),
    ...sequenceTables(),
  ]
}

/** @throws if it is missing: without it there is no service. */
export function serviceHostOf({ files }: Payload): PackagedFile {
  const found = files.find(({ path }) => path === WINDOWS.serviceHost)
  if (found === undefined) throw new Error(`${WINDOWS.serviceHost} is missing: npm run build:native -- --windows`)
  return found
}

/** The number by which a detection rule can compare versions: 1.2.3 is 1002003. */
export function versionNumber(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  return major * 1_000_000 + minor * 1_000 + patch
}

function propertyTable({ version, productCode }: TablesInit, { name, publisher, service }: WindowsDescription): Table {
  const secure = ['DIRECTORY_URL', 'ENROLMENT', 'ENROLMENT_FILE', 'TRAY', 'PURGE', 'OLDER_FOUND', 'NEWER_FOUND']
  // What an action is given has the name of the action.
  const hidden = ['ENROLMENT', 'WriteSettings']
  const properties = {
    ProductCode: productCode,
    ProductName: name,
    ProductVersion: version,
    ProductLanguage: '1033',
    Manufacturer: publisher,
    UpgradeCode: WINDOWS.upgradeCode,
    ALLUSERS: '1',
    SecureCustomProperties: secure.toSorted().join(';'),
    MsiHiddenProperties: hidden.join(';'),
    // Our own action stops the service and all that uses our files.
    MSIRESTARTMANAGERCONTROL: 'Disable',
    // A repair replaces every file, not only those with an older version or date.
    REINSTALLMODE: 'amus',
    ARPPRODUCTICON: ICON,
    ARPNOMODIFY: '1',
    ARPCOMMENTS: service.description,
    ARPCONTACT: publisher,
  }
  return {
    name: 'Property',
    columns: [
      ['Property', 's72'],
      ['Value', 'l0'],
    ],
    keys: 1,
    rows: Object.entries(properties),
  }
}

function placeTables({ files, folders }: Payload, { cabinet }: TablesInit): readonly Table[] {
  const componentRows: readonly (readonly Cell[])[] = [
    ...files.map((file) => [file.component, file.componentId, file.folder, COMPONENT_64, null, file.id]),
    ...OWN_COMPONENTS.map(({ id, registry, when }) => [
      ...[id, stableId(`component ${id}`), PROGRAM_FOLDER],
      ...[COMPONENT_64 | (registry === undefined ? 0 : KEY_BY_REGISTRY) | (when === undefined ? 0 : TRANSITIVE)],
      ...[when ?? null, registry ?? null],
    ]),
  ]
  return [
    {
      name: 'Directory',
      columns: [
        ['Directory', 's72'],
        ['Directory_Parent', 'S72'],
        ['DefaultDir', 'l255'],
      ],
      keys: 1,
      rows: [
        ['TARGETDIR', null, 'SourceDir'],
        ['ProgramFiles64Folder', 'TARGETDIR', '.'],
        [PROGRAM_FOLDER, 'ProgramFiles64Folder', WINDOWS.folder],
        ...folders.map(({ id, parent, name }) => [id, parent, name]),
      ],
    },
    {
      name: 'Component',
      columns: [
        ...([
          ['Component', 's72'],
          ['ComponentId', 'S38'],
          ['Directory_', 's72'],
        ] as const),
        ...([
          ['Attributes', 'i2'],
          ['Condition', 'S255'],
          ['KeyPath', 'S72'],
        ] as const),
      ],
      keys: 1,
      rows: componentRows,
    },
    {
      name: 'File',
      columns: [
        ...([
          ['File', 's72'],
          ['Component_', 's72'],
          ['FileName', 'l255'],
          ['FileSize', 'i4'],
        ] as const),
        ...([
          ['Version', 'S72'],
          ['Language', 'S20'],
          ['Attributes', 'I2'],
          ['Sequence', 'i2'],
        ] as const),
      ],
      keys: 1,
      rows: files.map(({ id, component, name, size, version }, at) => [
        ...[id, component, name, size, version ?? null, version === undefined ? null : '1033', VITAL_FILE, at + 1],
      ]),
    },
    {
      name: 'Media',
      columns: [
        ...([
          ['DiskId', 'i2'],
          ['LastSequence', 'i2'],
          ['DiskPrompt', 'L64'],
        ] as const),
        ...([
          ['Cabinet', 'S255'],
          ['VolumeLabel', 'S32'],
          ['Source', 'S72'],
        ] as const),
      ],
      keys: 1,
      rows: [[1, files.length, null, `#${cabinet}`, null, null]],
    },
    {
      name: 'Feature',
      columns: [
        ...([
          ['Feature', 's38'],
          ['Feature_Parent', 'S38'],
          ['Title', 'L64'],
          ['Description', 'L255'],
        ] as const),
        ...([
          ['Display', 'I2'],
          ['Level', 'i2'],
          ['Directory_', 'S72'],
          ['Attributes', 'i2'],
        ] as const),
      ],
      keys: 1,
      rows: [
        ['Main', null, WINDOWS.name, WINDOWS.service.description, 1, 1, null, 16],
        ['Tray', 'Main', 'Tray', 'Shows the state of the device beside the clock.', 2, 1, null, 0],
      ],
    },
    {
      name: 'FeatureComponents',
      columns: [
        ['Feature_', 's38'],
        ['Component_', 's72'],
      ],
      keys: 2,
      rows: [
        ...files.map(({ feature, component }) => [feature, component]),
        ...OWN_COMPONENTS.map(({ feature, id }) => [feature, id]),
      ],
    },
    {
      name: 'CreateFolder',
      columns: [
        ['Directory_', 's72'],
        ['Component_', 's72'],
      ],
      keys: 2,
      rows: [[PROGRAM_FOLDER, 'Folder']],
    },
    {
      name: 'MsiLockPermissionsEx',
      columns: [
        ...([
          ['MsiLockPermissionsEx', 's72'],
          ['LockObject', 's72'],
          ['Table', 's32'],
        ] as const),
        ...([
          ['SDDLText', 's0'],
          ['Condition', 'S255'],
        ] as const),
      ],
      keys: 1,
      rows: [['FolderRights', PROGRAM_FOLDER, 'CreateFolder', FOLDER_RIGHTS, null]],
    },
    {
      name: 'Environment',
      columns: [
        ['Environment', 's72'],
        ['Name', 'l255'],
        ['Value', 'L255'],
        ['Component_', 's72'],
      ],
      keys: 1,
      // Of the machine; added at the end, and taken away again.
      rows: [['Path', '=-*PATH', `[~];[${PROGRAM_FOLDER}]`, 'Path']],
    },
  ]
}

/** Components without a file. */
const OWN_COMPONENTS: readonly {
  readonly id: string
  readonly feature: PackagedFile['feature']
  readonly registry?: string
  readonly when?: string
}[] = [
  { id: 'Folder', feature: 'Main' },
  { id: 'Path', feature: 'Main', registry: 'Path' },
  { id: 'Facts', feature: 'Main', registry: 'Version' },
  { id: 'Directory', feature: 'Main', registry: 'DirectoryUrl', when: 'DIRECTORY_URL' },
]

function registryTables({ files }: Payload, { version }: TablesInit): readonly Table[] {
  const fact = (id: string, name: string, value: string, component = 'Facts', key = SOFTWARE_KEY) => [
    ...[id, HKLM, key, name, value, component],
  ]
  const tray = files.find(({ path }) => path === TRAY_PROGRAM)
  return [
    {
      name: 'Registry',
      columns: [
        ...([
          ['Registry', 's72'],
          ['Root', 'i2'],
          ['Key', 'l255'],
        ] as const),
        ...([
          ['Name', 'L255'],
          ['Value', 'L0'],
          ['Component_', 's72'],
        ] as const),
      ],
      keys: 1,
      rows: [
        fact('Version', 'Version', version),
        fact('VersionNumber', 'InstalledVersionNum', `#${versionNumber(version)}`),
        fact('InstallFolder', 'InstallFolder', `[${PROGRAM_FOLDER}]`),
        fact('TrayWanted', 'Tray', '[TRAY]'),
        // The setting itself, and what a later version of the package remembers: a policy may come from elsewhere.
        fact('DirectoryUrl', 'directory.url', '[DIRECTORY_URL]', 'Directory', POLICY_KEY),
        fact('DirectoryUrlGiven', 'DirectoryUrl', '[DIRECTORY_URL]', 'Directory'),
        fact('Path', 'OnPath', '#1', 'Path'),
        ...(tray === undefined
          ? []
          : [
              fact(
                'TrayStart',
                'Surety',
                `"[#${tray.id}]"`,
                tray.component,
                'SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run',
              ),
            ]),
      ],
    },
  ]
}

function serviceTables(component: string, { service }: WindowsDescription): readonly Table[] {
  return [
    {
      name: 'ServiceInstall',
      columns: [
        ...([
          ['ServiceInstall', 's72'],
          ['Name', 's255'],
          ['DisplayName', 'L255'],
          ['ServiceType', 'i4'],
        ] as const),
        ...([
          ['StartType', 'i4'],
          ['ErrorControl', 'i4'],
          ['LoadOrderGroup', 'S255'],
        ] as const),
        ...([
          ['Dependencies', 'S255'],
          ['StartName', 'S255'],
          ['Password', 'S255'],
        ] as const),
        ...([
          ['Arguments', 'S255'],
          ['Component_', 's72'],
          ['Description', 'L255'],
        ] as const),
      ],
      keys: 1,
      rows: [
        [
          ...['Service', service.name, service.displayName, OWN_PROCESS, AUTOMATIC, NORMAL_ERROR],
          ...[null, null, null, null, null, component, service.description],
        ],
      ],
    },
    {
      name: 'ServiceControl',
      columns: [
        ...([
          ['ServiceControl', 's72'],
          ['Name', 'l255'],
          ['Event', 'i2'],
        ] as const),
        ...([
          ['Arguments', 'L255'],
          ['Wait', 'I2'],
          ['Component_', 's72'],
        ] as const),
      ],
      keys: 1,
      rows: [
        ['Stop', service.name, EVENT.stop | EVENT.stopAtRemoval | EVENT.deleteAtRemoval, null, 1, component],
        // Without waiting: a daemon that starts slowly, or has wrong settings, is no reason to take everything away again.
        ['Start', service.name, EVENT.start, null, 0, component],
      ],
    },
  ]
}

function upgradeTables({ version }: TablesInit): readonly Table[] {
  const columns = [
    ...([
      ['UpgradeCode', 's38'],
      ['VersionMin', 'S20'],
      ['VersionMax', 'S20'],
      ['Language', 'S255'],
    ] as const),
    ...([
      ['Attributes', 'i4'],
      ['Remove', 'S255'],
      ['ActionProperty', 's72'],
    ] as const),
  ]
  const rows = [
    [WINDOWS.upgradeCode, '0.0.0', version, null, OLDER, null, 'OLDER_FOUND'],
    [WINDOWS.upgradeCode, version, null, null, ONLY_DETECT, null, 'NEWER_FOUND'],
  ]
  return [{ name: 'Upgrade', columns, keys: 5, rows }]
}

function conditionTables(): readonly Table[] {
  return [
    {
      name: 'Condition',
      columns: [
        ['Feature_', 's38'],
        ['Level', 'i2'],
        ['Condition', 'S255'],
      ],
      keys: 2,
      rows: [['Tray', 0, 'TRAY="0"']],
    },
    {
      name: 'LaunchCondition',
      columns: [
        ['Condition', 's255'],
        ['Description', 'l255'],
      ],
      keys: 1,
      rows: [
        ['Installed OR WINDOWS_MAJOR', 'Surety needs Windows 10 or later.'],
        ['Installed OR Privileged', 'Only an administrator can install Surety.'],
      ],
    },
    {
      name: 'AppSearch',
      columns: [
        ['Property', 's72'],
        ['Signature_', 's72'],
      ],
      keys: 2,
      rows: [
        ['TRAY_BEFORE', 'TrayBefore'],
        ['URL_BEFORE', 'UrlBefore'],
        ['WINDOWS_MAJOR', 'WindowsMajor'],
      ],
    },
    {
      name: 'RegLocator',
      columns: [
        ['Signature_', 's72'],
        ['Root', 'i2'],
        ['Key', 's255'],
        ['Name', 'S255'],
        ['Type', 'I2'],
      ],
      keys: 1,
      rows: [
        ['TrayBefore', HKLM, SOFTWARE_KEY, 'Tray', RAW_VALUE_64],
        ['UrlBefore', HKLM, SOFTWARE_KEY, 'DirectoryUrl', RAW_VALUE_64],
        // Windows 10 was the first to have it.
        ...[
          [
            'WindowsMajor',
            HKLM,
            'SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion',
            'CurrentMajorVersionNumber',
            RAW_VALUE_64,
          ],
        ],
      ],
    },
  ]
}
