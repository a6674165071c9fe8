import type { Command } from 'commander'
import { toolWords } from '../../protocol/gate/action.ts'
import { type ActionView, actions } from '../../protocol/nouns/agents/actions.ts'
import { hanging } from '../../view/terminal.ts'
import { answer, type CommandComponents } from '../command/command-line.ts'
import { isoTime } from '../command/format.ts'
import { addNounCommands } from '../nouns/noun-commands.ts'

/** What agents asked the gates of their devices for. */
export function addActionCommands(program: Command, components: CommandComponents): void {
  addNounCommands(program, components, actions, {
    async show({ options }, action) {
      answer(components, options, { schema: 'surety-directory/action@1', action }, () => linesOf(components, action))
    },
  })
}

const LABEL_WIDTH = 14

function linesOf({ terminal }: CommandComponents, action: ActionView): readonly string[] {
  const { id, decision, time, host, device, user, client, session, agent, registration } = action
  const { rules, shadow = [], approval, outcome, hash, arguments: given } = action
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Action', `${id}, ${decision}`],
    ['Tool', `${toolWords(action)} (${action.tool.kind})`],
    ['Time', `${isoTime(time)}, by the clock of the device`],
    ['Device', `${host} (${device})`],
    ['User', user.name],
    ['Agent', agent === undefined ? client : `${client}, sighting ${agent}`],
    ['Registration', registration && `${registration.name} (${registration.id})`],
    ['Session', session],
    ['Rules', rules.join(', ') || undefined],
    ['On trial', shadow.join(', ') || undefined],
    ['Approval', approval],
    ['Outcome', outcome],
    ['Hash', hash],
    ['Arguments', given],
    ['Known from', 'the word of the device; keys prove none of it'],
  ]
  return facts.flatMap(([label, text]) => (text === undefined ? [] : hanging(terminal, label, LABEL_WIDTH, text)))
}
