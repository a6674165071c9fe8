import { type Command, Option } from 'commander'
import {
  ZOMBIE_REASONS,
  type Zombie,
  type ZombieSweep,
  zombiePageReader,
  zombieSweepReader,
} from '../../protocol/nouns/agents/zombies.ts'
import { table } from '../../view/terminal.ts'
import {
  answer,
  answerList,
  type CommandComponents,
  type CommonOptions,
  openApi,
  queryOf,
  withApiOptions,
} from '../command/command-line.ts'
import { countOf, facts, timeOf } from '../command/format.ts'

interface ListOptions extends CommonOptions {
  readonly reason?: string
}
interface SweepOptions extends CommonOptions {
  readonly wait?: boolean
}

/** How often the state of a sweep is asked for while a person waits. */
const ASK_EVERY_MS = 500

export function addZombieCommands(program: Command, components: CommandComponents): void {
  const zombies = program
    .command('zombies')
    .description('registered agents that nobody needs, answers for or looks after')
    .addHelpText(
      'after',
      `
Examples:
  $ surety-directory zombies list --reason without-owner
  $ surety-directory zombies sweep --wait
  $ surety-directory rules show > rules.yaml             what becomes of them is in its part zombies`,
    )
  withApiOptions(zombies.command('list').description('what the last sweep found, each with its reasons'))
    .addOption(new Option('--reason <reason>', 'those with this reason').choices([...ZOMBIE_REASONS]))
    .action((options: ListOptions) =>
      answerList(components, options, {
        path: `/zombies${queryOf({ reason: options.reason })}`,
        member: 'zombies',
        schema: 'zombies',
        none: 'no zombies by the last sweep: see surety-directory zombies sweep',
        reader: zombiePageReader,
        lines: (found) =>
          table(found.map(rowOf), components.terminal, {
            heading: ['AGENT', 'NAME', 'STATE', 'OWNER', 'REASONS', 'SINCE', 'DONE'],
          }),
      }),
    )
  withApiOptions(
    zombies.command('sweep').description('look at all registered agents now; the directory does it each hour'),
  )
    .option('--wait', 'until it is finished')
    .action(async (options: SweepOptions) => {
      const api = await openApi(components, options)
      let sweep = await api.ask('POST', '/zombies/sweep', zombieSweepReader)
      const signal = components.untilInterrupted()
      while (options.wait === true && sweep.running && !signal.aborted) {
        await components.pause(ASK_EVERY_MS, { signal })
        sweep = await api.ask('GET', '/zombies/sweep', zombieSweepReader)
      }
      answer(components, options, { schema: 'surety-directory/sweep@1', sweep }, () => sweepLines(sweep))
    })
}

function rowOf({ registration, name, state, owner, ownerName, reasons, since, done, code }: Zombie) {
  const outcome = code === undefined ? done : `${done}: ${code}`
  return { cells: [registration, name, state, ownerName ?? owner ?? '-', reasons.join(', '), timeOf(since), outcome] }
}

function sweepLines({ running, startedAt, finishedAt, lookedAt, registrations, zombies, byReason }: ZombieSweep) {
  const reasons = ZOMBIE_REASONS.filter((reason) => byReason[reason] > 0)
  return [
    running
      ? `the sweep runs since ${timeOf(startedAt)}: ${countOf(lookedAt)} of ${countOf(registrations, 'agent')}`
      : `the sweep finished at ${timeOf(finishedAt)}: ${countOf(lookedAt, 'agent')}`,
    countOf(zombies, 'zombie'),
    ...facts(reasons.map((reason) => [`  ${reason}`, countOf(byReason[reason])])),
  ]
}
