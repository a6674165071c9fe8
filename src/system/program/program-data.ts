import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { SuretyError } from '../../base/errors.ts'
import { requireTrustedProgramFile } from '../files/own/trusted-code.ts'

/**
 * Reads a file that is a part of the program: it lies beside the module that asks, beside the bundle, or above its chunks.
 * One that another user could have written is not read.
 *
 * @param folder of the module that asks.
 * @throws `CONFIG_INVALID` when it is missing or cannot be trusted: the installation is damaged.
 */
export function readProgramData(name: string, folder: string): string {
  const candidates = [join(folder, name), join(folder, '..', name)]
  const path = candidates.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile() === true)
  if (path === undefined) throw new SuretyError('CONFIG_INVALID', `${name} is missing beside the program: reinstall it`)
  requireTrustedProgramFile(path, 'CONFIG_INVALID')
  return readFileSync(path, 'utf8')
}
