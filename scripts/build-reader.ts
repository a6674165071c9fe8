import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BuildOptions } from 'esbuild'
import { DISCOVERY_TASKS } from '../src/discovery/files/scan-tasks.ts'
import type { HomeRequest } from '../src/reader/home-request.ts'
import { READER_FLAGS } from '../src/reader/reader-flags.ts'
import { makeFullHome } from '../test/fixtures/homes/full-home.ts'
import { buildCompiled } from './build-compiled.ts'

/** Builds the reader child. V8 compiles it while it reads a home twice. */
export async function buildReader(folder: string, shared: BuildOptions): Promise<void> {
  await buildCompiled(folder, shared, {
    ...{ name: 'reader', entry: 'src/main-reader.ts', runner: 'src/reader/compiled-reader.ts', output: 'reader.cjs' },
    // The reader drops its rights and may then be unable to read more files.
    hasSeparatePackages: false,
    compile: async () => compile(folder),
  })
}

/** Reads a home first without a memory of it, then with one. */
function compile(folder: string): void {
  const home = mkdtempSync(join(tmpdir(), 'surety-build-'))
  try {
    makeFullHome(home, { profiles: 20, extensions: 40, servers: 8, projects: 4 })
    const [uid, gid] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0]
    const homeRequest: HomeRequest = {
      ...{ user: { id: String(uid), name: 'builder' }, posix: { uid, gid }, home },
      ...{ tasks: [...DISCOVERY_TASKS], remember: 'build' },
    }
    const request = Buffer.from(`${JSON.stringify(homeRequest)}\n`)
    const command = [...READER_FLAGS, join(import.meta.dirname, 'save-compiled-code.cjs'), folder, 'reader', '']
    const run = (input: Uint8Array) => execFileSync(process.execPath, command, { input, maxBuffer: 64 * 1024 * 1024 })
    const answer = run(request)
    const head = answer.indexOf('{"memoryBytes"')
    run(Buffer.concat([request, answer.subarray(answer.indexOf('\n', head) + 1)]))
  } finally {
    rmSync(home, { recursive: true })
  }
}
