import { execFileSync } from 'node:child_process'
import { basename, join } from 'node:path'

/** A library that is preloaded into programs of ours. */
export type Shim = { readonly path: string } | { readonly missing: string }

/** Compiles a shim into a folder. @returns the path of the library, or why there is none: suites skip aloud with it. */
export function compileShim(source: string, folder: string): Shim {
  if (process.platform !== 'linux') return { missing: 'preloads a library into Linux programs' }
  const path = join(folder, `${basename(source, '.c')}.so`)
  const flags = ['-O1', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-pthread']
  try {
    execFileSync('gcc', [...flags, '-I', import.meta.dirname, '-o', path, source])
    return { path }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return { missing: 'gcc (apt install gcc libc6-dev)' }
    }
    throw error
  }
}
