import type { Command } from 'commander'
import { printableJson } from '../base/printable.ts'
import { hanging, type Terminal, wrapped } from '../view/terminal.ts'
import type { CheckCommandsInit } from './check-commands.ts'
import { type CliComponents, optionsOf } from './cli-components.ts'
import { examples } from './examples.ts'

/** What leaves this device, by source. docs/threat-model.md has the reasons. */
const COLLECTED = [
  ['Checks', 'the results of the checks, with the names of volumes and accounts that a result needs'],
  ['Machine', 'host name, machine id, serial number, maker, model, system, kernel, processor, memory'],
  ['AI agents', 'name, version, path, user, process number, working folder, known flags, autonomy and its reason'],
  ['Extensions', 'browser and editor extensions: name, version, profile, origin and permissions'],
  ['MCP servers', 'name, client, file, package or host, and risks; names of secrets, never their values'],
  ['Model runtimes', 'programs that serve models: name, process, ports, and names of models'],
  ['Agent files', 'path, kind, owner, size and risks of instructions, skills, hooks and plugins'],
  ['Claims', 'what you write with surety agents claim: purpose, name and end, with your user name'],
  ['Sources', 'which files and folders were read, and why one could not be read'],
] as const

const NEVER = [
  'prompts and answers of agents',
  'the content of your files, mail, browser history and open pages',
  'values of secrets and tokens; of environment variables only the settings of agents that the catalogue lists',
  'arguments of commands, other than listed flags, scripts or packages, work folders and models',
  'keys you press, the screen, camera or microphone',
] as const

const KEPT = [
  'On this device, until the directory has acknowledged it. A full store drops the oldest first.',
  'In the directory, as long as its administrator keeps it. Ask them how long that is.',
] as const

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
