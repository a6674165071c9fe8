import { readdirSync, readFileSync } from 'node:fs'
import { join, posix, resolve, sep } from 'node:path'

const ROOT = resolve(import.meta.dirname, '..')
const SRC = join(ROOT, 'src')

const CATALOGUE = 'discovery/catalogue'
const DAEMON_SIDE = [
  ...['base', 'protocol', 'crypto', 'system', 'config', 'keys', 'posture', 'discovery', CATALOGUE, 'reader'],
]
const ROOMS = 'directory/'

/** What each folder may import, besides itself. A folder inside `directory/` has its own row. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  protocol: ['base'],
  crypto: ['base', 'protocol'],
  system: ['base', 'protocol'],
  config: ['base', 'protocol', 'system'],
  keys: ['base', 'protocol', 'crypto', 'system'],
  posture: ['base', 'protocol', 'system'],
  'discovery/catalogue': ['base', 'protocol', 'system'],
  discovery: ['base', 'protocol', 'system', CATALOGUE],
  reader: ['base', 'protocol', 'system', 'discovery', CATALOGUE, 'posture'],
  daemon: DAEMON_SIDE,
  view: ['base', 'protocol'],
  cli: ['base', 'protocol', 'system', 'config', 'view'],
  start: ['base', 'protocol', 'system', 'view', 'directory/commands'],
  directory: ['base', 'protocol', 'crypto', 'system', 'config', 'keys', 'view'],
  'directory/appraisal': ['base', 'protocol', 'crypto', 'directory/policy'],
  'directory/policy': ['base', 'protocol', 'crypto'],
  'directory/authority': ['base', 'protocol', 'crypto', 'system'],
  'directory/registry': ['base', 'protocol', 'crypto', 'directory/appraisal'],
  'directory/enrolment': ['base', 'protocol', 'crypto', 'system', 'directory/appraisal', 'directory/registry'],
  'directory/evidence': ['base', 'protocol', 'crypto', 'directory/appraisal', 'directory/policy', 'directory/registry'],
  'directory/orders': ['base', 'protocol', 'crypto', 'directory/registry', CATALOGUE],
  'directory/ingress': [
    'base',
    'protocol',
    'crypto',
    'directory/appraisal',
    'directory/enrolment',
    'directory/evidence',
    'directory/orders',
    'directory/registry',
  ],
  'directory/store': [
    'base',
    'protocol',
    'crypto',
    'system',
    ...['api', 'appraisal', 'authority', 'enrolment', 'evidence', 'orders', 'registry'].map((room) => ROOMS + room),
  ],
  'directory/api': [
    'base',
    'protocol',
    'crypto',
    'system',
    ...['appraisal', 'authority', 'enrolment', 'evidence', 'orders', 'policy', 'registry'].map((room) => ROOMS + room),
  ],
  'directory/commands': ['base', 'protocol', 'system', 'config', 'view'],
}

/** Modules that only the named files may load; a name that ends in `/` is a folder. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  'node:child_process': ['system/command.ts'],
  'node:sqlite': ['system/sqlite.ts', 'system/sqlite-copy.ts'],
  pkcs11js: ['keys/pkcs11.ts'],
  typebox: ['base/schema.ts'],
  'typebox/compile': ['base/schema.ts'],
  ws: ['daemon/stream/', 'directory/ingress/'],
  winston: ['system/winston-log.ts'],
  'node-cron': ['daemon/schedule/'],
  systeminformation: ['posture/'],
  'node-machine-id': ['posture/'],
  fastify: ['directory/api/'],
  commander: ['cli/', 'directory/commands/', 'main-cli.ts', 'main-daemon.ts', 'main-directory.ts', 'main-start.ts'],
}

/** Folders that stand on web standards alone. */
const NO_NODE = ['base', 'protocol', 'view']

/** `process.env` is read here and nowhere else. */
const ENVIRONMENT = /^(config\/|main-[a-z]+\.ts$)/

/** Code that people read. */
const HOUSES = ['src', 'scripts', 'bench', 'native', 'test']
const CODE = /\.(ts|c?js|c|h)$/
/** At so many there is a second part in it, which could have a name of its own. */
const TOO_MANY_LINES = 300

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g

function folderOf(path: string): string {
  const [top = '', second = ''] = path.split('/')
  return `${top}/${second}` in MAY_IMPORT ? `${top}/${second}` : top
}

function throughDoor(file: string, doors: readonly string[]): boolean {
  return doors.some((door) => (door.endsWith('/') ? file.startsWith(door) : file === door))
}

function importViolation(file: string, name: string): string | undefined {
  const from = folderOf(file)
  if (!name.startsWith('.')) {
    const doors = DOORS[name]
    if (doors !== undefined && !throughDoor(file, doors)) return `${file} -> ${name}: use ${doors.join(', ')}`
    if (NO_NODE.includes(from) && name.startsWith('node:')) return `${file} -> ${name}: ${from} knows no Node`
    if (from === 'crypto' && name.startsWith('node:') && name !== 'node:crypto')
      return `${file} -> ${name}: crypto does no I/O`
    return undefined
  }
  const path = posix.join(posix.dirname(file), name)
  const to = folderOf(path)
  // Composition roots, and directory.ts inside its own house, may choose from everywhere below them.
  if (!file.includes('/') || file === 'directory/directory.ts' || !path.includes('/')) return undefined
  const allowed = MAY_IMPORT[from] ?? []
  return to === from || allowed.includes(to)
    ? undefined
    : `${file} -> ${to}: ${from} may import ${allowed.join(', ') || 'nothing'}`
}

/** One line per import that breaks a rule. `file` is relative to `src/`, with forward slashes. */
function violations(file: string, text: string): string[] {
  if (file.includes('/') && MAY_IMPORT[folderOf(file)] === undefined) return [`${file}: folder is not in MAY_IMPORT`]
  const lines = [...text.matchAll(IMPORT)].flatMap(([, name = '']) => importViolation(file, name) ?? [])
  if (/\bprocess\.env\b/.test(text) && !ENVIRONMENT.test(file)) lines.push(`${file}: process.env is read in config/`)
  return lines
}

function lengthViolation(file: string, text: string): string | undefined {
  const lines = text.split('\n').length - 1
  return lines < TOO_MANY_LINES ? undefined : `${file}: ${lines} lines: give its second part a file and a name`
}

/** Files of code below `folder`, relative to it, with forward slashes. */
function codeIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => CODE.test(file))
    .map((file) => file.split(sep).join('/'))
}

const sources = codeIn(SRC).filter((file) => file.endsWith('.ts'))

test('src/ follows the table', () => {
  expect(sources.length).toBeGreaterThan(20)
  expect(sources.flatMap((file) => violations(file, readFileSync(join(SRC, file), 'utf8')))).toEqual([])
})

test('no file of code is long', () => {
  const files = HOUSES.flatMap((house) => codeIn(join(ROOT, house)).map((file) => `${house}/${file}`))
  expect(HOUSES.filter((house) => !files.some((file) => file.startsWith(`${house}/`)))).toEqual([])
  expect(files.flatMap((file) => lengthViolation(file, readFileSync(join(ROOT, file), 'utf8')) ?? [])).toEqual([])
})

test.each([
  [299, undefined],
  [300, 'src/a.ts: 300 lines: give its second part a file and a name'],
])('of a file of %i lines is said: %s', (lines, violation) => {
  expect(lengthViolation('src/a.ts', 'x\n'.repeat(lines))).toBe(violation)
})

test('docs/architecture.md lists exactly the folders of the table', () => {
  const map = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8')
  const listed = [...map.matchAll(/^\| `([a-z/]+)\/` \|/gm)].map(([, name]) => name)
  expect(listed.sort()).toEqual(Object.keys(MAY_IMPORT).sort())
})

test.each([
  [
    'posture/linux.ts',
    `import type { A } from '../daemon/daemon.ts'`,
    'posture/linux.ts -> daemon: posture may import base, protocol, system',
  ],
  ['base/a.ts', `import { hash } from 'node:crypto'`, 'base/a.ts -> node:crypto: base knows no Node'],
  ['crypto/a.ts', `import { open } from 'node:fs'`, 'crypto/a.ts -> node:fs: crypto does no I/O'],
  [
    'cli/status.ts',
    `import { d } from '../daemon/status.ts'`,
    'cli/status.ts -> daemon: cli may import base, protocol, system, config, view',
  ],
  [
    'daemon/a.ts',
    `import { d } from '../directory/directory.ts'`,
    `daemon/a.ts -> directory: daemon may import ${DAEMON_SIDE.join(', ')}`,
  ],
  [
    'directory/policy/a.ts',
    `import { s } from '../store/store.ts'`,
    'directory/policy/a.ts -> directory/store: directory/policy may import base, protocol, crypto',
  ],
  [
    'posture/linux.ts',
    `const { execFile } = await import('node:child_process')`,
    'posture/linux.ts -> node:child_process: use system/command.ts',
  ],
  [
    'directory/store/a.ts',
    `import { DatabaseSync } from 'node:sqlite'`,
    'directory/store/a.ts -> node:sqlite: use system/sqlite.ts, system/sqlite-copy.ts',
  ],
  ['discovery/a.ts', `const home = process.env.HOME`, 'discovery/a.ts: process.env is read in config/'],
  ['newcomer/a.ts', '', 'newcomer/a.ts: folder is not in MAY_IMPORT'],
])('catches %s: %s', (file, text, line) => expect(violations(file, text)).toEqual([line]))
