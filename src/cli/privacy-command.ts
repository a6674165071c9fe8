import type { Command } from 'commander'
import { printableJson } from '../base/printable.ts'
import { PRIVACY_TEXTS } from '../view/privacy-texts.ts'
import { hanging, type Terminal, wrapped } from '../view/terminal.ts'
import type { CheckCommandsInit } from './check-commands.ts'
import { type CliComponents, optionsOf } from './cli-components.ts'
import { examples } from './examples.ts'

const { collected: COLLECTED, never: NEVER, kept: KEPT } = PRIVACY_TEXTS.en

/** `surety privacy`. */
export function addPrivacyCommand({ out, daemonAt }: CliComponents, init: CheckCommandsInit): void {
  init
    .command('privacy', 'show what is collected, what never is, how long it is kept, and who gets it')
    .option('--last', 'print the last batch of evidence, without the items of other users')
    .addHelpText('after', examples('surety privacy', 'surety privacy --last'))
    .action(async (_, made: Command) => {
      const options = optionsOf(made)
      const daemon = daemonAt(options.socket)
      if (made.opts<{ last?: boolean }>().last === true) {
        const batch = await daemon.lastBatch()
        out(`${printableJson({ schema: 'surety/last-batch@1', ...batch }, 2)}\n`)
        return
      }
      // What is collected is the same while the daemon does not run.
      const status = await daemon.status().catch(() => undefined)
      const to = status?.directory.url
      const document = {
        ...{ collected: COLLECTED.map(([source, what]) => ({ source, what })), never: NEVER, kept: KEPT },
        ...(to === undefined ? {} : { to }),
        ...(status?.support === undefined ? {} : { support: status.support }),
      }
      if (options.json === true) out(`${printableJson({ schema: 'surety/privacy@1', ...document }, 2)}\n`)
      else out(`${privacyLines(init.terminal, to, status?.support?.contact).join('\n')}\n`)
    })
}

function privacyLines(terminal: Terminal, to: string | undefined, contact: string | undefined): string[] {
  const list = (texts: readonly string[]) => texts.flatMap((text) => hanging(terminal, '  - ', 4, text))
  return [
    'Collected',
    ...COLLECTED.flatMap(([source, what]) => hanging(terminal, `  ${source}`, 18, what)),
    '',
    'Never collected',
    ...list(NEVER),
    '',
    'Kept',
    ...list(KEPT),
    '',
    ...hanging(terminal, 'Sent to', 18, to ?? 'no directory: this device is not enrolled, or suretyd does not answer'),
    ...(contact === undefined ? [] : hanging(terminal, 'Questions to', 18, contact)),
    '',
    ...wrapped(terminal, 'The last batch as it was written: surety privacy --last'),
  ]
}
