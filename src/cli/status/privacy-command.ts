import type { Command } from 'commander'
import { printableJson } from '../../base/text/printable.ts'
import { exampleLines } from '../../command-line/program.ts'
import { PRIVACY_TEXTS, type PrivacyTexts } from '../../view/privacy-texts.ts'
import { hanging, type Terminal, wrapped } from '../../view/terminal.ts'
import { type CliComponents, type CommandInit, languageFor, optionsOf } from '../command/cli-components.ts'

/** `surety privacy`. */
export function addPrivacyCommand({ out, daemonAt }: CliComponents, init: CommandInit): void {
  init
    .command('privacy', 'show what is collected, what never is, who sees it, how long it is kept, and where it is sent')
    .option('--lang <language>', 'en or de; default: the locale')
    .option('--last', 'print the last batch of evidence, without the items of other users')
    .addHelpText('after', exampleLines('surety privacy', 'surety privacy --last'))
    .action(async (_, made: Command) => {
      const options = optionsOf(made)
      const daemon = daemonAt(options.socket)
      if (made.opts<{ last?: boolean }>().last === true) {
        const batch = await daemon.lastBatch()
        out(`${printableJson({ schema: 'surety/last-batch@1', ...batch }, 2)}\n`)
        return
      }
      const texts = PRIVACY_TEXTS[languageFor(options, init)]
      // What is collected is the same while the daemon does not run.
      const status = await daemon.status().catch(() => undefined)
      const to = status?.directory.url
      const { collected, never, seenBy, kept } = texts
      const document = {
        collected: collected.map(([source, what]) => ({ source, what })),
        never,
        seenBy,
        kept,
        ...(to === undefined ? {} : { to }),
        ...(status?.support === undefined ? {} : { support: status.support }),
      }
      if (options.json === true) out(`${printableJson({ schema: 'surety/privacy@1', ...document }, 2)}\n`)
      else out(`${privacyLines(texts, init.terminal, { to, contact: status?.support?.contact }).join('\n')}\n`)
    })
}

function privacyLines(
  { titles, collected, never, seenBy, kept }: PrivacyTexts,
  terminal: Terminal,
  { to, contact }: { readonly to: string | undefined; readonly contact: string | undefined },
): string[] {
  const list = (texts: readonly string[]) => texts.flatMap((text) => hanging(terminal, '  - ', 4, text))
  return [
    titles.collected,
    ...collected.flatMap(([source, what]) => hanging(terminal, `  ${source}`, 18, what)),
    ...['', titles.never, ...list(never)],
    ...['', titles.seenBy, ...list(seenBy)],
    ...['', titles.kept, ...list(kept)],
    '',
    ...hanging(terminal, titles.sentTo, 18, to ?? titles.nowhere),
    ...(contact === undefined ? [] : hanging(terminal, titles.questions, 18, contact)),
    '',
    ...wrapped(terminal, `${titles.last}: surety privacy --last`),
  ]
}
