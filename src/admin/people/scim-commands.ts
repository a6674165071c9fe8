import { type Command, InvalidArgumentError } from 'commander'
import { parseDuration } from '../../base/text/duration.ts'
import { ALLOWANCE_MS, type GuardView, guardReader } from '../../protocol/nouns/people/scim.ts'
import {
  answer,
  type CommandComponents,
  type CommonOptions,
  examples,
  openApi,
  withApiOptions,
} from '../command/command-line.ts'
import { type ConsentOptions, requireConsent, withConsent } from '../command/consent.ts'
import { countOf, facts, timeOf } from '../command/format.ts'

/** `scim guard`: whether an identity provider may continue deactivating humans. */

interface AllowOptions extends ConsentOptions {
  readonly for?: number
}

const PATH = '/scim-guard'

export function addScimCommands(program: Command, components: CommandComponents): void {
  const guard = program
    .command('scim')
    .description('people and groups that an identity provider sends')
    .command('guard')
    .description('holds deactivations by SCIM when very many come within an hour')
  withApiOptions(guard.command('show').description('what SCIM deactivated within an hour, and whether more is held'))
    .addHelpText('after', examples('surety-directory scim guard show', 'surety-directory scim guard show --json'))
    .action(async (options: CommonOptions) => {
      const shown = await (await openApi(components, options)).ask('GET', PATH, guardReader)
      print(components, options, shown)
    })
  withConsent(withApiOptions(guard.command('allow').description('let deactivations through for a while')))
    .option('--for <time>', 'how long: 30m, 2h (default: 1h, at most 24h)', readTime)
    .addHelpText(
      'after',
      examples('surety-directory scim guard allow', 'surety-directory scim guard allow --for 15m --yes'),
    )
    .action(async (options: AllowOptions) => {
      const api = await openApi(components, options)
      const before = await api.ask('GET', PATH, guardReader)
      await requireConsent(components, options, {
        facts: factsOf(before),
        act: 'Let SCIM deactivate people without a limit for this time',
        permission: { api, action: 'identify' },
      })
      const body = options.for === undefined ? {} : { forMs: options.for }
      print(components, options, await api.ask('POST', `${PATH}/allow`, guardReader, body))
    })
}

function print(components: CommandComponents, options: CommonOptions, guard: GuardView): void {
  answer(components, options, { schema: 'surety-directory/scim-guard@1', guard }, () => factsOf(guard))
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

function readTime(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('a time is a number and s, m, h or d: 15m')
  if (ms < ALLOWANCE_MS.minimum || ms > ALLOWANCE_MS.maximum) throw new InvalidArgumentError('from 1m to 24h')
  return ms
}
