import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild'
import { withoutGerman } from './left-out.ts'

/** The console as files: its page, and scripts and styles with a hash in their names, each also compressed. */

const root = resolve(import.meta.dirname, '..')

/**
 * Declarations of nouns are shared with the console for their columns, filters and words. Their schemas are plain JSON Schema,
 * so the library that checks values against schemas is left out.
 */
const withoutSchemaChecks: Plugin = {
  name: 'without-schema-checks',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^typebox\/schema$/ }, ({ path }) => ({ path, namespace: 'left-out' }))
    onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({
      contents: `const none = () => { throw new TypeError('the console checks no schemas') }
export { none as Build, none as Check, none as Errors }`,
    }))
  },
}

/** What the log needs of Node, for a browser. */
const browserPrimitives: Plugin = {
  name: 'browser-primitives',
  setup({ onLoad }) {
    onLoad({ namespace: 'file', filter: /\/src\/tlog\/primitives\.ts$/ }, () => ({
      contents: "export { sha256, verifyEd25519 } from './browser/browser-primitives.ts'",
      resolveDir: join(root, 'src/tlog'),
    }))
  },
}

/** Bytes of the first page, as sent: the page with its scripts and styles, without what loads on demand. */
export interface BuiltConsole {
  readonly files: number
  readonly firstPageBytes: number
}

/** The files that are there before stay until the new ones are whole. */
export async function buildConsole(folder: string): Promise<BuiltConsole> {
  const fresh = `${folder}.new`
  rmSync(fresh, { recursive: true, force: true })
  const built = await writeConsole(fresh)
  rmSync(folder, { recursive: true, force: true })
  renameSync(fresh, folder)
  return built
}

async function writeConsole(folder: string): Promise<BuiltConsole> {
  const assets = join(folder, 'assets')
  mkdirSync(assets, { recursive: true })
  const main = await bundle('main.tsx', { format: 'esm', splitting: true, outdir: assets })
  // It is no module, so that it runs before the first paint.
  const theme = await bundle('theme.ts', { format: 'iife', outdir: assets })
  const outputs = { ...main.outputs, ...theme.outputs }
  writeFileSync(join(folder, LICENCES), licencesOf([...Object.keys(main.inputs), ...Object.keys(theme.inputs)]))
  const built = Object.keys(outputs).map((path) => path.slice(path.lastIndexOf('assets/')))
  const assetOf = (name: string, extension: string) =>
    built.find((path) => path.startsWith(`assets/${name}-`) && path.endsWith(extension)) ?? missing(name)
  const page = readFileSync(join(root, 'src/console/index.html'), 'utf8')
    .replace('{{style}}', `/${assetOf('main', '.css')}`)
    .replace('{{theme}}', `/${assetOf('theme', '.js')}`)
    .replace('{{script}}', `/${assetOf('main', '.js')}`)
  writeFileSync(join(folder, 'index.html'), page)
  const icon = 'icon.svg'
  writeFileSync(join(folder, icon), readFileSync(join(root, 'src/console', icon)))
  const files = ['index.html', icon, LICENCES, ...built]
  const sent = new Map(files.map((file) => [file, compress(join(folder, file))]))
  const first = ['index.html', ...firstLoaded(outputs)]
  return { files: files.length, firstPageBytes: first.reduce((sum, file) => sum + (sent.get(file) ?? 0), 0) }
}

async function bundle(entry: string, init: Pick<BuildOptions, 'format' | 'splitting' | 'outdir'>): Promise<Metafile> {
  const { metafile } = await build({
    ...init,
    entryPoints: [join(root, 'src/console', entry)],
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    jsx: 'automatic',
    platform: 'browser',
    target: 'es2023',
    metafile: true,
    plugins: [withoutSchemaChecks, withoutGerman, browserPrimitives],
    define: { 'process.env.NODE_ENV': '"production"' },
    legalComments: 'linked',
    logLevel: 'warning',
  })
  return metafile
}

const LICENCES = 'licences.txt'

/** The licence of Surety, and those of the packages that the pages are made of. @param inputs paths of files. */
function licencesOf(inputs: readonly string[]): string {
  const packages = new Set(inputs.map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? ''))
  packages.delete('')
  const parts = [...packages].sort().map((name) => {
    const folder = join(root, 'node_modules', name)
    const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const text = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file))
    return `${name} ${version} (${license})\n\n${text === undefined ? '' : readFileSync(join(folder, text), 'utf8')}`
  })
  return [`Surety\n\n${readFileSync(join(root, 'LICENSE'), 'utf8')}`, ...parts].join(`\n${'-'.repeat(80)}\n\n`)
}

/** The main script, its styles, and what it imports at once. */
function firstLoaded(
  outputs: Readonly<Record<string, { readonly imports: readonly { path: string; kind: string }[] }>>,
) {
  const nameOf = (path: string) => path.slice(path.lastIndexOf('assets/'))
  const found = new Set<string>()
  const visit = (path: string) => {
    if (found.has(nameOf(path))) return
    found.add(nameOf(path))
    for (const { path: next, kind } of outputs[path]?.imports ?? []) if (kind === 'import-statement') visit(next)
  }
  for (const path of Object.keys(outputs)) if (/assets\/(main|theme)-[^/]*\.(js|css)$/.test(path)) visit(path)
  return found
}

/** @returns the bytes of the smaller copy. */
function compress(path: string): number {
  const bytes = readFileSync(path)
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })
  writeFileSync(`${path}.br`, brotli)
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
  return brotli.length
}

function missing(name: string): never {
  throw new Error(`the build made no ${name}`)
}
