import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describeError, SuretyError } from '../../base/errors.ts'

/** The file of the native addon. `system/native/` checks it and knows its functions. */

const NAME = 'surety-native'

/**
 * @param folder of the module that asks, two folders below `src/`, or of the bundle.
 * @param built how the build names the addon of this system.
 * @throws `ADDON_UNAVAILABLE` when it was not built.
 */
export function findAddon(folder: string, built: string): string {
  // Beside the bundle, beside the folder of its chunks, or where the sources build it.
  const names = [`${NAME}.node`, `../${NAME}.node`, `../../../native/build/${built}.node`]
  const candidates = names.map((name) => join(folder, name))
  const path = candidates.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile() === true)
  if (path !== undefined) return path
  throw new SuretyError('ADDON_UNAVAILABLE', 'the native addon was not built: npm run build:native says why')
}

/** @throws `ADDON_UNAVAILABLE` when it cannot be loaded, or lacks one of the functions: it is of another version. */
export function requireAddon<T>(path: string, functions: readonly (keyof T)[]): T {
  try {
    const loaded: unknown = createRequire(import.meta.url)(path)
    if (hasFunctions(loaded, functions)) return loaded
  } catch (cause) {
    throw new SuretyError('ADDON_UNAVAILABLE', `${path} cannot be loaded: ${describeError(cause)}`, { cause })
  }
  throw new SuretyError('ADDON_UNAVAILABLE', `${path} is not the addon of this version`)
}

function hasFunctions<T>(value: unknown, functions: readonly (keyof T)[]): value is T {
  if (typeof value !== 'object' || value === null) return false
  const members: Readonly<Record<PropertyKey, unknown>> = { ...value }
  return functions.every((name) => typeof members[name] === 'function')
}
