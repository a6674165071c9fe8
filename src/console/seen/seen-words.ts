import type { Deviation, SeenAgentView } from '../../protocol/nouns/agents/seen-agents.ts'
import type { McpServerSighting } from '../../protocol/sighting.ts'

/** Agents as they are seen, in words. */

export const DEVIATION_WORDS: Readonly<Record<Deviation, string>> = {
  'autonomy-above-ceiling': 'acts without asking, and may not',
  'version-outside-registration': 'has a version that was not registered',
  'executable-changed': 'another program runs than before',
  'launch-changed': 'one of its MCP servers starts something else than before',
  'workspace-outside-scope': 'works outside its folders',
  'second-instance': 'runs a second time, and only one was expected',
}

/** Name and version. */
export function seenName({ name, version }: Pick<SeenAgentView, 'name' | 'version'>): string {
  return version === undefined ? name : `${name} ${version}`
}

/** In no catalogue. */
export function isUnrecognised({ product }: Pick<SeenAgentView, 'product'>): boolean {
  return product.startsWith('unknown/')
}

export function hostOf({ hostname, device }: Pick<SeenAgentView, 'hostname' | 'device'>): string {
  return hostname ?? device
}

/** Nobody has decided about it, or what was decided can be decided again. */
export function isOpen({ state, present }: Pick<SeenAgentView, 'state' | 'present'>): boolean {
  return state !== 'registered' && present > 0
}

/** What of an MCP server a person should look at, the worst first. */
export function serverRisks(server: McpServerSighting): readonly string[] {
  const { plaintextSecret, writableByOthers, programWritableByOthers, cleartext, shell, unpinned } = server
  return [
    plaintextSecret && 'secret in clear text',
    writableByOthers && 'others can change its settings',
    programWritableByOthers === true && 'others can change its program',
    cleartext && 'no TLS',
    shell && 'started by a shell',
    unpinned && 'version not pinned',
  ].filter((risk) => risk !== false)
}

/** What it starts or reaches. */
export function serverReach({ package: from, runs, endpoint, command }: McpServerSighting): string | undefined {
  return [from?.name, runs?.name, endpoint, command].find((one) => one !== undefined)
}

type ToolState = NonNullable<McpServerSighting['tools']>[number]['state']
const TOOL_WORDS: Readonly<Record<ToolState, string>> = {
  allowed: 'without asking',
  enabled: 'on',
  disabled: 'off',
}

/** Tools that the settings name, by what may happen to them, such as `without asking: search, fetch`. */
export function toolWords({ tools = [], moreToolsCount = 0 }: Pick<McpServerSighting, 'tools' | 'moreToolsCount'>) {
  const lines = (['allowed', 'enabled', 'disabled'] as const).flatMap((state) => {
    const names = tools.filter((tool) => tool.state === state).map(({ name }) => (name === '*' ? 'all' : name))
    return names.length === 0 ? [] : [`${TOOL_WORDS[state]}: ${names.join(', ')}`]
  })
  return moreToolsCount === 0 ? lines : [...lines, `${moreToolsCount} more named`]
}
