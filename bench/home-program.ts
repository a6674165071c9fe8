import { execFileSync } from 'node:child_process'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { READER_FLAGS } from '../src/reader/reader-flags.ts'

const ROOT = resolve(import.meta.dirname, '..')
/** As `src/reader/compiled-reader.ts` runs the reader child; with `compile` it keeps what V8 has compiled by the end. */
const RUNNER = `
const { existsSync, readFileSync, writeFileSync } = require('node:fs')
const { Script } = require('node:vm')
const [code, cache] = ['home-looks.js', 'home-looks.cache'].map((name) => __dirname + '/' + name)
const cachedData = existsSync(cache) ? readFileSync(cache) : undefined
const script = new Script(readFileSync(code, 'utf8'), { filename: code, ...(cachedData ? { cachedData } : {}) })
if (script.cachedDataRejected) throw new Error('V8 takes nothing of what it has compiled')
if (process.argv[2] === 'compile') process.once('beforeExit', () => writeFileSync(cache, script.createCachedData()))
process.argv.splice(2, 1)
script.runInThisContext()(require, __dirname)
`

export interface HomeProgram {
  // biome-ignore lint/suspicious/noExplicitAny: what our own program prints.
  run(how: 'run' | 'compile', what: 'scan' | 'read', ...args: readonly string[]): any
}

/** `home-looks.ts` as the reader child is deployed: one minified file, and what V8 compiled of it, for the same flags. */
export async function buildHomeProgram(folder: string): Promise<HomeProgram> {
  await build({
    entryPoints: [join(import.meta.dirname, 'home-looks.ts')],
    outfile: join(folder, 'home-looks.js'),
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node26',
    format: 'cjs',
    define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
    banner: { js: '(function(require,__dirname){' },
    footer: { js: '})' },
    logLevel: 'warning',
  })
  copyFileSync(join(ROOT, 'src/discovery/catalogue/catalogue.json'), join(folder, 'catalogue.json'))
  const runner = join(folder, 'run.cjs')
  writeFileSync(runner, RUNNER)
  return {
    run: (how, what, ...args) =>
      JSON.parse(execFileSync(process.execPath, [...READER_FLAGS, runner, how, what, ...args], { encoding: 'utf8' })),
  }
}
