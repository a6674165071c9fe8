/** `npm run build [-- PROGRAM …]`: one file per program in `dist/`, and the native addon beside them where it was built. */
import { copyFileSync, existsSync, rmSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'

const root = resolve(import.meta.dirname, '..')
const out = join(root, 'dist')
const PROGRAMS = { suretyd: 'main-daemon', surety: 'main-cli', 'surety-directory': 'main-directory' } as const

const wanted = process.argv.slice(2)
for (const [program, source] of Object.entries(PROGRAMS)) {
  if (wanted.length > 0 && !wanted.includes(program)) continue
  rmSync(join(out, program), { recursive: true, force: true })
  await build({
    entryPoints: { [program]: join(root, 'src', `${source}.ts`) },
    outdir: join(out, program),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // Splitting keeps what is imported on demand (the reader, the key providers) out of the resident file.
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    minify: true,
    keepNames: true,
    platform: 'node',
    target: 'node26',
    format: 'esm',
    external: ['pkcs11js', '*.node'],
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
    legalComments: 'linked',
    logLevel: 'warning',
  })
  const addon = join(root, 'native/build/surety-native.node')
  if (existsSync(addon)) copyFileSync(addon, join(out, program, 'surety-native.node'))
  const sizeBytes = statSync(join(out, program, `${program}.mjs`)).size
  console.log(`dist/${program}/${program}.mjs  ${Math.round(sizeBytes / 1024)} KiB`)
}
