import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type BuildOptions, build, type Plugin } from 'esbuild'

const root = resolve(import.meta.dirname, '..')

/** A program that `src/system/program/compiled-code.ts` runs with the code that V8 has compiled. */
export interface CompiledProgram {
  readonly name: string
  /** Source files of the program and of its runner. */
  readonly entry: string
  readonly runner: string
  /** The file name of the runner in the bundle. */
  readonly output: string
  /** Puts packages that are loaded on demand into separate files, so that unused ones cost no memory. */
  readonly hasSeparatePackages: boolean
  /** Options of Node, and flags that the program sets itself. V8 rejects code that was compiled under others. */
  readonly nodeFlags: readonly string[]
  readonly engineFlags: readonly string[]
}

/** Writes to `folder`: one file of code, its compiled code, and the runner, which checks the hash of both. */
export async function buildCompiled(folder: string, shared: BuildOptions, program: CompiledProgram): Promise<void> {
  const { name, entry, runner, output, hasSeparatePackages } = program
  const format = output.endsWith('.cjs') ? 'cjs' : 'esm'
  const packages = new Set<string>()
  await build({
    ...shared,
    format: 'cjs',
    // A vm.Script cannot use import().
    supported: { 'dynamic-import': false },
    plugins: [...(hasSeparatePackages ? [separatePackages(packages)] : []), ...(shared.plugins ?? [])],
    define: {
      ...shared.define,
      'import.meta.dirname': '__dirname',
      'import.meta.filename': '__filename',
      'import.meta.url': '__url',
    },
    entryPoints: { [`${name}-code`]: join(root, entry) },
    outdir: folder,
    banner: { js: '(function(require,__dirname,__filename,__url){' },
    footer: { js: '})' },
  })
  requireAscii(join(folder, `${name}-code.js`))
  for (const one of packages) await buildPackage(folder, shared, one)
  // Elsewhere V8 compiles the code at each start.
  const runsHere = process.platform === 'linux' && shared.define?.['process.platform'] === '"linux"'
  if (runsHere) compile(folder, program)
  const files = ['js', 'cache'].map((ending) => join(folder, `${name}-code.${ending}`))
  const sumOf = () => hash('sha256', Buffer.concat(files.map((file) => readFileSync(file))), 'hex')
  const sum = runsHere ? sumOf() : ''
  await build({
    ...shared,
    format,
    define: { ...shared.define, ...FOLDER[format], BUILT: JSON.stringify({ sum }) },
    entryPoints: [join(root, runner)],
    outfile: join(folder, output),
  })
}

/** All functions, so that two builds of one source are equal: what a run compiles depends on its timing. */
function compile(folder: string, { name, nodeFlags, engineFlags }: CompiledProgram): void {
  const script = join(import.meta.dirname, 'compile-code.cjs')
  // V8 keeps the seed out of the flags that it compares.
  const args = [...nodeFlags, '--random-seed=1', script, folder, name, engineFlags.join()]
  execFileSync(process.execPath, args, { env: { PATH: process.env.PATH ?? '' } })
}

/** `createRequire`, the one use of the URL, takes a path as well. */
const FOLDER = {
  cjs: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename', 'import.meta.url': '__filename' },
  esm: {},
} as const

/** V8 needs twice the memory for a source that is not ASCII. esbuild escapes such characters, but not in regular expressions. */
function requireAscii(file: string): void {
  const other = /.{0,40}[^\0-\x7f].{0,40}/.exec(readFileSync(file, 'utf8'))
  if (other !== null) throw new Error(`${file}: not ASCII. Write an escape in the source: ${other[0]}`)
}

function separatePackages(found: Set<string>): Plugin {
  return {
    name: 'separate-packages',
    setup({ onResolve }) {
      onResolve({ filter: /^(@[\w-]+\/)?[\w-]+$/ }, ({ path, kind }) => {
        if (kind !== 'dynamic-import') return undefined
        found.add(path)
        return { path: `./${fileOf(path)}`, external: true }
      })
    },
  }
}

function fileOf(name: string): string {
  return `packages/${name.replaceAll('/', '-')}.cjs`
}

async function buildPackage(folder: string, shared: BuildOptions, name: string): Promise<void> {
  const { default: fallback } = await import(name)
  const contents = `export * from '${name}'${fallback === undefined ? '' : `; export { default } from '${name}'`}`
  await build({
    ...shared,
    stdin: { contents, resolveDir: root },
    outfile: join(folder, fileOf(name)),
    format: 'cjs',
  })
}
