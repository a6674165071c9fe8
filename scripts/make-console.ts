/**
 * `node scripts/run.cjs scripts/make-console.ts`: builds the console of a checkout, in `.build/console`. With `--if-changed` only
 * if a source is newer than what is there, and without a line.
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildConsole } from './build-console.ts'

const root = resolve(import.meta.dirname, '..')
const folder = join(root, '.build/console')
/** What the console is made of. */
const SOURCES = [
  'src/console',
  'src/protocol',
  'src/base',
  'src/checks',
  'src/tlog',
  'src/ocsf',
  'src/view',
  'package-lock.json',
  'scripts/build-console.ts',
]

const isQuiet = process.argv.includes('--if-changed')
if (!isQuiet || isOlder(join(folder, 'index.html.gz'))) {
  const { files, firstPageBytes } = await buildConsole(folder)
  const size = `${Math.round(firstPageBytes / 102.4) / 10} KiB`
  if (!isQuiet) console.log(`${folder}: ${files} files, first page ${size} compressed`)
}

function isOlder(built: string): boolean {
  if (!existsSync(built)) return true
  const builtAt = statSync(built).mtimeMs
  return SOURCES.flatMap((source) => filesOf(join(root, source))).some((path) => statSync(path).mtimeMs > builtAt)
}

function filesOf(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => join(path, name))
}
