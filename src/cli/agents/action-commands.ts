import { type Command, InvalidArgumentError } from 'commander'
import { printableJson } from '../../base/text/printable.ts'
import { exampleLines } from '../../command-line/program.ts'
import { type ActionReport, toolWords } from '../../protocol/gate/action.ts'
import { timeInWords } from '../../protocol/noun/words.ts'
import { DECISION_TONES } from '../../protocol/nouns/agents/actions.ts'
import { type Terminal, table, wrapped } from '../../view/terminal.ts'
import { type CliComponents, type CommandInit, optionsOf } from '../command/cli-components.ts'

const USUAL_COUNT = 20

/** `surety actions`: what agents of this device asked the gate for. */
export function addActionsCommand({ out, daemonAt }: CliComponents, { command, terminal }: CommandInit): void {
  command('actions', 'show what your agents asked the gate for lately; for administrators, those of all users')
    .option('--limit <count>', `at most COUNT of them (default: ${USUAL_COUNT})`, readCount, USUAL_COUNT)
    .addHelpText('after', exampleLines('surety actions', 'surety actions --limit 100 --json'))
    .action(async (_, made: Command) => {
      const options = optionsOf(made)
      const { limit } = made.opts<{ limit: number }>()
      const actions = (await daemonAt(options.socket).actions()).slice(0, limit)
      if (options.json === true) out(`${printableJson({ schema: 'surety/actions@1', actions }, 2)}\n`)
      else out(`${actionLines(actions, terminal).join('\n')}\n`)
    })
}

/** @throws `InvalidArgumentError`. */
function readCount(text: string): number {
  const count = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 0
  if (count === 0) throw new InvalidArgumentError('a whole number from 1 to 999999')
  return count
}

function actionLines(actions: readonly ActionReport[], terminal: Terminal): readonly string[] {
  if (actions.length === 0) {
    return wrapped(terminal, 'No action was reported since suretyd started. Agents ask only where hooks are installed.')
  }
  const rows = actions.map((action) => ({
    cells: [
      timeInWords(action.time),
      action.user.name,
      action.client,
      toolWords(action),
      action.outcome === undefined ? action.decision : `${action.decision}, ${action.outcome}`,
      action.rules.join(', ') || '-',
    ],
    tone: DECISION_TONES[action.decision],
  }))
  return table(rows, terminal, { heading: ['TIME', 'USER', 'CLIENT', 'TOOL', 'DECISION', 'RULES'] })
}
