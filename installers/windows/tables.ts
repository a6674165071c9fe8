import { WINDOWS, type WindowsDescription } from '../description.ts'
import { fileTables } from './file-tables.ts'
import type { Table } from './idt.ts'
import type { PackagedFile, Payload } from './payload.ts'
import { registryTables, searchTables } from './registry-tables.ts'
import { sequenceTables } from './sequences.ts'
import { serviceTables } from './service-tables.ts'

/** The tables of the package. Each is explained in Microsoft's "Windows Installer Database Tables". */

export interface TablesInit {
  readonly version: string
  readonly productCode: string
  readonly cabinet: string
}

/** Both versions included, and the package that is being installed; a build of the same version replaces it. */
const OLDER = 0x100 | 0x200
const ONLY_DETECT = 0x2
/** Windows wants the ending in the name. */
export const ICON = 'Surety.ico'

export function packageTables(payload: Payload, init: TablesInit): readonly Table[] {
  const host = serviceHostOf(payload)
  return [
    propertyTable(init, WINDOWS),
    ...fileTables(payload, init.cabinet),
    ...registryTables(payload, init.version),
    ...serviceTables(host.component, WINDOWS),
    ...upgradeTables(init),
    ...conditionTables(),
    ...searchTables(),
    ...sequenceTables(),
  ]
}

/** @throws if it is missing: without it there is no service. */
export function serviceHostOf({ files }: Payload): PackagedFile {
  const found = files.find(({ path }) => path === WINDOWS.serviceHost)
  if (found === undefined) throw new Error(`${WINDOWS.serviceHost} is missing: npm run build:native -- --windows`)
  return found
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
  ]
}
