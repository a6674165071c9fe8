import { SuretyError } from '../../base/errors.ts'
import type { Folders } from '../installed/folders.ts'
import { valuesAt } from '../installed/member-path.ts'
import { asObject } from '../json-file.ts'
import { namedFiles } from '../plugins/named-files.ts'
import type { PluginComponents } from '../plugins/plugin-components.ts'
import { tooMany } from '../source-log.ts'
import type { AgentFile } from './agent-file.ts'

export interface HookPlace extends Pick<AgentFile, 'client' | 'scope' | 'workspace' | 'plugin'> {
  /** The settings. */
  readonly path: string
  readonly key: readonly string[]
  /** Absent for the settings of the machine. */
  readonly home: string | undefined
}

/** Of one file. */
const MAX_COMMANDS = 200
const MAX_PATHS = 500
const MAX_COMMAND_LENGTH = 4096
/** Nobody's hooks lie deeper. */
const MAX_DEPTH = 8
const COMMAND_KEYS = new Set(['command', 'bash', 'powershell', 'script'])

/** The system's own programs: a hook that runs `/bin/sh` is not told with the shell. */
const SYSTEM_PROGRAM = /^\/(?:usr\/)?(?:local\/)?s?bin\//

/**
 * Settings that have hooks, and the files that these run: where they lie in the home or the project, or, of the settings of
 * the machine, anywhere. Commands are looked through for paths on the device and go nowhere; what is told of a hook is a
 * file.
 */
export async function findHooks(components: PluginComponents, place: HookPlace): Promise<AgentFile[]> {
  const { configs, folders } = components
  const document = await configs.read(place.path)
  const commands = document === undefined ? [] : valuesAt(document, place.key).flatMap((map) => commandsIn(map))
  const { plugin: { root } = {} } = place
  const named =
    document === undefined || root === undefined ? [] : namedFiles(components, document, { ...place, root }).files
  const others = named
    .filter((path) => path !== place.path)
    .map((path) => findHooks(components, { ...place, path, key: [] }))
  const elsewhere = (await Promise.all(others)).flat()
  if (commands.length === 0) return elsewhere
  const { client, scope, workspace, plugin } = place
  const common = {
    ...{ client, scope, fileKind: 'hook' as const },
    ...(workspace === undefined ? {} : { workspace }),
    ...(plugin === undefined ? {} : { plugin }),
  }
  const name = place.path.slice(place.path.lastIndexOf('/') + 1)
  const found: AgentFile[] = [
    { ...common, path: place.path, name, evidence: [`settings of ${client.name} with ${commands.length} hooks`] },
    ...elsewhere,
  ]
  for (const path of pathsInAll(components, commands, place)) {
    const kind = await folders.kindOf(path)
    if (kind !== 'file' && kind !== 'unknown') continue
    found.push({
      ...common,
      path,
      name: path.slice(path.lastIndexOf('/') + 1),
      evidence: [`run by a hook of ${client.name}`],
    })
  }
  return found
}

/** In whatever shape each agent keeps them: every text called `command` or the like. */
function commandsIn(value: unknown, depth = 0): string[] {
  if (depth > MAX_DEPTH || typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap((each) => commandsIn(each, depth + 1))
  return Object.entries(asObject(value)).flatMap(([name, each]) =>
    typeof each === 'string' ? (COMMAND_KEYS.has(name) ? [each] : []) : commandsIn(each, depth + 1),
  )
}

/** Each once. What is left out is told. */
function pathsInAll(
  { folders, onFault }: PluginComponents,
  commands: readonly string[],
  place: HookPlace,
): readonly string[] {
  if (commands.length > MAX_COMMANDS) onFault(place.path, tooMany(MAX_COMMANDS, commands.length, 'hooks'))
  const first = commands.slice(0, MAX_COMMANDS)
  if (first.some(({ length }) => length > MAX_COMMAND_LENGTH)) {
    onFault(place.path, new SuretyError('FILE_TOO_LARGE', `a hook has more than ${MAX_COMMAND_LENGTH} characters`))
  }
  const paths = [...new Set(first.flatMap((command) => pathsIn(folders, command, place)))]
  if (paths.length > MAX_PATHS) onFault(place.path, tooMany(MAX_PATHS, paths.length, 'files of hooks'))
  return paths.slice(0, MAX_PATHS)
}

/** As Claude Code, Codex and Copilot, and Gemini and Qwen, spell it in the hooks of a plugin. */
const PLUGIN_ROOT = /^(?:\$CLAUDE_PLUGIN_ROOT|\$\{(?:CLAUDE_PLUGIN_ROOT|PLUGIN_ROOT|extensionPath)\})(?=\/)/

/** Words of a command that name a file which may be told. Nothing is expanded but who is at home. */
function pathsIn(folders: Folders, command: string, { home, workspace, plugin }: HookPlace): string[] {
  const words = command.slice(0, MAX_COMMAND_LENGTH).match(/(?:"[^"]*"|'[^']*'|[^\s"';|&<>()])+/g) ?? []
  const at = workspace ?? home
  return words.flatMap((word) => {
    let text = word.replace(/["']/g, '')
    if (home !== undefined) text = text.replace(/^(?:~|\$HOME|\$\{HOME\})(?=\/)/, home)
    if (at !== undefined) text = text.replace(/^(?:\$CLAUDE_PROJECT_DIR|\$\{CLAUDE_PROJECT_DIR\}|\.)(?=\/)/, at)
    if (plugin !== undefined) text = text.replace(PLUGIN_ROOT, () => plugin.root)
    text = folders.placeOf(text)
    const inside =
      at === undefined
        ? text.startsWith('/') && !SYSTEM_PROGRAM.test(text)
        : [home, workspace].some((folder) => folder !== undefined && text.startsWith(`${folder}/`))
    const plain = !/[\0*?$`]/.test(text) && !text.split('/').some((part) => part === '..' || part === '.')
    return inside && plain && text.length <= 2048 ? [text] : []
  })
}
