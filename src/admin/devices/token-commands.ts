import { resolve } from 'node:path'
import type { Command } from 'commander'
import { utf8 } from '../../base/bytes.ts'
import { orAborted } from '../../base/clock.ts'
import { printable } from '../../base/text/printable.ts'
import { preregistrations } from '../../protocol/nouns/enrolment/preregistrations.ts'
import { type Token, type TokenRequest, tokens } from '../../protocol/nouns/enrolment/tokens.ts'
import { newFile } from '../../system/files/own/new-file.ts'
import { answer, type CommandComponents } from '../command/command-line.ts'
import { countOf, facts, timeOf } from '../command/format.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { call } from '../nouns/call.ts'
import { addNounCommands, type Run } from '../nouns/noun-commands.ts'
import { readOwnerFile } from './owner-file.ts'

export function addTokenCommands(program: Command, components: CommandComponents): void {
  addNounCommands(program, components, tokens, {
    refusals: {
      create: (options) =>
        options.owner === undefined && !isOnlyListed(options)
          ? "required option '--owner <name>' not specified"
          : undefined,
    },
    verbs: { create: (run) => create(components, run) },
  })
}

/** With `unlisted` the devices that are not in the file wait. */
function isOnlyListed({ ownerFrom, preregistered, pending }: Run['options']): boolean {
  return (ownerFrom !== undefined || preregistered === true) && pending !== 'unlisted'
}

async function create(components: CommandComponents, { api, options, body }: Run): Promise<void> {
  const { ownerFrom, out, json } = options
  const items = typeof ownerFrom === 'string' ? await readOwnerFile(ownerFrom) : undefined
  const request: TokenRequest = {
    ...(items === undefined ? {} : { uses: items.length }),
    ...body,
    ...(isOnlyListed(options) ? { preregistered: true } : {}),
  }
  const prepare = async () => {
    // Devices that are preregistered without a token can do nothing.
    if (items !== undefined) await call(api, preregistrations, 'add', { body: { items: [...items] } })
  }
  const { token, enrolment, warning, path } = await makeToken(components, api, {
    request,
    out: typeof out === 'string' ? out : undefined,
    prepare,
  })
  const schema = 'surety-directory/created-token@1'
  if (warning !== undefined && json !== true) components.err(`warning: ${printable(warning)}\n`)
  const created = { schema, token, ...(warning === undefined ? {} : { warning }) } as const
  if (path === undefined) {
    // Words go to standard error, so that standard output holds the enrolment string alone and can be piped.
    if (json !== true) components.err(`${describeToken(token).join('\n')}\n`)
    answer(components, options, { ...created, enrolment }, () => [enrolment])
    return
  }
  answer(components, options, { ...created, enrolmentFile: path }, () => [...describeToken(token, path)])
}

interface MakeTokenInit {
  readonly request: TokenRequest
  /** A new file for the enrolment string. */
  readonly out: string | undefined
  /** Called once the file is there, before the token is made. */
  readonly prepare?: () => Promise<void>
  /** The token is revoked if this throws. */
  readonly check?: (enrolment: string) => void
}

/** Makes a token. Where its string cannot be kept there is none afterwards. */
export async function makeToken(
  components: Pick<CommandComponents, 'untilInterrupted'>,
  api: ApiClient,
  { request, out, prepare, check }: MakeTokenInit,
) {
  const path = out === undefined ? undefined : resolve(out)
  // An empty file that was left behind would stand in the way of the next try.
  const interrupted = path === undefined ? undefined : components.untilInterrupted()
  // Before the token is made: else it would be usable, and its string lost.
  await using file = path === undefined ? undefined : await newFile(path)
  await prepare?.()
  const making = call(api, tokens, 'create', { body: request })
  const made = await (interrupted === undefined ? making : orAborted(making, interrupted))
  try {
    check?.(made.enrolment)
    await file?.fill(utf8(`${made.enrolment}\n`))
  } catch (error) {
    await call(api, tokens, 'revoke', { id: made.token.id })
    throw error
  }
  return { ...made, path }
}

export function describeToken(token: Token, enrolmentFile?: string): readonly string[] {
  return facts([
    ['token', token.id],
    ['owner', token.owner ?? 'of its preregistration'],
    ['uses', token.uses === 1 ? undefined : countOf(token.uses, 'device')],
    ['takes', token.preregistered === true ? 'only preregistered devices' : undefined],
    ['waiting', token.pending && WAITING[token.pending]],
    ['identified', token.unbound === true ? 'only by their TPMs' : undefined],
    ['serial number', token.serial],
    ['minimum tier', token.minimumTier],
    ['expires', timeOf(token.expiresAt)],
    ['enrolment string', enrolmentFile],
  ])
}

const WAITING = {
  all: 'new devices, until a person accepts them',
  unlisted: 'new devices that are not preregistered, until a person accepts them',
} as const
