import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { BuildOptions } from 'esbuild'
import { buildCompiled } from './build-compiled.ts'

/** Builds `surety`. V8 compiles it while it explains a check and asks for a status that no daemon gives. */
export async function buildCli(folder: string, shared: BuildOptions): Promise<void> {
  await buildCompiled(folder, shared, {
    ...{ name: 'surety', entry: 'src/main-cli.ts', runner: 'src/cli/compiled-cli.ts', output: 'surety.mjs' },
    hasSeparatePackages: true,
    compile: async () => {
      run(folder, ['privacy'], 0)
      run(folder, ['status', '--socket', join(folder, 'no-daemon.sock')], 6)
    },
  })
}

function run(folder: string, args: readonly string[], expected: number): void {
  const command = [join(import.meta.dirname, 'save-compiled-code.cjs'), folder, 'surety', '', ...args]
  const { status, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' })
  if (status !== expected) throw new Error(`surety ended with ${status} during the build: ${stderr}`)
}
