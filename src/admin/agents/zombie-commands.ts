import type { Command } from 'commander'
import { ZOMBIE_REASONS, type ZombieSweep, zombies } from '../../protocol/nouns/agents/zombies.ts'
import { answer, type CommandComponents } from '../command/command-line.ts'
import { countOf, facts, timeOf } from '../command/format.ts'
import { call } from '../nouns/call.ts'
import { addNounCommands } from '../nouns/noun-commands.ts'

/** How often the state of a sweep is asked for while a person waits. */
const ASK_EVERY_MS = 500

export function addZombieCommands(program: Command, components: CommandComponents): void {
  const command = addNounCommands(program, components, zombies, {
    verbs: {
      async sweep({ api, options }) {
        let sweep = await call(api, zombies, 'sweep')
        const signal = components.untilInterrupted()
        while (options.wait === true && sweep.running && !signal.aborted) {
          await components.pause(ASK_EVERY_MS, { signal })
          sweep = await call(api, zombies, 'swept')
        }
        answer(components, options, { schema: 'surety-directory/sweep@1', sweep }, () => sweepLines(sweep))
      },
    },
  })
  command.addHelpText(
    'after',
    `
Examples:
  $ surety-directory zombies list --reason without-owner
  $ surety-directory zombies sweep --wait
  $ surety-directory rules show > rules.yaml             what becomes of them is in its part zombies`,
  )
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
