import type { Folders } from '../installed/folders.ts'
import { valuesAt } from '../installed/member-path.ts'
import { asObject } from '../json-file.ts'
import type { ConfigFiles } from '../mcp/config-files.ts'
import { filesNamedIn } from '../plugins/plugin-markets.ts'
import type { AgentFile } from './agent-file.ts'

export interface HookPlace extends Pick<AgentFile, 'client' | 'scope' | 'workspace' | 'plugin'> {
  /** The settings. */
  readonly path: string
  readonly key: readonly string[]
  /** Absent for the settings of the machine. */
  readonly home: string | undefined
}

const MAX_COMMANDS = 200
const MAX_DEPTH = 8
const COMMAND_KEYS = new Set(['command', 'bash', 'powershell', 'script'])

/** The system's own programs: a hook that runs `/bin/sh` is not told with the shell. */
const SYSTEM_PROGRAM = /^\/(?:usr\/)?(?:local\/)?s?bin\//

/**
 * Settings that have hooks, and the files that these run: where they lie in the home or the project, or, of the settings of
 * the machine, anywhere. Commands are looked through for paths on the device and go nowhere; what is told of a hook is a
 * file.
 */
export async function findHooks(
  { configs, folders }: { readonly configs: ConfigFiles; readonly folders: Folders },
  place: HookPlace,
): Promise<AgentFile[]> {
  const document = await configs.read(place.path)
  const commands = document === undefined ? [] : valuesAt(document, place.key).flatMap((map) => commandsIn(map))
  const { plugin: { root } = {} } = place
  const named = document === undefined || root === undefined ? [] : filesNamedIn(document, place.key, root)
  const others = named
    .filter((path) => path !== place.path)
    .map((path) => findHooks({ configs, folders }, { ...place, path, key: [] }))
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
  const paths = new Set(commands.flatMap((command) => pathsIn(command, place)))
  for (const path of paths) {
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
  if (Array.isArray(value)) return value.slice(0, MAX_COMMANDS).flatMap((each) => commandsIn(each, depth + 1))
  const own = Object.entries(asObject(value)).slice(0, MAX_COMMANDS)
  return own
    .flatMap(([name, each]) =>
      typeof each === 'string' ? (COMMAND_KEYS.has(name) ? [each] : []) : commandsIn(each, depth + 1),
    )
    .slice(0, MAX_COMMANDS)
}

/** As Claude Code, Codex and Copilot, and Gemini and Qwen, spell it in the hooks of a plugin. */
const PLUGIN_ROOT = /^(?:\$CLAUDE_PLUGIN_ROOT|\$\{(?:CLAUDE_PLUGIN_ROOT|PLUGIN_ROOT|extensionPath)\})(?=\/)/

/** Words of a command that name a file which may be told. Nothing is expanded but who is at home. */
function pathsIn(command: string, { home, workspace, plugin }: HookPlace): string[] {
  const words = command.slice(0, 4096).match(/(?:"[^"]*"|'[^']*'|[^\s"';|&<>()])+/g) ?? []
  const at = workspace ?? home
  return words.flatMap((word) => {
    let text = word.replace(/["']/g, '')
    if (home !== undefined) text = text.replace(/^(?:~|\$HOME|\$\{HOME\})(?=\/)/, home)
    if (at !== undefined) text = text.replace(/^(?:\$CLAUDE_PROJECT_DIR|\$\{CLAUDE_PROJECT_DIR\}|\.)(?=\/)/, at)
    if (plugin !== undefined) text = text.replace(PLUGIN_ROOT, () => plugin.root)
    const inside =
      at === undefined
        ? text.startsWith('/') && !SYSTEM_PROGRAM.test(text)
        : [home, workspace].some((folder) => folder !== undefined && text.startsWith(`${folder}/`))
    const plain = !/[\0*?$`]/.test(text) && !text.split('/').some((part) => part === '..' || part === '.')
    return inside && plain && text.length <= 2048 ? [text] : []
  })
}
