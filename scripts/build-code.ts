import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type BuildOptions, build, type Plugin } from 'esbuild'

const root = resolve(import.meta.dirname, '..')

/** A program as `src/system/program/compiled-code.ts` runs it. */
export interface Code {
  readonly name: string
  /** Of the program, and of what runs it, among the sources. */
  readonly entry: string
  readonly runner: string
  /** What the runner is called in the bundle. */
  readonly output: string
  /** Packages that are loaded on demand come to lie in files of their own: who needs none of them carries none. */
  readonly packagesApart: boolean
  /** Leaves what V8 compiled of `NAME-code.js` in `NAME-code.cache`. */
  readonly compile: () => Promise<void>
}

/** One file of code, what was compiled of it, and what runs the two, which holds their sum. All of it in `folder`. */
export async function buildCode(folder: string, shared: BuildOptions, code: Code): Promise<void> {
  const { name, entry, runner, output, compile } = code
  const format = output.endsWith('.cjs') ? 'cjs' : 'esm'
  const packages = new Set<string>()
  await build({
    ...shared,
    format: 'cjs',
    // A script has nobody who would load modules for it.
    supported: { 'dynamic-import': false },
    plugins: [...(code.packagesApart ? [packagesApart(packages)] : []), ...(shared.plugins ?? [])],
    define: {
      ...shared.define,
      ...{ 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename', 'import.meta.url': '__url' },
    },
    entryPoints: { [`${name}-code`]: join(root, entry) },
    outdir: folder,
    banner: { js: '(function(require,__dirname,__filename,__url){' },
    footer: { js: '})' },
  })
  requireAscii(join(folder, `${name}-code.js`))
  for (const one of packages) await buildPackage(folder, shared, one)
  // These programs run on Linux alone so far.
  if (process.platform === 'linux') await compile()
  const files = ['js', 'cache'].map((ending) => join(folder, `${name}-code.${ending}`))
  const sumOf = () => hash('sha256', Buffer.concat(files.map((file) => readFileSync(file))), 'hex')
  const sum = process.platform === 'linux' ? sumOf() : ''
  await build({
    ...shared,
    format,
    define: { ...shared.define, ...FOLDER[format], BUILT: JSON.stringify({ sum }) },
    entryPoints: [join(root, runner)],
    outfile: join(folder, output),
  })
}

const FOLDER = { cjs: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' }, esm: {} } as const

/** Else V8 would keep twice as many bytes. esbuild writes all others as escapes, but not in regular expressions. */
function requireAscii(file: string): void {
  const other = /.{0,40}[^\0-\x7f].{0,40}/.exec(readFileSync(file, 'utf8'))
  if (other !== null) throw new Error(`${file}: not ASCII, write an escape in the source: ${other[0]}`)
}

function packagesApart(found: Set<string>): Plugin {
  return {
    name: 'packages-apart',
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
