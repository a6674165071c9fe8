import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WINDOWS } from '../description.ts'
import { runTool } from '../run-tool.ts'
import { idtText, type Table } from './idt.ts'
import { type Payload, payloadOf } from './payload.ts'
import { SETUP } from './sequences.ts'
import { stableId } from './stable-ids.ts'
import { ICON, packageTables, serviceHostOf } from './tables.ts'

export interface MsiInit {
  /** Three numbers, as Windows Installer compares them. */
  readonly version: string
  /** `surety-setup.dll`. */
  readonly setup: string
  readonly epoch: number
  /** False is faster, for tests. */
  readonly isCompressed: boolean
}

const CABINET = 'surety.cab'

/** @throws if Windows Installer would not compare it: the fourth number and words such as `-rc.1` are ignored there. */
export function requireMsiVersion(version: string): void {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,5})$/.exec(version)?.slice(1).map(Number)
  const [major = 256, minor = 256, patch = 65536] = parts ?? []
  if (major > 255 || minor > 255 || patch > 65535)
    throw new Error(`version ${version}: Windows Installer compares three numbers, at most 255.255.65535`)
}

/**
 * A package for Windows Installer.
 *
 * @param staged the folder that becomes the program's folder.
 * @returns the path of the package in `out`.
 */
export function makeMsi(staged: string, out: string, init: MsiInit): string {
  requireMsiVersion(init.version)
  const path = join(out, `surety-${init.version}-x64.msi`)
  const folder = mkdtempSync(join(tmpdir(), 'surety-msi-'))
  try {
    const payload = payloadOf(staged)
    serviceHostOf(payload)
    const cabinet = makeCabinet(folder, payload, init)
    const [setup, icon] = [readFileSync(init.setup), readFileSync(WINDOWS.icon)]
    const contents = createHash('sha256').update(readFileSync(cabinet)).update(setup).update(icon).digest('hex')
    // A build with other contents is another product, which replaces this one.
    const productCode = stableId(`product ${init.version} ${contents}`)
    const tables = packageTables(payload, { version: init.version, productCode, cabinet: CABINET })
    const texts = new Map([...tables, ...streamTables()].map((table) => [table.name, idtText(table)]))
    const packageCode = stableId(`package ${init.epoch} ${contents} ${[...texts.values()].join('')}`)
    texts.set('_SummaryInformation', idtText(summaryTable(packageCode, init)))
    texts.set('_ForceCodepage', '\r\n\r\n65001\t_ForceCodepage\r\n')
    for (const [name, text] of texts) writeFileSync(join(folder, `${name}.idt`), text)
    // A column of streams names files in a folder of the table's name.
    for (const [table, name, content] of [
      ['Binary', SETUP, setup],
      ['Icon', ICON, icon],
    ] as const) {
      mkdirSync(join(folder, table))
      writeFileSync(join(folder, table, name), content)
    }
    const unfinished = join(folder, 'unfinished.msi')
    const importing = [...texts.keys()].flatMap((name) => ['-i', `${name}.idt`])
    runTool('/usr/bin/msibuild', [unfinished, ...importing, '-a', CABINET, cabinet], { cwd: folder })
    copyFileSync(unfinished, path)
    return path
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Files have the names that the table gives them, and the time of the build. */
function makeCabinet(folder: string, { files }: Payload, { epoch, isCompressed }: MsiInit): string {
  const content = join(folder, 'content')
  const cabinet = join(folder, CABINET)
  mkdirSync(content)
  for (const { id, source } of files) {
    copyFileSync(source, join(content, id))
    chmodSync(join(content, id), 0o644)
    utimesSync(join(content, id), epoch, epoch)
  }
  const flags = ['--create', '--nopath', ...(isCompressed ? ['--zip'] : [])]
  runTool('/usr/bin/gcab', [...flags, cabinet, ...files.map(({ id }) => id)], { cwd: content })
  rmSync(content, { recursive: true })
  return cabinet
}

function streamTables(): readonly Table[] {
  const columns = [
    ['Name', 's72'],
    ['Data', 'v0'],
  ] as const
  return [
    { name: 'Binary', columns, keys: 1, rows: [[SETUP, SETUP]] },
    { name: 'Icon', columns, keys: 1, rows: [[ICON, ICON]] },
  ]
}

function summaryTable(packageCode: string, { epoch }: MsiInit): Table {
  const time = new Date(epoch * 1000).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ')
  const values: Readonly<Record<number, string>> = {
    1: '65001',
    2: 'Installation Database',
    3: WINDOWS.name,
    4: WINDOWS.publisher,
    5: 'Installer',
    6: WINDOWS.service.description,
    7: 'x64;1033',
    9: packageCode,
    12: time,
    13: time,
    // Windows Installer 5, for the rights of folders.
    14: '500',
    // Compressed, with long names.
    15: '2',
    18: WINDOWS.name,
    // Read-only is recommended.
    19: '2',
  }
  return {
    name: '_SummaryInformation',
    columns: [
      ['PropertyId', 'i2'],
      ['Value', 'l255'],
    ],
    keys: 1,
    rows: Object.entries(values).map(([id, value]) => [Number(id), value]),
  }
}
