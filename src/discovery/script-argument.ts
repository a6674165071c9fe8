import { baseName } from './agent-index.ts'

/** What an interpreter was asked to run, as its command line says. */
export type Program =
  | { readonly kind: 'script'; readonly path: string; readonly args: readonly string[] }
  | { readonly kind: 'module'; readonly name: string; readonly args: readonly string[] }
  /** The program has overwritten its command line. */
  | { readonly kind: 'title'; readonly title: string; readonly args: readonly string[] }

const NODE = /^(node|nodejs|bun|deno)$/
const PYTHON = /^(python|pypy)(\d+(\.\d+)?)?$/

/** All interpreters that we know, by their names; one that ends in `*` is how such a name begins. */
export const INTERPRETERS: readonly string[] = ['node', 'nodejs', 'bun', 'deno', 'python*', 'pypy*']

/** Options of node, bun and deno whose value is the next argument. See node(1). */
const NODE_WITH_VALUE = new Set(
  [
    '-r',
    '--require',
    '--import',
    '--loader',
    '--experimental-loader',
    '-C',
    '--conditions',
    '--env-file',
    '--title',
    '--icu-data-dir',
  ].concat(['--input-type', '--stack-trace-limit', '--cwd', '--config', '-c', '--preload']),
)
/** After these there is no script: code on the command line. */
const NODE_NO_SCRIPT = new Set(['-e', '--eval', '-p', '--print', '-i', '--interactive', '--test', '-'])
const NODE_SUBCOMMANDS = new Set(['run', 'x'])
const PYTHON_WITH_VALUE = new Set(['-W', '-X', '--check-hash-based-pycs'])

/** @returns undefined when `executable` is no interpreter we know, or it runs no script. */
export function programOf(executable: string, argv: readonly string[]): Program | undefined {
  const name = baseName(executable)
  const node = NODE.test(name)
  if (!node && !PYTHON.test(name)) return undefined
  return titleOf(name, argv) ?? (node ? nodeProgram(name, argv) : pythonProgram(argv))
}

/** Overwriting leaves one argument that names no interpreter, then nothing but NULs. */
function titleOf(executableName: string, argv: readonly string[]): Program | undefined {
  const [title = '', ...rest] = argv
  const first = baseName(title)
  const overwritten = rest.every((part) => part === '') && title !== '' && !title.startsWith('/')
  if (!overwritten || first === executableName || NODE.test(first) || PYTHON.test(first)) return undefined
  return { kind: 'title', title, args: [] }
}

function nodeProgram(executableName: string, argv: readonly string[]): Program | undefined {
  for (let at = 1; at < argv.length; at++) {
    const part = argv[at] ?? ''
    if (NODE_NO_SCRIPT.has(part)) return undefined
    if (NODE_WITH_VALUE.has(part)) at++
    else if (part === '--') return scriptAt(argv, at + 1)
    else if (at === 1 && executableName !== 'node' && NODE_SUBCOMMANDS.has(part)) continue
    else if (!part.startsWith('-')) return scriptAt(argv, at)
  }
  return undefined
}

/** See python(1): `-c` and `-m` end the options, and short ones may stand together (`-Im`). */
function pythonProgram(argv: readonly string[]): Program | undefined {
  for (let at = 1; at < argv.length; at++) {
    const part = argv[at] ?? ''
    if (PYTHON_WITH_VALUE.has(part)) at++
    else if (/^-[bBdEiIOPqsSuvx]*c/.test(part) || part === '-') return undefined
    else if (/^-[bBdEiIOPqsSuvx]*m$/.test(part)) {
      const name = argv[at + 1]
      return name === undefined ? undefined : { kind: 'module', name, args: argv.slice(at + 2) }
    } else if (!part.startsWith('-')) return scriptAt(argv, at)
  }
  return undefined
}

function scriptAt(argv: readonly string[], at: number): Program | undefined {
  const path = argv[at]
  return path === undefined || path === '' ? undefined : { kind: 'script', path, args: argv.slice(at + 1) }
}
