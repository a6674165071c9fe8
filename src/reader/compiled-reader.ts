import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Script } from 'node:vm'

/**
 * The reader child of a bundle: `reader-code.js`, with what V8 compiled of it when it was built, so that no child compiles it
 * again. What was compiled runs unseen: it counts only with the code it was made of, under the sum that the build wrote
 * into this file. V8 refuses what another version of it or other flags have made, and then compiles as usual.
 */
declare const BUILT: { readonly sum: string }

const code = readFileSync(join(import.meta.dirname, 'reader-code.js'))
const cachedData = readCompiled()
const script = new Script(code.toString('latin1'), {
  filename: join(import.meta.dirname, 'reader-code.js'),
  ...(cachedData === undefined ? {} : { cachedData }),
})
script.runInThisContext()(createRequire(import.meta.filename), import.meta.dirname)

function readCompiled(): Buffer | undefined {
  try {
    const compiled = readFileSync(join(import.meta.dirname, 'reader-code.cache'))
    return hash('sha256', Buffer.concat([code, compiled]), 'hex') === BUILT.sum ? compiled : undefined
  } catch {
    return undefined
  }
}
