import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type * as CedarModule from '@cedar-policy/cedar-wasm/nodejs'
import { SuretyError } from '../base/errors.ts'

/** Cedar as WebAssembly. Only this file loads it. */
export type Cedar = typeof CedarModule

const IS_CHECKOUT = import.meta.filename.endsWith('.ts')
/** Node's own: a bundler or a test would replace an imported one. */
const { createRequire } = process.getBuiltinModule('node:module')
const require = createRequire(import.meta.filename)

/**
 * A new instance, which takes 70 ms. An instance that ran out of its stack throws for ever after, so that the next one replaces it.
 *
 * @throws `NOT_SUPPORTED` where the program lacks it.
 */
export function newCedar(): Cedar {
  const path = cedarPath()
  delete require.cache[path]
  // The package's own declarations describe what it exports.
  return require(path) as Cedar
}

function cedarPath(): string {
  if (IS_CHECKOUT) return require.resolve('@cedar-policy/cedar-wasm/nodejs')
  // Beside the bundle, or above its chunks.
  const candidates = [join(import.meta.dirname, 'cedar'), join(import.meta.dirname, '../cedar')]
  const folder = candidates.find((one) => existsSync(one))
  if (folder === undefined) throw new SuretyError('NOT_SUPPORTED', 'this program was built without Cedar')
  return join(folder, 'cedar_wasm.js')
}
