import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type BuildOptions, build } from 'esbuild'
import { DISCOVERY_TASKS } from '../src/discovery/home-reader.ts'
import { READER_FLAGS } from '../src/reader/reader-flags.ts'
import { makeFullHome } from '../test/fixtures/homes/full-home.ts'

const root = resolve(import.meta.dirname, '..')

/**
 * The reader child in two files: its code, and what V8 compiled of it while it read a home, twice. Then the program that
 * runs the two, which holds their sum. All of it in `folder`, beside the daemon.
 */
export async function buildReader(folder: string, shared: BuildOptions): Promise<void> {
  const options: BuildOptions = {
    ...shared,
    format: 'cjs',
    splitting: false,
    outExtension: {},
    banner: {},
    define: { ...shared.define, 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
  }
  const code = join(folder, 'reader-code.js')
  await build({
    ...options,
    entryPoints: { 'reader-code': join(root, 'src/main-reader.ts') },
    outdir: folder,
    banner: { js: '(function(require,__dirname){' },
    footer: { js: '})' },
  })
  // The reader runs on Linux alone so far.
  const sum = process.platform === 'linux' ? compile(folder, code) : ''
  await build({
    ...options,
    define: { ...options.define, BUILT: JSON.stringify({ sum }) },
    entryPoints: { reader: join(root, 'src/reader/compiled-reader.ts') },
    outdir: folder,
    outExtension: { '.js': '.cjs' },
  })
}

/** First a home that was never seen, then with the memory of it. @returns the sum of the code and what became of it. */
function compile(folder: string, code: string): string {
  const home = mkdtempSync(join(tmpdir(), 'surety-build-'))
  try {
    makeFullHome(home, { profiles: 20, extensions: 40, servers: 8, projects: 4 })
    const { geteuid, getegid } = process
    const user = { uid: geteuid?.(), gid: getegid?.(), name: 'builder', home }
    const request = Buffer.from(`${JSON.stringify({ ...user, tasks: DISCOVERY_TASKS, remember: 'build' })}\n`)
    const run = (input: Uint8Array) =>
      execFileSync(process.execPath, [...READER_FLAGS, join(import.meta.dirname, 'compile-reader.cjs'), folder], {
        input,
        maxBuffer: 64 * 1024 * 1024,
      })
    const answer = run(request)
    const head = answer.indexOf('{"memoryBytes"')
    run(Buffer.concat([request, answer.subarray(answer.indexOf('\n', head) + 1)]))
    return hash('sha256', Buffer.concat([readFileSync(code), readFileSync(join(folder, 'reader-code.cache'))]), 'hex')
  } finally {
    rmSync(home, { recursive: true })
  }
}
