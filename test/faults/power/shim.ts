import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Compiles durable-shim.c into a folder. @returns the path of the library, or why there is none. */
export function compileShim(folder: string): { readonly path: string } | { readonly missing: string } {
  if (process.platform !== 'linux') return { missing: 'preloads a library into Linux programs' }
  const path = join(folder, 'durable-shim.so')
  const source = join(import.meta.dirname, 'durable-shim.c')
  try {
    execFileSync('gcc', ['-O1', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-pthread', '-o', path, source])
    return { path }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return { missing: 'gcc (apt install gcc)' }
    throw error
  }
}
