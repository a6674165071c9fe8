import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Script } from 'node:vm'
import { readProgramData } from './program-data.ts'

/**
 * A program of a bundle: `NAME-code.js`, and in `NAME-code.cache` what V8 compiled of it when it was built, so that it is not
 * compiled again at each start. Packages that are loaded on demand lie in files of their own.
 *
 * Cached code runs without a look at its source. So it is used only beside the source that it was made of, whose hash the build
 * wrote into the caller. V8 rejects a cache of another version or of other flags, and then compiles as usual.
 */
export interface CompiledCode {
  /** Where the files lie. */
  readonly folder: string
  readonly name: string
  /** SHA-256 of both files, one after the other, in hex. Empty when nothing was compiled. */
  readonly sum: string
}

/** @throws as `readProgramData` for the code, and what the code throws before it first waits. */
export function runCompiledCode({ folder, name, sum }: CompiledCode): void {
  const path = join(folder, `${name}-code.js`)
  const code = readProgramData(`${name}-code.js`, folder)
  const cachedData = readCompiled(join(folder, `${name}-code.cache`), code, sum)
  const script = new Script(code, {
    filename: path,
    ...(cachedData === undefined ? {} : { cachedData }),
  })
  const url = pathToFileURL(path).href
  script.runInThisContext()(createRequire(url), folder, path, url)
}

function readCompiled(path: string, code: string, sum: string): Buffer | undefined {
  try {
    const compiled = readFileSync(path)
    return createHash('sha256').update(code).update(compiled).digest('hex') === sum ? compiled : undefined
  } catch {
    return undefined
  }
}
