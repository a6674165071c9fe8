import { join } from 'node:path'
import { SuretyError } from '../base/errors.ts'
import { asArgument } from '../directory/commands/words.ts'
import { distrustOfProgramFile } from '../system/files/trusted-code.ts'

/** The first file of the program that the daemon reads, and would refuse. */
const CATALOGUE = 'discovery/catalogue/catalogue.json'

/**
 * Refuses a checkout whose files the daemon would refuse, before anything is made.
 *
 * @param sources the folder of `main-start.ts`.
 * @throws `CONFIG_INVALID`, saying what to do.
 */
export function requireTrustedCheckout(sources: string): void {
  const distrust = distrustOfProgramFile(join(sources, CATALOGUE))
  if (distrust === undefined) return
  const remedy =
    distrust.because === 'mode'
      ? `chmod -R go-w ${asArgument(join(sources, '..'))}`
      : 'clone it anew, as the user who runs it'
  throw new SuretyError('CONFIG_INVALID', `the daemon would not run from here: ${distrust.words}: ${remedy}`)
}
