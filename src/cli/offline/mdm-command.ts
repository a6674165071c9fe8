import { type Command, Option } from 'commander'
import { printableJson } from '../../base/text/printable.ts'
import { exampleLines } from '../../command-line/program.ts'
import { renderMdm } from '../../mdm/render.ts'
import { TARGETS, type Target } from '../../mdm/targets.ts'
import { wrapped } from '../../view/terminal.ts'
import { type CliComponents, type CommandInit, optionsOf } from '../command/cli-components.ts'

interface RenderOptions {
  readonly target: Target
  readonly out?: string
  readonly set: readonly string[]
  readonly teamId?: string
  readonly organisation: string
}

/** `surety mdm render`: what an administrator gives to a device management. The daemon is not asked. */
export function addMdmCommand(components: CliComponents, program: Command, init: CommandInit): void {
  const { out, err, saveNewFolder } = components
  const { terminal, command } = init
  const mdm = program.command('mdm').description('files for device managements')
  command('render', 'print profiles, templates and scripts for a device management', mdm)
    .addOption(new Option('--target <name>', 'device management').choices(TARGETS).makeOptionMandatory())
    .option('--out <folder>', 'folder to write; it must not exist yet')
    .option('--set <key=value>', 'a setting of suretyd to manage; may be repeated', collect, [])
    .option('--team-id <id>', 'team at Apple that signed the package; needed for files for macOS')
    .option('--organisation <name>', 'name in profiles for macOS', 'Surety')
    .addHelpText(
      'after',
      exampleLines(
        'surety mdm render --target intune --out surety-intune --team-id ABCDE12345',
        'surety mdm render --target ansible --set log.level=warn --set support.contact=helpdesk@example.org',
      ),
    )
    .action(async (_, made: Command) => {
      const options = made.opts<RenderOptions>()
      const { target, set: settings, teamId: team, organisation } = options
      const { files, notes } = renderMdm({ target, settings, team, organisation })
      if (options.out !== undefined) await saveNewFolder(options.out, files)
      if (optionsOf(made).json === true) {
        out(`${printableJson({ schema: 'surety/mdm@1', target, files, notes }, 2)}\n`)
        return
      }
      for (const note of notes) err(`surety: ${note}\n`)
      if (options.out === undefined) {
        out(files.map(({ name, text }) => `=== ${name}\n${text.replaceAll('\r\n', '\n')}`).join('\n'))
        return
      }
      const names = files.map(({ name }) => `  ${name}`)
      const next = wrapped(terminal, `Read ${options.out}/README.md first: it says where each file goes.`)
      out(`${[`Wrote ${options.out}:`, ...names, '', ...next].join('\n')}\n`)
    })
}

function collect(value: string, all: readonly string[]): readonly string[] {
  return [...all, value]
}
