import type { BuildOptions } from 'esbuild'
import { buildCompiled } from './build-compiled.ts'

export async function buildCli(folder: string, shared: BuildOptions): Promise<void> {
  await buildCompiled(folder, shared, {
    name: 'surety',
    entry: 'src/main-cli.ts',
    runner: 'src/cli/compiled-cli.ts',
    output: 'surety.mjs',
    hasSeparatePackages: true,
    nodeFlags: [],
    engineFlags: [],
  })
}
