import type { Command } from 'commander'
import { SuretyError } from '../../base/errors.ts'
import { printable } from '../../base/text/printable.ts'
import { ownPrincipalReader } from '../../protocol/nouns/people/principals.ts'
import type { ApiClient } from '../connection/api-client.ts'
import type { CommandComponents, CommonOptions } from './command-line.ts'

/** Acts that end something ask on a terminal. Elsewhere they need `--yes`. */

export interface ConsentOptions extends CommonOptions {
  readonly yes?: boolean
}

export function withConsent(command: Command): Command {
  return command.option('--yes', 'do not ask; needed where no terminal can be asked')
}

interface ConsentInit {
  readonly facts?: readonly string[]
  readonly act: string
  readonly permission?: Permission
}

/** `action` of the table of permissions. */
interface Permission {
  readonly api: ApiClient
  readonly action: string
}

/** @throws `NOT_PERMITTED`, in the words of the directory. */
async function requireRole({ api, action }: Permission): Promise<void> {
  const { name, role, may } = await api.ask('GET', '/me', ownPrincipalReader)
  if (may.includes(action)) return
  const why = `${name} has the role ${role}, which may not ${action}`
  throw new SuretyError('NOT_PERMITTED', `nothing was changed: ${why}: ask an administrator, or use another profile`)
}

/**
 * @param facts lines that say what the act would end.
 * @param act what is asked, without a question mark.
 * @param permission what the role must be allowed: checked first, so that no question comes before a refusal.
 * @throws `NOT_PERMITTED`; `NOT_CONFIRMED` without a yes. Nothing has changed then.
 */
export async function requireConsent(
  { ask, err }: Pick<CommandComponents, 'ask' | 'err'>,
  { yes }: ConsentOptions,
  { facts, act, permission }: ConsentInit,
): Promise<void> {
  if (yes === true) return
  if (permission !== undefined) await requireRole(permission)
  if (ask === undefined) {
    throw new SuretyError('NOT_CONFIRMED', 'nothing was changed: there is no terminal to ask, so give --yes')
  }
  for (const line of facts ?? []) err(`${line}\n`)
  const answer = await ask(`${printable(act)}? [y/N] `)
  if (!/^\s*y(es)?\s*$/i.test(answer)) throw new SuretyError('NOT_CONFIRMED', 'nothing was changed')
}
