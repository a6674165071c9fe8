import { readdirSync, readFileSync } from 'node:fs'
import { join, posix, resolve, sep } from 'node:path'
import { importPage } from '../../scripts/import-page.ts'
import { filesByFolder, fragments, lineCount, MOST_FILES_IN_FOLDER } from './code-sizes.ts'
import { FOLDERS } from './folders.ts'
import { circles, importGraph, violations } from './import-rules.ts'
import { MAY_IMPORT } from './import-table.ts'
import { CROWDED_FOLDERS, FRAGMENTS } from './size-exceptions.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const SRC = join(ROOT, 'src')
/** Folders of code that people read. */
const CODE_FOLDERS = ['src', 'scripts', 'bench', 'installers', 'native', 'test']
const CODE = /\.(tsx?|c?js|c|h)$/
const MAX_LINES = 400
/** Longer files, each with the reason. */
const LONG_FILES: Readonly<Record<string, string>> = {}

/** Files of code below `folder`, relative to it, with forward slashes. */
function codeIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => CODE.test(file))
    .map((file) => file.split(sep).join('/'))
}

const sources = new Map(
  codeIn(SRC)
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => [file, readFileSync(join(SRC, file), 'utf8')]),
)

test('src/ follows the table', () => {
  expect(sources.size).toBeGreaterThan(20)
  expect([...sources].flatMap(([file, text]) => violations(file, text))).toEqual([])
})

test('no two files and no two folders of src/ import each other, by any way', () => {
  expect(circles(importGraph(sources, (file) => file))).toEqual([])
  expect(circles(importGraph(sources, (file) => posix.dirname(file)))).toEqual([])
})

test('no file of code is longer than its idea', () => {
  const files = CODE_FOLDERS.flatMap((folder) => codeIn(join(ROOT, folder)).map((file) => `${folder}/${file}`))
  expect(CODE_FOLDERS.filter((folder) => !files.some((file) => file.startsWith(`${folder}/`)))).toEqual([])
  const long = files.filter((file) => lineCount(readFileSync(join(ROOT, file), 'utf8')) > MAX_LINES)
  expect(long.sort()).toEqual(Object.keys(LONG_FILES).sort())
})

/** The steps of a schema and the cards of checks are data: nobody reads them as a room. */
const DATA_FOLDERS = ['src/directory/store/migrations', 'src/checks']

test('a folder holds at most 15 source files', () => {
  const files = ['src', 'test', 'native'].flatMap((folder) =>
    codeIn(join(ROOT, folder)).map((file) => `${folder}/${file}`),
  )
  const counts = filesByFolder(new Map(files.map((file) => [file, ''])))
  const crowded = [...counts].filter(
    ([folder, count]) => count > MOST_FILES_IN_FOLDER && !DATA_FOLDERS.includes(folder),
  )
  const known = Object.entries(CROWDED_FOLDERS).map(([folder, [count]]) => [folder, count])
  // Fewer files than the list says: lower the number there.
  expect(crowded.sort()).toEqual(known.sort())
})

test('no short file is imported by its neighbour alone', () => {
  const whole = new Map([...sources].map(([file, text]) => [`src/${file}`, text]))
  expect(fragments(whole)).toEqual(Object.keys(FRAGMENTS).sort())
})

test('finds a fragment, and no table, interface, parser or file of two importers', () => {
  const planted = new Map([
    [
      'src/a/main.ts',
      `import './part.ts'\nimport './table.ts'\nimport './port.ts'\nimport './lines.ts'\nimport './shared.ts'`,
    ],
    ['src/b/other.ts', `import '../a/shared.ts'\nimport '../a/far.ts'`],
    ['src/a/part.ts', `export function part(): number {\n  return 1\n}`],
    ['src/a/far.ts', `export function far(): number {\n  return 1\n}`],
    ['src/a/shared.ts', `export function shared(): number {\n  return 1\n}`],
    ['src/a/table.ts', `export const TABLE = ['one']`],
    ['src/a/port.ts', `export interface Port {\n  open(): void\n}`],
    ['src/a/lines.ts', `export function parseLines(text: string) {\n  return text.split('')\n}`],
  ])
  expect(fragments(planted)).toEqual(['src/a/part.ts'])
})

test('every folder of the table has a description', () => {
  expect(Object.keys(FOLDERS).sort()).toEqual(Object.keys(MAY_IMPORT).sort())
})

test('docs/reference/imports.md is up to date', () => {
  expect(readFileSync(join(ROOT, 'docs/reference/imports.md'), 'utf8')).toBe(importPage())
})

test.each([
  [
    'posture/posture.ts',
    `import type { A } from '../daemon/daemon.ts'`,
    'posture/posture.ts -> daemon: posture may import base, checks, protocol, system, posture/parsers',
  ],
  [
    'posture/posture.ts',
    `import { parse } from '../system/files/../../daemon/health/health.ts'`,
    'posture/posture.ts -> daemon/health: posture may import base, checks, protocol, system, posture/parsers',
  ],
  ['base/a.ts', `import { hash } from 'node:crypto'`, 'base/a.ts -> node:crypto: base knows no Node'],
  ['crypto/tpm/a.ts', `import { open } from 'node:fs'`, 'crypto/tpm/a.ts -> node:fs: crypto does no I/O'],
  [
    'cli/status.ts',
    `import { d } from '../daemon/control/status.ts'`,
    'cli/status.ts -> daemon/control: cli may import base, checks, protocol, system, config, view, command-line, cli',
  ],
  [
    'discovery/redaction/a.ts',
    `export { f } from '../files/json-file.ts'`,
    'discovery/redaction/a.ts -> discovery/files: discovery/redaction may import base',
  ],
  [
    'directory/policy/a.ts',
    `import { s } from '../store/store.ts'`,
    'directory/policy/a.ts -> directory/store: directory/policy may import base, checks, protocol, crypto',
  ],
  [
    'posture/posture.ts',
    `const { execFile } = await import('node:child_process')`,
    'posture/posture.ts -> node:child_process: use system/program/command.ts',
  ],
  [
    'directory/store/a.ts',
    `import { DatabaseSync } from 'node:sqlite'`,
    'directory/store/a.ts -> node:sqlite: use system/sqlite/',
  ],
  ['discovery/a.ts', `const home = process.env.HOME`, 'discovery/a.ts: process.env is read in config/'],
  [
    'posture/boot.ts',
    `if (process.platform === 'darwin') return`,
    'posture/boot.ts: the operating system is chosen in system/platform/this-platform.ts',
  ],
  [
    'main-cli.ts',
    `const { argv, platform } = process`,
    'main-cli.ts: the operating system is chosen in system/platform/this-platform.ts',
  ],
  [
    'reader/a.ts',
    `import { hostname, platform } from 'node:os'`,
    'reader/a.ts: the operating system is chosen in system/platform/this-platform.ts',
  ],
  ['newcomer/a.ts', '', 'newcomer/a.ts: folder is not in MAY_IMPORT'],
  ['base/newcomer/a.ts', '', 'base/newcomer/a.ts: folder is not in MAY_IMPORT'],
])('catches %s: %s', (file, text, line) => expect(violations(file, text)).toEqual([line]))

test('catches a circle of three files, and of two folders whose files make none', () => {
  const planted = new Map([
    ['a/one.ts', `import './two.ts'\nimport '../b/three.ts'`],
    ['a/two.ts', `import { x } from './three.ts'`],
    ['a/three.ts', `export * from './one.ts'`],
    ['b/three.ts', ''],
    ['b/four.ts', `const { y } = await import('../a/lone.ts')`],
    ['a/lone.ts', ''],
  ])
  expect(circles(importGraph(planted, (file) => file))).toEqual([['a/one.ts', 'a/three.ts', 'a/two.ts']])
  expect(circles(importGraph(planted, (file) => posix.dirname(file)))).toEqual([['a', 'b']])
})
