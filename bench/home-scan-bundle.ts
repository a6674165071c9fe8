import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { builtInCatalogue } from '../src/discovery/catalogue/built-in.ts'
import { READER_FLAGS } from '../src/reader/reader-flags.ts'

/** Runs the bundle like `src/reader/compiled-reader.ts`. With `compile` it saves the code that V8 has compiled. */
const RUNNER = `
const { existsSync, readFileSync, writeFileSync } = require('node:fs')
const { Script } = require('node:vm')
const [code, cache] = ['home-scan.js', 'home-scan.cache'].map((name) => __dirname + '/' + name)
const cachedData = existsSync(cache) ? readFileSync(cache) : undefined
const script = new Script(readFileSync(code, 'utf8'), { filename: code, ...(cachedData ? { cachedData } : {}) })
if (script.cachedDataRejected) throw new Error('V8 rejects its own compiled code')
if (process.argv[2] === 'compile') process.once('beforeExit', () => writeFileSync(cache, script.createCachedData()))
process.argv.splice(2, 1)
script.runInThisContext()(require, __dirname, code)
`

export interface HomeScanBundle {
  // biome-ignore lint/suspicious/noExplicitAny: output of our own program
  run(how: 'run' | 'compile', what: 'scan' | 'read', ...args: readonly string[]): any
}

/** Bundles `home-scan-process.ts` like the reader child: one minified file, and its compiled code for the same flags. */
export async function buildHomeScan(folder: string): Promise<HomeScanBundle> {
  await build({
    entryPoints: [join(import.meta.dirname, 'home-scan-process.ts')],
    outfile: join(folder, 'home-scan.js'),
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node26',
    format: 'cjs',
    define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
    banner: { js: '(function(require,__dirname,__filename){' },
    footer: { js: '})' },
    logLevel: 'warning',
  })
  writeFileSync(join(folder, 'catalogue.json'), JSON.stringify(builtInCatalogue()))
  const runner = join(folder, 'run.cjs')
  writeFileSync(runner, RUNNER)
  return {
    run: (how, what, ...args) =>
      JSON.parse(execFileSync(process.execPath, [...READER_FLAGS, runner, how, what, ...args], { encoding: 'utf8' })),
  }
}
