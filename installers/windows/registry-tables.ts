import type { Table } from './idt.ts'
import { type Payload, PROGRAM_FOLDER, TRAY_PROGRAM } from './payload.ts'

const HKLM = 2
const RAW_VALUE_64 = 2 | 16
const SOFTWARE_KEY = 'SOFTWARE\\Surety'
const POLICY_KEY = 'SOFTWARE\\Policies\\Surety'

/** What the package writes into the registry. */
export function registryTables({ files }: Payload, version: string): readonly Table[] {
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

/** What it reads from the registry before it decides anything. */
export function searchTables(): readonly Table[] {
  return [
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

/** The number by which a detection rule can compare versions: 1.2.3 is 1002003. */
function versionNumber(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  return major * 1_000_000 + minor * 1_000 + patch
}
