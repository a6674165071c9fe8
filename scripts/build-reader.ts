import type { BuildOptions } from 'esbuild'
import { READER_FLAGS } from '../src/reader/reader-flags.ts'
import { buildCompiled } from './build-compiled.ts'

export async function buildReader(folder: string, shared: BuildOptions): Promise<void> {
  await buildCompiled(folder, shared, {
    name: 'reader',
    entry: 'src/main-reader.ts',
    runner: 'src/reader/compiled-reader.ts',
    output: 'reader.cjs',
    // The reader drops its rights and may then be unable to read more files.
    hasSeparatePackages: false,
    nodeFlags: READER_FLAGS,
    engineFlags: [],
  })
}
