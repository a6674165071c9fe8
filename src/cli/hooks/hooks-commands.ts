import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { SuretyError } from '../../base/errors.ts'
import { printable, printableJson } from '../../base/text/printable.ts'
import { exampleLines } from '../../command-line/program.ts'
import { type HookChange, installHooks, uninstallHooks } from '../../hooks/change-hooks.ts'
import type { ClientFile } from '../../hooks/clients/client-file.ts'
import { renderFor } from '../../hooks/file-state.ts'
import { chosenClients, hookSettings } from '../../hooks/hook-files.ts'
import { HOOK_STATE_WORDS, hookStateOf } from '../../hooks/list-hooks.ts'
import { HOOK_CLIENTS, HOOKS_SOCKET, type HookClient, isHookClient } from '../../protocol/gate/hook-clients.ts'
import { isAdministrator } from '../../system/files/this-system.ts'
import { table, wrapped } from '../../view/terminal.ts'
import { type CliComponents, type CommandInit, optionsOf } from '../command/cli-components.ts'

/** Words of `--os`, and what the sources call these systems. */
export const HOOK_SYSTEMS = { linux: 'linux', macos: 'darwin', windows: 'windows' } as const

interface HookOptions {
  readonly client?: readonly string[]
  readonly os?: keyof typeof HOOK_SYSTEMS
  readonly onlyManaged?: boolean
  readonly dryRun?: boolean
  readonly force?: boolean
  readonly root?: string
}

/** `surety hooks`: Surety's hook in the settings that administrators enforce on the clients of agents. The daemon is not asked. */
export function addHooksCommands(components: CliComponents, program: Command, init: CommandInit): void {
  const { out, err } = components
  const { terminal, platform } = init
  const hooks = program
    .command('hooks')
    .description('hooks that ask Surety before an agent acts, in the settings of agents')
  const command = (name: string, about: string) =>
    hooks
      .command(name)
      .description(about)
      .option('--json', 'print one JSON document')
      .addOption(new Option('--client <name...>', 'only these clients').choices(HOOK_CLIENTS))
  const print = (made: Command, document: object, lines: () => readonly string[]) => {
    if (optionsOf(made).json === true) out(`${printableJson(document, 2)}\n`)
    else out(`${lines().join('\n')}\n`)
  }
  /** The files of the clients that were asked for. What has none is refused if it was named, else left out. */
  const filesOf = ({ client = [] }: HookOptions): readonly ClientFile[] => {
    const { files, withoutFile } = chosenClients(client.filter(isHookClient))
    const [first] = client.length === 0 ? [] : withoutFile
    if (first !== undefined) throw new SuretyError('NOT_SUPPORTED', `${first.client}: ${first.reason}`)
    return files
  }
  const changes = (made: Command, act: 'install' | 'uninstall', changed: readonly HookChange[]) => {
    const dryRun = made.opts<HookOptions>().dryRun === true
    print(made, { schema: 'surety/hook-changes@1', act, dryRun, changes: changed }, () => [
      ...changed.flatMap((change) => changeLines(change, dryRun)),
      ...(dryRun ? ['', 'Nothing was changed.'] : []),
    ])
  }

  command('render', 'print the file of each client, for a device management')
    .addOption(new Option('--os <system>', 'default: this system').choices(Object.keys(HOOK_SYSTEMS)))
    .option('--only-managed', 'allow no hooks but those of administrators, where the client can')
    .addHelpText(
      'after',
      exampleLines('surety hooks render --client claude-code codex', 'surety hooks render --os windows --json'),
    )
    .action(async (_, made: Command) => {
      const options = made.opts<HookOptions>()
      const system = options.os === undefined ? (platform ?? 'linux') : HOOK_SYSTEMS[options.os]
      const settings = hookSettings(system, options.onlyManaged === true)
      const files: { client: HookClient; file: string; text: string }[] = []
      for (const file of filesOf(options)) {
        const path = file.places[system]
        files.push({ client: file.client, file: path, text: await renderFor(file, { path }, settings) })
      }
      for (const note of onlyManagedNotes(filesOf(options), options)) err(`surety: ${note}\n`)
      print(made, { schema: 'surety/hook-files@1', program: settings.program, files }, () => [
        files
          .map(({ file, text }) => `=== ${file}\n${text}`)
          .join('\n')
          .trimEnd(),
      ])
    })

  command('install', 'write the hook into the file of each client (root only)')
    .option('--only-managed', 'allow no hooks but those of administrators, where the client can')
    .option('--dry-run', 'say what would be written, and write nothing')
    .addOption(rootOption())
    .addHelpText(
      'after',
      exampleLines('sudo surety hooks install --dry-run', 'sudo surety hooks install --client cursor'),
    )
    .action(async (_, made: Command) => {
      const options = made.opts<HookOptions>()
      const files = filesOf(options)
      const root = rootOf(options, platform)
      const changed = await installHooks(files, {
        root,
        gate: root === '/' ? { socket: HOOKS_SOCKET } : undefined,
        settings: hookSettings('linux', options.onlyManaged === true),
        dryRun: options.dryRun === true,
      })
      for (const note of onlyManagedNotes(files, options)) err(`surety: ${note}\n`)
      changes(made, 'install', changed)
    })

  command('uninstall', 'restore the file of each client as it was before the install (root only)')
    .option('--force', 'also restore a file that was changed since; the changed one is kept beside it as .changed')
    .option('--dry-run', 'say what would be restored, and restore nothing')
    .addOption(rootOption())
    .addHelpText(
      'after',
      exampleLines('sudo surety hooks uninstall', 'sudo surety hooks uninstall --client gemini-cli --force'),
    )
    .action(async (_, made: Command) => {
      const options = made.opts<HookOptions>()
      const changed = await uninstallHooks(filesOf(options), {
        root: rootOf(options, platform),
        dryRun: options.dryRun === true,
        force: options.force === true,
      })
      changes(made, 'uninstall', changed)
    })

  command('list', 'list the clients, their files and whether the hook is in them (root only)')
    .addOption(rootOption())
    .addHelpText('after', exampleLines('sudo surety hooks list', 'sudo surety hooks list --json'))
    .action(async (_, made: Command) => {
      const options = made.opts<HookOptions>()
      const root = rootOf(options, platform)
      const { files, withoutFile } = chosenClients((options.client ?? []).filter(isHookClient))
      const states = await Promise.all(
        files.map((file) => hookStateOf(file, { root, settings: hookSettings('linux', false) })),
      )
      const all = [
        ...states,
        ...withoutFile.map((one) => ({ ...one, state: 'not-supported' as const, file: undefined })),
      ]
      print(made, { schema: 'surety/hooks@1', hooks: all }, () => {
        const rows = all.map(({ client, state, file = '-' }) => ({ cells: [client, HOOK_STATE_WORDS[state], file] }))
        const reasons = all.flatMap(({ client, reason }) =>
          reason === undefined ? [] : wrapped(terminal, printable(`${client}: ${reason}`)),
        )
        const below = reasons.length === 0 ? [] : ['', ...reasons]
        return [...table(rows, terminal, { heading: ['CLIENT', 'STATE', 'FILE'] }), ...below]
      })
    })
}

/** For tests, and for images of systems. Files may then belong to the own user. */
function rootOption(): Option {
  return new Option('--root <folder>', 'folder of another system').hideHelp()
}

/** @throws `NOT_SUPPORTED`, `NOT_PERMITTED`. */
function rootOf({ root }: HookOptions, platform: CommandInit['platform']): string {
  if (platform === 'darwin' || platform === 'windows') {
    const message = 'surety writes the files of agents on Linux only: distribute what surety hooks render prints'
    throw new SuretyError('NOT_SUPPORTED', message)
  }
  if (root !== undefined) return resolve(root)
  if (!isAdministrator())
    throw new SuretyError('NOT_PERMITTED', 'only root may read and write the enforced settings of agents')
  return '/'
}

const OUTCOMES: Readonly<Record<HookChange['outcome'], { readonly done: string; readonly would: string }>> = {
  installed: { done: 'Installed', would: 'Would install' },
  unchanged: { done: 'Already there', would: 'Already there' },
  restored: { done: 'Restored', would: 'Would restore' },
  removed: { done: 'Removed', would: 'Would remove' },
  'not-installed': { done: 'Not installed', would: 'Not installed' },
}

function changeLines({ client, file, outcome, changedFile }: HookChange, dryRun: boolean): readonly string[] {
  const { done, would } = OUTCOMES[outcome]
  const aside =
    changedFile === undefined ? '' : `; the changed file ${dryRun ? 'would be' : 'is'} kept as ${changedFile}`
  return [printable(`${dryRun ? would : done}: ${client}, ${file}${aside}`)]
}

function onlyManagedNotes(files: readonly ClientFile[], { onlyManaged }: HookOptions): readonly string[] {
  if (onlyManaged !== true) return []
  const without = files.filter(({ hasOnlyManaged }) => !hasOnlyManaged).map(({ client }) => client)
  return without.length === 0
    ? []
    : [`--only-managed has no effect on ${without.join(', ')}: they have no such setting`]
}
