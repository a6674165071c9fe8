import type { CatalogueEntry, EntryKind } from './catalogue.ts'

/**
 * As what a program of each kind is told. What works for agents and runs by itself is told as they are, with its kind: a backend of
 * an editor may be an agent, a gateway reaches what an agent reaches. An MCP server is told from the configuration that starts it, and a
 * browser as where its extensions are.
 */
const TOLD_AS: Readonly<Record<EntryKind, 'agent' | 'model-runtime' | 'mcp-server' | 'extension' | 'browser'>> = {
  'cli-agent': 'agent',
  'agent-gateway': 'agent',
  'agent-framework': 'agent',
  'agent-plugin': 'agent',
  'acp-adapter': 'agent',
  orchestrator: 'agent',
  'workflow-agent': 'agent',
  'desktop-app': 'agent',
  ide: 'agent',
  'editor-backend': 'agent',
  'browser-agent': 'agent',
  'browser-automation': 'agent',
  'mcp-client': 'agent',
  'mcp-gateway': 'agent',
  'model-runtime': 'model-runtime',
  'llm-proxy': 'model-runtime',
  'chat-server': 'model-runtime',
  'mcp-server': 'mcp-server',
  'ide-extension': 'extension',
  'browser-extension': 'extension',
  'browser-agent-extension': 'extension',
  browser: 'browser',
}

/** Agents, and what works for them. */
export function agentEntries({ entries }: { readonly entries: readonly CatalogueEntry[] }): readonly CatalogueEntry[] {
  return entries.filter(({ kind }) => TOLD_AS[kind] === 'agent')
}

/** What serves models, to agents and to people: its own, or those of others. */
export function runtimeEntries({
  entries,
}: {
  readonly entries: readonly CatalogueEntry[]
}): readonly CatalogueEntry[] {
  return entries.filter(({ kind }) => TOLD_AS[kind] === 'model-runtime')
}

type Facts = readonly (keyof CatalogueEntry)[]

const OF_EXTENSIONS: Facts = ['chromium', 'firefox', 'vscode', 'jetbrains', 'vim']
/** What it uses is told under its name, though it is not. */
const OF_USE: Facts = ['mcp', 'files', 'plugins']
const OF_PROGRAMS: Facts = [
  ...(['commands', 'executables', 'scripts', 'modules', 'titles', 'npm', 'pypi', 'brew'] as const),
  ...(['desktopEntries', 'flatpaks', 'snaps', 'appImages', 'versionFolders'] as const),
]
const OF_PACKAGES: Facts = ['npm', 'pypi']

/**
 * Could anything of it ever be told? Folders that it leaves, variables and what it calls itself support other evidence and prove
 * nothing: an entry that has no more is there for its name, and its note says so.
 */
export function couldBeTold(entry: CatalogueEntry): boolean {
  const has = (facts: Facts) => facts.some((fact) => entry[fact] !== undefined)
  if (has(OF_EXTENSIONS) || has(OF_USE) || isOfOtherSystem(entry)) return true
  switch (TOLD_AS[entry.kind]) {
    case 'agent':
    case 'model-runtime':
      return has(OF_PROGRAMS)
    case 'mcp-server':
      return has(OF_PACKAGES)
    default:
      return false
  }
}

function isOfOtherSystem({ darwin = {}, windows = {} }: CatalogueEntry): boolean {
  return [darwin.bundles, darwin.executables, darwin.mcp, windows.executables, windows.winget, windows.mcp].some(
    (facts) => facts !== undefined,
  )
}

/** What every sighting of a program or an extension says of its end, running or left lying about. */
export function endOf({ endOfLife, successor }: Pick<CatalogueEntry, 'endOfLife' | 'successor'>) {
  return {
    ...(endOfLife === undefined ? {} : { endOfLife }),
    ...(successor === undefined ? {} : { successor }),
  }
}
