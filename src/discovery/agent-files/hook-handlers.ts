import { arrayOf, asObject, type JsonObject, memberOf, textOf } from '../../base/json-object.ts'

/** One thing that an agent does at an event: a command, a request, a question to a model, a tool of a server. */
export interface HookHandler {
  /** What shells run: one for each shell or system. */
  readonly commands: readonly string[]
  /** A program and its arguments, each with the spaces it may have. */
  readonly words: readonly string[]
  /** Where it is run, as it is written there. */
  readonly folder: string | undefined
}

/** Deeper hooks are not read. */
const MAX_DEPTH = 8

/**
 * Of Claude Code, Cursor, Gemini CLI and most others `command`; of Copilot CLI also `bash`, `powershell` and `exec`; of Codex
 * `commandWindows`, also with an underscore; of VS Code one for each system (hooks references of November 2026).
 */
const COMMANDS = [
  ...['command', 'bash', 'powershell', 'script', 'commandWindows', 'command_windows'],
  ...['windows', 'linux', 'osx'],
] as const
const PROGRAM = 'exec'
/** Beside a program, or beside `command`, which is one then. */
const ARGUMENTS = 'args'
/** `type` is that of `http`, `prompt`, `agent`, `mcp_tool` and of whatever comes next. */
const SAYS_SO = ['type', 'url'] as const
/** Of Copilot CLI and VS Code; of Windsurf. */
const FOLDERS = ['cwd', 'working_directory'] as const
/** What a hook is given, in which no hooks are. */
const VALUES = new Set(['env', 'headers', 'input'])

/** In whatever shape each agent keeps them: every object that says what it runs or what kind of hook it is. */
export function handlersIn(value: unknown, depth = 0): readonly HookHandler[] {
  if (depth > MAX_DEPTH || typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap((each) => handlersIn(each, depth + 1))
  const object = asObject(value)
  const given = arrayOf(object, ARGUMENTS)
  const texts = COMMANDS.flatMap((name) => textsOf(memberOf(object, name)))
  const program = textsOf(memberOf(object, PROGRAM))
  const runs = texts.length + program.length > 0
  const isHandler = runs || SAYS_SO.some((name) => textOf(object, name) !== undefined)
  const inside = Object.entries(object).flatMap(([name, each]) =>
    isHandler && VALUES.has(name) ? [] : handlersIn(each, depth + 1),
  )
  // What only has a type and holds others is their group.
  if (!isHandler || (!runs && inside.length > 0)) return inside
  const words = [...program, ...textsOf(given), ...(given.length === 0 ? [] : texts)]
  return [{ commands: texts, words, folder: folderOf(object) }, ...inside]
}

/** A text, or a command that is kept as a list of its words. */
function textsOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'string')
}

function folderOf(object: JsonObject): string | undefined {
  return FOLDERS.map((name) => textOf(object, name)).find((folder) => folder !== undefined)
}
