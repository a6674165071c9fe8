import { portableText } from '../../system/files/portable-text.ts'
import { baseName } from '../matching/agent-index.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import { programOf } from '../matching/script-argument.ts'
import { looksSecret } from '../redaction/known-tokens.ts'

/** The program of a process: its executable, or the script of an interpreter. */
export interface ProgramName {
  /** Name of the npm package, script, module or executable, without folders. */
  readonly name: string
  /** The program file, as the process or its command line names it. For a URL, only origin and file. */
  readonly path: string
  /** The npm package around that file. */
  readonly npmPackage?: string | undefined
  /** That package's folder. */
  readonly packageFolder?: string | undefined
}

const NPM_PACKAGE = /^(.*\/node_modules\/(@[^/]+\/[^/]+|[^/@.][^/]*))\//s
const SCRIPT_ENDING = /\.(c|m)?(js|ts)x?$|\.pyz?$/
/** File names that say nothing about the program. */
const NAMELESS = /^(index|main|cli|start|server|app|bin|__main__)$/
const MAX_PATH = 4096

/** Undefined without a visible executable: kernel threads, and processes that we may not read. */
export function programName(process: ProcessRecord): ProgramName | undefined {
  const { executable, argv } = process
  if (executable === undefined || executable === '') return undefined
  const java = javaProgramOf(executable, argv)
  if (java !== undefined) return named(java)
  const program = programOf(executable, argv)
  switch (program?.kind) {
    case undefined:
      return named(executable)
    case 'script':
      return named(program.path)
    case 'module':
      return { name: program.name.slice(0, 128), path: executable }
    case 'title':
      return {
        name: baseName(program.title.split(/\s/, 1)[0] ?? '').slice(0, 128) || baseName(executable),
        path: executable,
      }
    default:
      return program satisfies never
  }
}

function named(whole: string): ProgramName {
  const path = withoutSecrets(portableText(whole.slice(0, MAX_PATH)))
  const [, packageFolder, npmPackage] = NPM_PACKAGE.exec(path) ?? []
  const file = baseName(path).replace(SCRIPT_ENDING, '')
  if (npmPackage !== undefined) return { name: npmPackage, path, npmPackage, packageFolder }
  const folder = baseName(path.slice(0, Math.max(0, path.lastIndexOf('/'))))
  return { name: NAMELESS.test(file) && folder !== '' ? folder : file || baseName(path), path }
}

/** A single letter is a Windows drive. */
const SCHEME = /^([a-z][a-z0-9+.-]+):/i
/** Folders that are followed by the name of a package. */
const OF_PACKAGES = /^(npm|jsr|node)$/i

/** The path of a URL may hold a token as its query and userinfo do (raw files of private repositories), and `data:` is all content. */
function withoutSecrets(path: string): string {
  const [, scheme] = SCHEME.exec(path) ?? []
  if (scheme === undefined || OF_PACKAGES.test(scheme)) return path
  const url = URL.parse(path)
  if (url?.protocol === 'file:') return url.pathname
  if (url === null || url.host === '' || looksSecret(url.host)) return `${scheme}:`
  const file = baseName(url.pathname)
  const origin = `${url.protocol}//${url.host}`
  return file === '' || looksSecret(file) ? origin : `${origin}/…/${file}`
}

/**
 * True if a process and its parent are one program: the same file, two files of one package, or a copy of the program
 * elsewhere.
 */
export function sameProgram(one: ProcessRecord, other: ProcessRecord): boolean {
  const a = programName(one)
  const b = programName(other)
  if (a === undefined || b === undefined) return false
  if (a.packageFolder !== undefined && a.packageFolder === b.packageFolder) return true
  if (one.executable === other.executable && (isCommandOf(a, b) || isCommandOf(b, a))) return true
  if (isOwnExecutable(one, a) && isOwnExecutable(other, b)) {
    // Another name of the same executable (`codex-linux-sandbox`, a busybox) is another program.
    return baseName(a.path) === baseName(b.path) && baseName(one.argv[0] ?? '') === baseName(other.argv[0] ?? '')
  }
  return one.executable === other.executable && a.path === b.path && a.name === b.name
}

/** A command is often a link into the package of its name: `bin/openclaw` belongs to `node_modules/openclaw/`. */
function isCommandOf(command: ProgramName, { npmPackage }: ProgramName): boolean {
  if (command.npmPackage !== undefined || npmPackage === undefined) return false
  return command.name === baseName(npmPackage) && /\/\.?bin\/[^/]+$/.test(command.path)
}

function isOwnExecutable({ executable }: ProcessRecord, { path }: ProgramName): boolean {
  return path === executable
}

/** Options of java(1) whose value is the next argument. Module options name the program. */
const WITH_VALUE = new Set(
  '-cp -classpath --class-path -p --module-path --upgrade-module-path --add-modules --add-reads --add-exports --add-opens --patch-module --limit-modules --source --enable-native-access'.split(
    ' ',
  ),
)
const MODULE = new Set(['-m', '--module'])

/**
 * Returns the archive or main class that Java runs; undefined if `executable` is not Java or its arguments do not name
 * one.
 */
export function javaProgramOf(executable: string, argv: readonly string[]): string | undefined {
  if (baseName(executable) !== 'java') return undefined
  for (let at = 1; at < argv.length; at++) {
    const part = argv[at] ?? ''
    const next = argv[at + 1] || undefined
    if (part === '-jar') return next
    if (MODULE.has(part)) return next?.slice(next.indexOf('/') + 1)
    if (WITH_VALUE.has(part)) at++
    else if (!part.startsWith('-') && !part.startsWith('@')) return part || undefined
  }
  return undefined
}
