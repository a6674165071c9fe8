import { fixtureHome } from '../../support/homes/fixture-home.ts'
import { look, NPX } from './found-servers.ts'

const written: readonly [file: string, content: unknown, expected: string][] = [
  ['.claude.json', { mcpServers: { a: NPX } }, 'claude-code a user ~/.claude.json'],
  [
    '.claude.json',
    { projects: { '/srv/x': { mcpServers: { a: NPX } } } },
    'claude-code a project ~/.claude.json /srv/x',
  ],
  ['.codex/config.toml', '[mcp_servers.a]\ncommand = "npx"\nargs = ["x"]\n', 'codex a user ~/.codex/config.toml'],
  [
    '.gemini/settings.json',
    { mcpServers: { a: { httpUrl: 'https://h' } } },
    'gemini-cli a user ~/.gemini/settings.json',
  ],
  [
    '.gemini/extensions/e/gemini-extension.json',
    { mcpServers: { a: NPX } },
    'gemini-cli a plugin ~/.gemini/extensions/e/gemini-extension.json',
  ],
  [
    '.config/opencode/opencode.jsonc',
    '{ // servers\n "mcp": {"a": {"type":"local","command":["npx","x"],}, } }',
    'opencode a user ~/.config/opencode/opencode.jsonc',
  ],
  ['.copilot/mcp-config.json', { mcpServers: { a: NPX } }, 'copilot-cli a user ~/.copilot/mcp-config.json'],
  ['.qwen/settings.json', { mcpServers: { a: NPX } }, 'qwen-code a user ~/.qwen/settings.json'],
  [
    '.cline/data/settings/cline_mcp_settings.json',
    { mcpServers: { a: NPX } },
    'cline-cli a user ~/.cline/data/settings/cline_mcp_settings.json',
  ],
  ['.config/amp/settings.json', { 'amp.mcpServers': { a: NPX } }, 'amp a user ~/.config/amp/settings.json'],
  ['.openclaw/openclaw.json', "{mcp:{servers:{a:{command:'npx'}}}}", 'openclaw a user ~/.openclaw/openclaw.json'],
  [
    '.config/goose/config.yaml',
    'extensions:\n  a:\n    type: stdio\n    cmd: uvx\n    args: [x]\n',
    'goose a user ~/.config/goose/config.yaml',
  ],
  [
    '.config/zed/settings.json',
    '// settings\n{"context_servers":{"a":{"command":{"path":"npx","args":[]}}}}',
    'zed a user ~/.config/zed/settings.json',
  ],
  [
    '.config/Code/User/profiles/-1a2b/mcp.json',
    { servers: { a: NPX } },
    'vscode a user ~/.config/Code/User/profiles/-1a2b/mcp.json',
  ],
  [
    '.config/Code/User/settings.json',
    { 'editor.x': 1, mcp: { servers: { a: NPX } } },
    'vscode a user ~/.config/Code/User/settings.json',
  ],
  [
    '.codeium/windsurf/mcp_config.json',
    { mcpServers: { a: { serverUrl: 'https://h' } } },
    'windsurf a user ~/.codeium/windsurf/mcp_config.json',
  ],
  [
    '.config/Claude/claude_desktop_config.json',
    { mcpServers: { a: NPX } },
    'claude-desktop a user ~/.config/Claude/claude_desktop_config.json',
  ],
  [
    '.claude/plugins/cache/market/tool/1.0/.mcp.json',
    { a: NPX },
    'claude-code a plugin ~/.claude/plugins/cache/market/tool/1.0/.mcp.json',
  ],
  [
    '.claude/plugins/cache/market/tool/1.0/.claude-plugin/plugin.json',
    { name: 'tool', mcpServers: { a: NPX } },
    'claude-code a plugin ~/.claude/plugins/cache/market/tool/1.0/.claude-plugin/plugin.json',
  ],
  [
    '.codex/plugins/cache/market/tool/1.0/.mcp.json',
    { mcpServers: { a: NPX } },
    'codex a plugin ~/.codex/plugins/cache/market/tool/1.0/.mcp.json',
  ],
  ['.codex/work.config.toml', '[mcp_servers.a]\ncommand = "npx"\n', 'codex a user ~/.codex/work.config.toml'],
  [
    '.cursor/plugins/cache/market/tool/1.0/mcp.json',
    { a: NPX },
    'cursor a plugin ~/.cursor/plugins/cache/market/tool/1.0/mcp.json',
  ],
  [
    '.cursor/plugins/local/mine/.mcp.json',
    { mcpServers: { a: NPX } },
    'cursor a plugin ~/.cursor/plugins/local/mine/.mcp.json',
  ],
  ['.kiro/settings/mcp.json', { mcpServers: { a: NPX } }, 'kiro-cli a user ~/.kiro/settings/mcp.json'],
  ['.kiro/settings/mcp.json', { powers: { mcpServers: { a: NPX } } }, 'kiro-cli a user ~/.kiro/settings/mcp.json'],
  ['.kiro/powers/installed/p/mcp.json', { a: NPX }, 'kiro a plugin ~/.kiro/powers/installed/p/mcp.json'],
  ['.kiro/agents/mine.json', { name: 'mine', mcpServers: { a: NPX } }, 'kiro-cli a user ~/.kiro/agents/mine.json'],
  ['.aws/amazonq/mcp.json', { mcpServers: { a: NPX } }, 'kiro-cli a user ~/.aws/amazonq/mcp.json'],
  ['.config/crush/crush.json', { mcp: { a: NPX } }, 'crush a user ~/.config/crush/crush.json'],
  ['.fx/mcp.json', { mcp: { a: NPX } }, 'fx a user ~/.fx/mcp.json'],
  ['.grok/config.toml', '[mcp_servers.a]\ncommand = "npx"\n', 'grok-build a user ~/.grok/config.toml'],
  ['.config/kilo/kilo.jsonc', '{"mcp":{"a":{"command":["npx","x"]},}}', 'kilo a user ~/.config/kilo/kilo.jsonc'],
  ['.gemini/config/mcp_config.json', { mcpServers: { a: NPX } }, 'antigravity a user ~/.gemini/config/mcp_config.json'],
  [
    '.gemini/antigravity/mcp_config.json',
    { mcpServers: { a: { serverUrl: 'https://h' } } },
    'antigravity a user ~/.gemini/antigravity/mcp_config.json',
  ],
  [
    '.config/Code - Insiders/User/mcp.json',
    { servers: { a: NPX } },
    'vscode a user ~/.config/Code - Insiders/User/mcp.json',
  ],
  [
    '.config/Code/User/settings.json',
    '{ "mcp.servers": { "a": { "command": "npx" } }, } // dotted',
    'vscode a user ~/.config/Code/User/settings.json',
  ],
  [
    '.config/Code/User/profiles/-1a2b/settings.json',
    { mcp: { servers: { a: NPX } } },
    'vscode a user ~/.config/Code/User/profiles/-1a2b/settings.json',
  ],
  ['.vscode-server/data/User/mcp.json', { servers: { a: NPX } }, 'vscode a user ~/.vscode-server/data/User/mcp.json'],
  [
    '.config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json',
    { mcpServers: { a: NPX } },
    'cline-cli a user ~/.config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json',
  ],
  [
    '.config/Witsy/settings.json',
    { mcp: { servers: [{ ...NPX, name: 'a' }] } },
    'witsy a user ~/.config/Witsy/settings.json',
  ],
  [
    '.config/Claude/Claude Extensions/x/manifest.json',
    { name: 'a', server: { type: 'node', mcp_config: NPX } },
    'claude-desktop a plugin ~/.config/Claude/Claude Extensions/x/manifest.json',
  ],
]

test.each(written)('%s is read', async (file, content, expected) => {
  using home = fixtureHome()
  home.write(file, content)
  expect((await look(home)).told).toEqual([expected])
})
