import { type Command, Option } from 'commander'
import { VERSION } from '../../base/version.ts'
import { configTable } from '../../command-line/config-table.ts'
import { SETTINGS_HEADING } from '../../command-line/program.ts'
import { directorySettings } from '../../config/directory.ts'
import { isList, joinedList } from '../../config/flags.ts'
import { aboutSetting, flagName } from '../../config/settings.ts'
import {
  answer,
  type CommandComponents,
  type CommonOptions,
  configOf,
  examples,
  withCommonOptions,
} from '../command/command-line.ts'
import { type ConsentOptions, requireConsent, withConsent } from '../command/consent.ts'
import { facts } from '../command/format.ts'

type SettingOptions = CommonOptions & Readonly<Record<string, unknown>>

/** What needs no running directory. */
export function addLocalCommands(program: Command, components: CommandComponents): void {
  withSettings(withCommonOptions(program.command('serve').description('run the directory')))
    .option('--ready-json', 'say on standard output, as one JSON line, where it listens once it does')
    .action(async (options: SettingOptions) => {
      const { config } = configOf(components, options, flagsOf(options))
      await components.serve(config, { readyJson: options.readyJson === true })
    })

  const administrator = program.command('administrator').description('the administrator token of this directory')
  withConsent(
    withCommonOptions(
      administrator
        .command('reset')
        .description('revoke all tokens and make one for an administrator; needs the data folder'),
    ),
  )
    .addHelpText(
      'after',
      examples('surety-directory administrator reset', 'surety-directory administrator reset --yes --json'),
    )
    .action(async (options: ConsentOptions) => {
      const { config } = configOf(components, options)
      const act = `Revoke the tokens of all administrators and services of ${config.data}`
      await requireConsent(components, options, { act })
      const profile = await components.resetAdministrator(config)
      answer(components, options, { schema: 'surety-directory/administrator-reset@1', profile }, () =>
        facts([['new administrator profile', profile]]),
      )
    })

  const config = program.command('config').description('how this directory is configured')
  withSettings(withCommonOptions(config.command('show').description('each value and where it came from'))).action(
    (options: SettingOptions) => {
      const { entries } = configOf(components, options, flagsOf(options))
      answer(components, options, { schema: 'surety-directory/config@1', config: entries }, () =>
        configTable(entries, components.terminal),
      )
    },
  )

  withCommonOptions(program.command('version').description('version of this program')).action(
    (options: CommonOptions) =>
      answer(components, options, { schema: 'surety-directory/version@1', version: VERSION }, () => [VERSION]),
  )
}

/** A flag for every setting but the data folder, which every command has. */
const FLAGS = Object.entries(directorySettings)
  .filter(([key]) => key !== 'data')
  .map(([key, one]) => ({ key, flag: flagName(key), about: aboutSetting(one), isList: isList(one) }))

function withSettings(command: Command): Command {
  for (const { flag, about, isList: isOfList } of FLAGS) {
    const option = new Option(`${flag} <value>`, about).helpGroup(SETTINGS_HEADING)
    if (isOfList) option.argParser((value, before: string | undefined) => joinedList(before, value))
    command.addOption(option)
  }
  return command
}

function flagsOf(options: SettingOptions): Record<string, string> {
  const given: Record<string, string> = {}
  for (const { key, flag } of FLAGS) {
    const value = options[attributeName(flag)]
    if (typeof value === 'string') given[key] = value
  }
  return given
}

/** commander's own name for a flag: `--devices-port` is `devicesPort`. */
function attributeName(flag: string): string {
  return flag.slice(2).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
