import type { JsonObject } from '../../base/json-object.ts'
import { memberOf } from '../../base/json-object.ts'
import type { McpServerSighting } from '../../protocol/sighting.ts'
import { toldName } from '../redaction/redact-name.ts'

/** Tools of an MCP server that its entry in the settings names. What the server really offers is not known: nothing asks it. */

type NamedTool = NonNullable<McpServerSighting['tools']>[number]
type ToolState = NamedTool['state']

/** Lists of names in an entry, as Cline, Roo Code, Kilo Code, Kiro, Windsurf, Gemini CLI, Qwen Code, Amp and Codex call them. */
const LISTS: Readonly<Record<string, ToolState>> = {
  alwaysAllow: 'allowed',
  autoApprove: 'allowed',
  includeTools: 'enabled',
  enabled_tools: 'enabled',
  enabledTools: 'enabled',
  disabledTools: 'disabled',
  disabled_tools: 'disabled',
  excludeTools: 'disabled',
}
export const MAX_TOOLS = 64
const MAX_NAME = 128

/** Of two lists with one name, `disabled` counts before `allowed`, and that before `enabled`. */
const STRENGTH: readonly ToolState[] = ['enabled', 'allowed', 'disabled']

/** @returns nothing where the entry names none. */
export function namedTools(entry: JsonObject): Pick<McpServerSighting, 'tools' | 'moreToolsCount'> {
  const states = new Map<string, ToolState>()
  for (const [list, state] of Object.entries(LISTS)) {
    const named = memberOf(entry, list)
    for (const each of Array.isArray(named) ? named : []) {
      if (typeof each !== 'string' || each.trim() === '') continue
      const name = toldName(each.trim(), MAX_NAME)
      const known = states.get(name)
      if (known === undefined || STRENGTH.indexOf(state) > STRENGTH.indexOf(known)) states.set(name, state)
    }
  }
  if (states.size === 0) return {}
  const tools = [...states].map(([name, state]) => ({ name, state }))
  const more = tools.length - MAX_TOOLS
  return { tools: tools.slice(0, MAX_TOOLS), ...(more > 0 ? { moreToolsCount: more } : {}) }
}
