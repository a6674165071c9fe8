import type { Command } from 'commander'
import { type GuardView, scimGuard } from '../../protocol/nouns/people/scim.ts'
import { answer, type CommandComponents, type CommonOptions } from '../command/command-line.ts'
import { countOf, facts, timeOf } from '../command/format.ts'
import { call } from '../nouns/call.ts'
import { addVerbCommands } from '../nouns/noun-commands.ts'

/** `scim guard`: whether an identity provider may continue deactivating humans. */

export function addScimCommands(program: Command, components: CommandComponents): void {
  const scim = program.command('scim').description('people and groups that an identity provider sends')
  const tell = (options: CommonOptions, guard: GuardView) =>
    answer(components, options, { schema: 'surety-directory/scim-guard@1', guard }, () => factsOf(guard))
  addVerbCommands(scim.command('guard').description(scimGuard.about), components, scimGuard, {
    facts: { allow: async ({ api }) => factsOf(await call(api, scimGuard, 'show')) },
    verbs: {
      show: async ({ api, options }) => tell(options, await call(api, scimGuard, 'show')),
      allow: async ({ api, options, body }) => tell(options, await call(api, scimGuard, 'allow', { body })),
    },
  })
}

function factsOf({ state, percent, deactivated, humans, most, ...rest }: GuardView): readonly string[] {
  return facts([
    ['state', STATE_WORDS[state]],
    ['within the hour', `${countOf(deactivated)} of ${countOf(humans, 'person', 'people')} deactivated by SCIM`],
    ['agents that ended', `${countOf(rest.agentsEnded)} of ${countOf(rest.agents, 'agent')}`],
    [
      'limit',
      `${countOf(most, 'person', 'people')} and ${countOf(rest.mostAgents, 'agent')} (scim.guardPercent: ${percent})`,
    ],
    ...(rest.heldAt === undefined ? [] : [['held since', timeOf(rest.heldAt)] as const]),
    ...(rest.heldFor === undefined ? [] : [['held for', rest.heldFor] as const]),
    ...(rest.allowedUntil === undefined ? [] : [['allowed until', timeOf(rest.allowedUntil)] as const]),
    ...(rest.allowedBy === undefined ? [] : [['allowed by', rest.allowedBy] as const]),
  ])
}

const STATE_WORDS: Readonly<Record<GuardView['state'], string>> = {
  open: 'open: deactivations go through up to the limit',
  held: 'held: no deactivation by SCIM goes through until an administrator allows it',
  allowed: 'allowed: deactivations go through without a limit',
}
