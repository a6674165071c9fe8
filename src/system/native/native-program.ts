import { statSync } from 'node:fs'
import { join } from 'node:path'
import { SuretyError } from '../../base/errors.ts'
import { requireTrustedProgramFile } from '../files/own/trusted-code.ts'

/** Programs of ours in C and Swift. They lie where the addon lies. */
export type NativeProgram =
  | 'surety-exec-gate'
  | 'surety-canary'
  | 'surety-canary.exe'
  | 'surety-canary-darwin'
  | 'surety-secure-enclave'

/**
 * The absolute path of one of our native programs. A file that another user could have written is refused.
 *
 * @param init.folder of the program that asks; for tests.
 * @throws `ADDON_UNAVAILABLE`, with the reason: it was not built, or cannot be trusted.
 */
export function nativeProgram(name: NativeProgram, init: { readonly folder?: string } = {}): string {
  const places = [name, `../${name}`, `../../../native/build/${name}`]
  const candidates = places.map((place) => join(init.folder ?? import.meta.dirname, place))
  const path = candidates.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile() === true)
  if (path === undefined) {
    throw new SuretyError('ADDON_UNAVAILABLE', `${name} was not built: npm run build:native says why`)
  }
  requireTrustedProgramFile(path, 'ADDON_UNAVAILABLE')
  return path
}
