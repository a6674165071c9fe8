import type { DiscoveryTask } from '../../../../src/discovery/files/scan-tasks.ts'
import { HOME, look, onlyOf } from '../../look-home.ts'
import type { Target } from '../../target.ts'

/** A whole task of looking through a home: the same input in every place where it reads something of that kind. */

const PROJECT = `${HOME}/project`
const JETBRAINS = `${HOME}/.config/JetBrains/IdeaIC2025.1/options`
const OLLAMA = `${HOME}/.ollama/models/manifests/registry.ollama.ai/library`
const OF_CLAUDE = [
  ...[`${HOME}/.claude.json`, `${HOME}/.claude/settings.json`, `${HOME}/.claude/sessions/1.json`],
  ...[`${HOME}/.claude/plugins/installed_plugins.json`, `${HOME}/.claude/plugins/known_marketplaces.json`],
  ...[`${HOME}/.claude/plugins/cache/a/.claude-plugin/plugin.json`, `${HOME}/.claude/plugins/cache/a/hooks/hooks.json`],
  ...[`${PROJECT}/.mcp.json`, `${PROJECT}/.claude/settings.json`, `${PROJECT}/.claude/settings.local.json`],
]
const OF_OTHERS = [
  ...[`${HOME}/.gemini/settings.json`, `${HOME}/.gemini/google_accounts.json`, `${HOME}/.codex/auth.json`],
  ...[`${HOME}/.config/opencode/opencode.json`, `${HOME}/.cursor/mcp.json`, `${PROJECT}/.cursor/hooks.json`],
]
const OF_EDITORS = [
  ...[`${HOME}/.vscode/extensions/extensions.json`, `${HOME}/.vscode/extensions/a.b-1.0.0/package.json`],
  ...[`${HOME}/.config/Code/User/workspaceStorage/a/workspace.json`, `${HOME}/.config/Code/User/mcp.json`],
  ...[`${HOME}/.config/Code/User/globalStorage/storage.json`, `${HOME}/.config/Code/User/settings.json`],
  ...[`${HOME}/.config/zed/settings.json`, `${HOME}/.local/share/zed/extensions/index.json`],
]
const OF_RUNTIMES = [
  ...[`${OLLAMA}/a/1b`, `${HOME}/.lmstudio/models/a/b/x.gguf`, `${HOME}/.cache/lm-studio/models/a/b/x.gguf`],
  ...[`${HOME}/.cache/huggingface/hub/models--a--b/refs/main`, `${HOME}/.ollama/config.json`],
]
const TEXTS = [
  ...[`${HOME}/.codex/config.toml`, `${HOME}/.config/goose/config.yaml`, `${HOME}/.aider.conf.yml`],
  ...[`${JETBRAINS}/mcpServer.xml`, `${JETBRAINS}/recentProjects.xml`, `${HOME}/.config/gh/hosts.yml`],
  ...[`${HOME}/.npmrc`, `${HOME}/.local/share/applications/a.desktop`, `${PROJECT}/.codex/config.toml`],
]
const INSTRUCTIONS = [
  ...[`${PROJECT}/CLAUDE.md`, `${PROJECT}/AGENTS.md`, `${PROJECT}/.cursorrules`, `${PROJECT}/.cursor/rules/a.mdc`],
  ...[`${HOME}/.claude/agents/a.md`, `${HOME}/.claude/skills/a/SKILL.md`, `${HOME}/.codex/prompts/a.md`],
]
/** Leads to the project wherever it is not what the input says. */
const PROJECTS = JSON.stringify({ projects: { [PROJECT]: { hasTrustDialogAccepted: true } } })

const claude = JSON.stringify({
  mcpServers: { a: { command: 'npx', args: ['-y', 'x@1'], env: { A: 'b' } } },
  projects: { [PROJECT]: { mcpServers: {}, enabledMcpjsonServers: ['a'], hasTrustDialogAccepted: true } },
  enabledPlugins: { 'a@b': true },
  hooks: { PreToolUse: [{ matcher: 'Bash', hooks: [{ type: 'command', command: '~/guard.sh x' }] }] },
  permissions: { allow: ['Bash'], defaultMode: 'bypassPermissions' },
  oauthAccount: { emailAddress: 'a@b', organizationName: 'x' },
  extraKnownMarketplaces: { b: { source: { source: 'github', repo: 'x/y' } } },
})
const installedPlugins = JSON.stringify({
  version: 2,
  plugins: { 'a@b': [{ scope: 'user', installPath: `${HOME}/.claude/plugins/cache/a`, version: '1' }] },
})
const opencode = JSON.stringify({
  plugin: ['named@1', ['x@2', { a: 1 }], './x.ts'],
  mcp: { a: { type: 'local', command: ['x', 'y'], enabled: true } },
})
const account = JSON.stringify({
  tokens: { id_token: `x.${Buffer.from('{"email":"a@b"}').toString('base64url')}.y` },
  active: 'a@b',
  old: [],
})
const extensions = JSON.stringify([
  {
    identifier: { id: 'a.b', uuid: 'x' },
    version: '1.0.0',
    location: { path: '/x', scheme: 'file' },
    relativeLocation: 'a.b-1.0.0',
    metadata: { isApplicationScoped: false },
  },
])
const zed = JSON.stringify({
  extensions: { a: { manifest: { id: 'a', name: 'A', version: '1', context_servers: { a: {} } }, dev: false } },
  context_servers: { a: { command: 'x', args: [] } },
})
const layers = JSON.stringify({
  layers: [{ mediaType: 'application/vnd.ollama.image.model', digest: `sha256:${'a'.repeat(64)}`, size: 1 }],
})

/** Those whose files lie in these places. */
const KNOWN = onlyOf([
  ...['claude-code', 'codex', 'gemini-cli', 'opencode', 'cursor-agent', 'cursor', 'goose', 'aider', 'claude-desktop'],
  ...['vscode', 'vscode:github.copilot', 'jetbrains-ai', 'ollama', 'lm-studio'],
])
const WORDS = ['..', '~', '*', '/', HOME, PROJECT, 'file://', '\u001b[', '\n']

/** It is read in many places at once; each parser by itself is given more. */
const MAX_BYTES = 64 * 1024

interface Whole {
  readonly kind: 'json' | 'text'
  readonly tasks: readonly DiscoveryTask[]
  readonly places: readonly string[]
  readonly seeds: readonly string[]
}

function whole(name: string, { kind, tasks, places, seeds }: Whole): Target {
  return {
    name,
    kind,
    words: WORDS,
    seeds: () => seeds,
    async run(input) {
      if (input.length > MAX_BYTES) return
      const nodes = Object.fromEntries(places.map((place) => [place, input]))
      // One look for each input.
      const task = tasks[input.length % tasks.length]
      if (task !== undefined) await look(task, { [`${HOME}/.claude.json`]: PROJECTS, ...nodes }, KNOWN)
    },
  }
}

const ofAgents = { kind: 'json', places: [...OF_CLAUDE, ...OF_OTHERS] } as const
const seedsOfAgents = [claude, installedPlugins, opencode, account]

export const wholeHomeTargets: readonly Target[] = [
  whole('home-installed', { ...ofAgents, tasks: ['installed'], seeds: seedsOfAgents }),
  whole('home-mcp', { ...ofAgents, tasks: ['mcp'], seeds: seedsOfAgents }),
  whole('home-agent-files', { ...ofAgents, tasks: ['agent-files'], seeds: seedsOfAgents }),
  whole('home-editors', {
    kind: 'json',
    tasks: ['editors'],
    places: OF_EDITORS,
    seeds: [extensions, zed, JSON.stringify({ folder: `file://${PROJECT}` })],
  }),
  whole('home-runtimes', { kind: 'json', tasks: ['runtimes'], places: OF_RUNTIMES, seeds: [layers, 'a'.repeat(40)] }),
  whole('home-texts', {
    kind: 'text',
    tasks: ['installed', 'mcp', 'agent-files'],
    places: [...TEXTS, ...INSTRUCTIONS],
    seeds: [
      '[mcp_servers.a]\ncommand = "x"\nargs = ["y"]\n[projects."/home/ada/project"]\ntrust_level = "trusted"\n',
      '<application><component name="McpServerSettings"><option name="a" value="b"/></component></application>',
      'github.com:\n  user: ada\n  oauth_token: x\nextensions:\n  a: {type: stdio, cmd: b, enabled: true}\n',
      '[Desktop Entry]\nName=Claude\nExec=/opt/claude/claude %U\nType=Application\n',
      'prefix=/home/ada/x\n//registry/:_authToken=y\n',
      '---\nname: a\ndescription: b\ntools: Bash\n---\n# hi\n@import x\n\u{e0041}\n',
    ],
  }),
]
