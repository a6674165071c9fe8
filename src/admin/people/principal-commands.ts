import { resolve } from 'node:path'
import type { Command } from 'commander'
import { utf8 } from '../../base/bytes.ts'
import type { AdministratorProfile } from '../../protocol/noun/answers.ts'
import type { Noun, Verbs } from '../../protocol/noun/noun.ts'
import {
  type Administrator,
  administrators,
  type CreatedPrincipal,
  type Service,
  services,
} from '../../protocol/nouns/people/principals.ts'
import { newFile } from '../../system/files/own/new-file.ts'
import { answer, type CommandComponents, readProfileOf } from '../command/command-line.ts'
import { facts, timeOf } from '../command/format.ts'
import { call } from '../nouns/call.ts'
import { addNounCommands, type Run } from '../nouns/noun-commands.ts'

/** Administrators and services: who may use the API. */

export function addPrincipalCommands(program: Command, components: CommandComponents): void {
  for (const noun of [administrators, services] as readonly Noun[]) {
    addNounCommands(program, components, noun, {
      verbs: {
        add: (run) => giveToken(components, run, { noun, verb: 'add' }),
        rotate: (run) => giveToken(components, run, { noun, verb: 'rotate' }),
      },
    })
  }
}

async function giveToken(
  components: CommandComponents,
  { api, options, id, body }: Run,
  { noun, verb }: { readonly noun: Noun; readonly verb: 'add' | 'rotate' },
): Promise<void> {
  const { url, ca } = await readProfileOf(components, options)
  const path = typeof options.out === 'string' ? resolve(options.out) : undefined
  // First: a token that cannot be written would be valid, and its holder would not have it.
  await using file = path === undefined ? undefined : await newFile(path)
  const made = await call<Verbs, string>(api, noun, verb, { ...(verb === 'add' ? {} : { id }), body })
  const { token, ...given } = made as CreatedPrincipal // Both verbs of both nouns answer with it.
  const value = 'service' in given ? given.service : given.administrator
  const lines = factsOf(value)
  const document = { schema: `surety-directory/created-${noun.one}@1`, ...given } as const
  if (file === undefined) {
    // Words go to standard error, so that standard output holds the token alone and can be piped.
    if (options.json !== true) components.err(`${lines.join('\n')}\n`)
    answer(components, options, { ...document, token }, () => [token])
    return
  }
  const profile: AdministratorProfile = { url, ca, token }
  try {
    await file.fill(utf8(`${JSON.stringify(profile, null, 2)}\n`))
  } catch (error) {
    // After a rotation there is nothing to undo: the token before is still valid.
    if (verb === 'add') await call<Verbs, string>(api, noun, 'revoke', { id: value.id })
    throw error
  }
  answer(components, options, { ...document, profile: path }, () => [...lines, ...facts([['profile', path]])])
}

function factsOf(one: Administrator | Service): readonly string[] {
  return facts([
    ['name', one.name],
    'role' in one ? ['role', one.role] : ['scope', one.scope],
    ['expires', one.expiresAt === undefined ? 'never' : timeOf(one.expiresAt)],
    ['old token until', one.oldTokenUntil === undefined ? undefined : timeOf(one.oldTokenUntil)],
  ])
}
