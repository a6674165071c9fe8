import { posix } from 'node:path'
import { isAbsolutePath, isWindowsPath } from '../../base/absolute-path.ts'
import { isSpeltByWindows, portableText } from '../../system/files/portable-text.ts'
import { baseName } from './agent-index.ts'

/** What an interpreter was asked to run, as its command line says. */
export type Program =
  | { readonly kind: 'script'; readonly path: string; readonly args: readonly string[] }
  | { readonly kind: 'module'; readonly name: string; readonly args: readonly string[] }
  /** The program has overwritten its command line. */
  | { readonly kind: 'title'; readonly title: string; readonly args: readonly string[] }

/** Several versions lie beside each other as `node22` (openSUSE), `node-22` (Fedora). */
const NODE = /^(node(js)?(-?\d+(\.\d+)*)?|bun|deno)$/
/** `t` is without the global lock, `d` and its like for who debugs. */
const PYTHON = /^(pythonw?|pypy)(\d+(\.\d+)?(t?d?|-dbg|-debug))?$/

/** All interpreters that we know, by their names; one that ends in `*` is how such a name begins. */
export const INTERPRETERS: readonly string[] = ['node*', 'bun', 'deno', 'python*', 'pypy*']

/** Whether its executable is called as one of these. */
export function isInterpreter({ executable = '' }: { readonly executable?: string | undefined }): boolean {
  const name = baseName(executable)
  return NODE.test(name) || PYTHON.test(name)
}

/** Options of Node 26 whose value is the next argument, as `node --help` names them. */
const OF_NODE = `
--allow-fs-read --allow-fs-write --bench-isolation --bench-name-pattern --bench-reporter
--bench-reporter-destination --bench-samples --bench-warmup --build-sea --build-snapshot-config --conditions
--cpu-prof-dir --cpu-prof-interval --cpu-prof-name --debug-port --diagnostic-dir --disable-proto --disable-warning
--dns-result-order --env-file --env-file-if-exists --experimental-config-file --experimental-default-config-file
--experimental-loader --experimental-package-map --experimental-sea-config --experimental-test-isolation
--experimental-test-tag-filter --heap-prof-dir --heap-prof-interval --heap-prof-name --heapsnapshot-near-heap-limit
--heapsnapshot-signal --icu-data-dir --import --input-type --inspect-port --inspect-publish-uid --loader
--localstorage-file --max-http-header-size --max-old-space-size-percentage
--network-family-autoselection-attempt-timeout --openssl-config --redirect-warnings --report-dir --report-directory
--report-filename --report-signal --require --secure-heap --secure-heap-min --snapshot-blob --test-concurrency
--test-coverage-branches --test-coverage-exclude --test-coverage-functions --test-coverage-include
--test-coverage-lines --test-global-setup --test-isolation --test-name-pattern --test-random-seed --test-reporter
--test-reporter-destination --test-rerun-failures --test-shard --test-skip-pattern --test-timeout --title
--tls-cipher-list --tls-keylog --trace-event-categories --trace-event-file-pattern --trace-require-module
--unhandled-rejections --use-largepages --v8-pool-size --vfs-load --vfs-mount --watch-kill-signal --watch-path -C -r`
/** Those of bun and deno, and what other versions of Node have. */
const OF_OTHERS = `
-c --config --cwd --preload --define -d --filter -F --tsconfig-override --port
-L --log-level --import-map --cert --location --seed --ext --stack-trace-limit`
const NODE_WITH_VALUE = new Set(`${OF_NODE} ${OF_OTHERS}`.trim().split(/\s+/))
/** After these there is no script: code on the command line. */
const NODE_NO_SCRIPT = new Set(['-e', '--eval', '-p', '--print', '-i', '--interactive', '--run', '--test', '-'])
/** Of bun and deno. */
const SUBCOMMANDS = new Set(['run', 'x'])
const PYTHON_WITH_VALUE = new Set(['-W', '-X', '--check-hash-based-pycs'])

/** @returns undefined when `executable` is no interpreter we know, or it runs no script. */
export function programOf(executable: string, argv: readonly string[]): Program | undefined {
  if (!isInterpreter({ executable })) return undefined
  const name = baseName(executable)
  const node = NODE.test(name)
  // What Windows tells of a command line no program can overwrite.
  const title = isSpeltByWindows(executable) ? undefined : titleOf(name, argv)
  return title ?? (node ? nodeProgram(name, argv) : pythonProgram(argv))
}

/** `https:`, `npm:`: what bun and deno fetch, wherever they run. */
const SCHEME = /^[a-z][a-z0-9+.-]+:/i

/** A script that is named from the folder in which it was started, by its whole path; anything else as it is. */
export function placedScript(program: Program, workingFolder: string | undefined): Program {
  if (program.kind !== 'script' || workingFolder === undefined) return program
  const { path } = program
  const folder = portableText(workingFolder)
  if (isAbsolutePath(path) || SCHEME.test(path) || !isAbsolutePath(folder)) return program
  return { ...program, path: posix.join(folder, isWindowsPath(folder) ? path.replaceAll('\\', '/') : path) }
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
  let subcommands = executableName.startsWith('node') ? undefined : SUBCOMMANDS
  for (let at = 1; at < argv.length; at++) {
    const part = argv[at] ?? ''
    if (NODE_NO_SCRIPT.has(part)) return undefined
    if (NODE_WITH_VALUE.has(part)) at++
    else if (part === '--') return scriptAt(argv, at + 1)
    else if (subcommands?.has(part)) subcommands = undefined
    else if (!part.startsWith('-')) return scriptAt(argv, at)
  }
  return undefined
}

/** See python(1): `-c` and `-m` end the options, and short ones may be together (`-Im`). */
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
  return path === undefined || path === ''
    ? undefined
    : { kind: 'script', path: portableText(path), args: argv.slice(at + 1) }
}
