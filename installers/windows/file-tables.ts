import { WINDOWS } from '../description.ts'
import type { Cell, Table } from './idt.ts'
import { type PackagedFile, type Payload, PROGRAM_FOLDER } from './payload.ts'
import { stableId } from './stable-ids.ts'

const KEY_BY_REGISTRY = 4
const COMPONENT_64 = 256
/** Its condition counts at each installation. */
const TRANSITIVE = 64
const VITAL_FILE = 512
const FOLDER_RIGHTS = 'O:SYG:SYD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)'

/** Folders, files, and the components and features they belong to. */
export function fileTables({ files, folders }: Payload, cabinet: string): readonly Table[] {
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
