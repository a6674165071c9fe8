import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import type { Catalogue } from '../../../src/discovery/catalogue/catalogue.ts'
import type { FixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'

/** Plugins as their agents keep them, and what is told of what they bring. */

export const NPX = { command: 'npx', args: ['-y', '@acme/db@1.0.0'] }

export async function look(home: FixtureHome, catalogue: Catalogue = builtInCatalogue()) {
  const mcp = await scanHome(home, 'mcp', { catalogue })
  const own = await scanHome(home, 'agent-files', { catalogue })
  const short = (path: string) => path.replace(home.path, '~')
  const servers = mcp.sightings.flatMap((each) => (each.kind === 'mcp-server' ? [each] : []))
  const agentFiles = own.sightings.flatMap((each) => (each.kind === 'agent-file' ? [each] : []))
  const inProject = (workspace: string | undefined) => (workspace === undefined ? '' : ` in ${short(workspace)}`)
  return {
    servers: servers.map((each) => `${each.client} ${each.name} ${each.enabled}${inProject(each.workspace)}`),
    files: agentFiles
      .filter(({ enabled }) => enabled !== undefined)
      .map((each) => `${each.fileKind} ${each.name} ${each.enabled}`),
    evidence: servers.flatMap(({ evidence }) => evidence.map(short)),
    faults: [...mcp.sources, ...own.sources].filter(({ state }) => state !== 'parsed').map(({ state }) => state),
  }
}

/** As Claude Code 2.1.197 leaves a plugin with one of everything. */
export function claudePlugin(home: FixtureHome, { version = '1.2.0', server = 'db' } = {}): string {
  const root = `.claude/plugins/cache/acme/tools/${version}`
  home.write(`${root}/.claude-plugin/plugin.json`, { name: 'tools', version })
  home.write(`${root}/.mcp.json`, { mcpServers: { [server]: NPX } })
  home.write(`${root}/skills/deploy/SKILL.md`, 'Deploy')
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as plugins write it
  const command = '${CLAUDE_PLUGIN_ROOT}/hooks/x.sh'
  home.write(`${root}/hooks/hooks.json`, { hooks: { PreToolUse: [{ hooks: [{ type: 'command', command }] }] } })
  home.write(`${root}/hooks/x.sh`, 'echo')
  return home.at(root)
}

export function claudeRecord(home: FixtureHome, plugins: Readonly<Record<string, unknown>>): void {
  home.write('.claude/plugins/installed_plugins.json', { version: 2, plugins })
}

export const installed = (installPath: string, more = {}) => [{ scope: 'user', installPath, version: '1.2.0', ...more }]
export const enabled = (value: unknown) => ({ enabledPlugins: { 'tools@acme': value } })
