import { join, resolve } from 'node:path'
import { type BuildOptions, build } from 'esbuild'
import { ENGINE_FLAGS } from '../src/system/program/v8-memory.ts'
import { buildCompiled } from './build-compiled.ts'

const root = resolve(import.meta.dirname, '..')

export async function buildDaemon(folder: string, shared: BuildOptions): Promise<void> {
  await buildCompiled(folder, shared, {
    name: 'suretyd',
    entry: 'src/main-daemon.ts',
    runner: 'src/daemon/compiled-daemon.ts',
    output: 'suretyd.mjs',
    hasSeparatePackages: true,
    nodeFlags: [],
    engineFlags: ENGINE_FLAGS,
  })
  await build({
    ...shared,
    format: 'esm',
    entryPoints: [join(root, 'src/posture/hardware-thread.ts')],
    outfile: join(folder, 'hardware-thread.mjs'),
    banner: { js: "const require=process.getBuiltinModule('node:module').createRequire(import.meta.url);" },
  })
}
