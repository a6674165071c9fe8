import type { Command } from 'commander'
import { SuretyError } from '../../base/errors.ts'
import { printable } from '../../base/printable.ts'
import type { CommandComponents, CommonOptions } from './command-line.ts'

/** Acts that end something ask on a terminal. Elsewhere they need `--yes`. */

export interface ConsentOptions extends CommonOptions {
  readonly yes?: boolean
}

export function withConsent(command: Command): Command {
  return command.option('--yes', 'do not ask; needed where no terminal can be asked')
}

/**
 * @param facts lines that say what the act would end.
 * @param act what is asked, without a question mark.
 * @throws `NOT_CONFIRMED` without a yes. Nothing has changed then.
 */
export async function requireConsent(
  { ask, err }: Pick<CommandComponents, 'ask' | 'err'>,
  { yes }: ConsentOptions,
  { facts, act }: { readonly facts?: readonly string[]; readonly act: string },
): Promise<void> {
  if (yes === true) return
  if (ask === undefined) {
    throw new SuretyError('NOT_CONFIRMED', 'nothing was changed: there is no terminal to ask, so give --yes')
  }
  for (const line of facts ?? []) err(`${line}\n`)
  const answer = await ask(`${printable(act)}? [y/N] `)
  if (!/^\s*y(es)?\s*$/i.test(answer)) throw new SuretyError('NOT_CONFIRMED', 'nothing was changed')
}
