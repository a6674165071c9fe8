/** What made-up devices run. Ids, names and vendors are those of the catalogue, which a test compares. */

export interface Product {
  readonly id: string
  readonly name: string
  readonly vendor: string
  /** The kind of the catalogue entry. */
  readonly kind: string
  readonly weight: number
  /** Newest first. */
  readonly versions: readonly string[]
  /** Of its installations. */
  readonly running: number
  /** Of those that run. */
  readonly autonomous: number
  /** The flag or setting that makes it so. */
  readonly flag: string
  /** The program, below the home. */
  readonly program: string
  /** The file with its MCP servers, below the home. */
  readonly settings: string
}

const CLI = { kind: 'cli-agent', vendor: '' } as const

export const PRODUCTS: readonly Product[] = [
  {
    ...CLI,
    id: 'claude-code',
    name: 'Claude Code',
    vendor: 'Anthropic',
    weight: 34,
    versions: ['2.1.14', '2.1.9', '2.0.76', '1.0.128'],
    running: 0.45,
    autonomous: 0.14,
    flag: '--dangerously-skip-permissions',
    program: '.local/bin/claude',
    settings: '.claude.json',
  },
  {
    id: 'cursor',
    name: 'Cursor',
    vendor: 'Anysphere',
    kind: 'ide',
    weight: 22,
    versions: ['2.2.20', '2.1.46', '1.7.54'],
    running: 0.5,
    autonomous: 0.06,
    flag: 'autoRun',
    program: '.local/share/cursor/cursor',
    settings: '.cursor/mcp.json',
  },
  {
    ...CLI,
    id: 'codex',
    name: 'Codex CLI',
    vendor: 'OpenAI',
    weight: 16,
    versions: ['0.72.0', '0.66.0', '0.58.0'],
    running: 0.35,
    autonomous: 0.2,
    flag: '--full-auto',
    program: '.npm-global/bin/codex',
    settings: '.codex/config.toml',
  },
  {
    ...CLI,
    id: 'gemini-cli',
    name: 'Gemini CLI',
    vendor: 'Google',
    weight: 8,
    versions: ['0.19.4', '0.17.1'],
    running: 0.25,
    autonomous: 0.1,
    flag: '--yolo',
    program: '.npm-global/bin/gemini',
    settings: '.gemini/settings.json',
  },
  {
    ...CLI,
    id: 'copilot-cli',
    name: 'GitHub Copilot CLI',
    vendor: 'GitHub',
    weight: 9,
    versions: ['0.0.365', '0.0.353'],
    running: 0.3,
    autonomous: 0.05,
    flag: '--allow-all-tools',
    program: '.npm-global/bin/copilot',
    settings: '.copilot/mcp-config.json',
  },
  {
    id: 'claude-desktop',
    name: 'Claude Desktop',
    vendor: 'Anthropic',
    kind: 'desktop-app',
    weight: 12,
    versions: ['1.0.1768', '0.14.10'],
    running: 0.4,
    autonomous: 0,
    flag: '',
    program: 'Applications/Claude',
    settings: '.config/Claude/claude_desktop_config.json',
  },
  {
    ...CLI,
    id: 'opencode',
    name: 'OpenCode',
    vendor: 'Anomaly',
    weight: 4,
    versions: ['1.0.134', '1.0.80'],
    running: 0.3,
    autonomous: 0.5,
    flag: 'permission',
    program: '.opencode/bin/opencode',
    settings: '.config/opencode/opencode.json',
  },
  {
    ...CLI,
    id: 'aider',
    name: 'Aider',
    vendor: 'Aider AI',
    weight: 2.5,
    versions: ['0.86.1', '0.85.0'],
    running: 0.2,
    autonomous: 0.15,
    flag: '--yes-always',
    program: '.local/bin/aider',
    settings: '.aider.conf.yml',
  },
  {
    ...CLI,
    id: 'goose',
    name: 'Goose',
    vendor: 'Block',
    weight: 2,
    versions: ['1.16.1', '1.12.0'],
    running: 0.25,
    autonomous: 0.4,
    flag: 'GOOSE_MODE',
    program: '.local/bin/goose',
    settings: '.config/goose/config.yaml',
  },
  {
    id: 'windsurf',
    name: 'Windsurf',
    vendor: 'Cognition',
    kind: 'ide',
    weight: 4,
    versions: ['1.12.41', '1.12.29'],
    running: 0.4,
    autonomous: 0.08,
    flag: 'cascadeAutoExecutionPolicy',
    program: '.local/share/windsurf/windsurf',
    settings: '.codeium/windsurf/mcp_config.json',
  },
  {
    id: 'openclaw',
    name: 'OpenClaw',
    vendor: 'OpenClaw',
    kind: 'agent-gateway',
    weight: 3,
    versions: ['2026.11.24', '2026.10.8'],
    running: 0.85,
    autonomous: 0.9,
    flag: 'sandbox',
    program: '.npm-global/bin/openclaw',
    settings: '.openclaw/openclaw.json',
  },
  {
    ...CLI,
    id: 'amp',
    name: 'Amp',
    vendor: 'Amp',
    weight: 1.2,
    versions: ['0.0.1765'],
    running: 0.3,
    autonomous: 0.2,
    flag: '--dangerously-allow-all',
    program: '.local/bin/amp',
    settings: '.config/amp/settings.json',
  },
  {
    ...CLI,
    id: 'crush',
    name: 'Crush',
    vendor: 'Charm',
    weight: 0.8,
    versions: ['0.22.2'],
    running: 0.3,
    autonomous: 0.2,
    flag: '--yolo',
    program: '.local/bin/crush',
    settings: '.config/crush/crush.json',
  },
  {
    ...CLI,
    id: 'droid',
    name: 'Factory Droid',
    vendor: 'Factory',
    weight: 0.5,
    versions: ['0.30.0'],
    running: 0.3,
    autonomous: 0.3,
    flag: '--auto',
    program: '.local/bin/droid',
    settings: '.factory/mcp.json',
  },
]

/** Products that people of the company may use. The others wait in the inbox, or are stopped. */
export const APPROVED_PRODUCTS = [
  'claude-code',
  'cursor',
  'codex',
  'copilot-cli',
  'claude-desktop',
  'windsurf',
] as const

/** Programs that no catalogue knows. */
export const UNKNOWN_AGENTS: readonly string[] = [
  'deskbot',
  'invoice-crawler',
  'night-runner',
  'autopilot.py',
  'hr-mailer',
  'quant_loop',
]

/** What unknown agents may call themselves. */
export const AWKWARD_AGENTS: readonly string[] = [
  '<img src=x onerror=alert(1)>',
  '\u202etob-yraterces',
  `loop-${'x'.repeat(190)}`,
  '🤖🤖🤖',
]

export interface Server {
  readonly weight: number
  readonly name: string
  readonly transport: 'stdio' | 'http'
  readonly package?: { readonly ecosystem: 'npm' | 'pypi' | 'docker'; readonly name: string }
  readonly command?: string
  readonly endpoint?: string
  readonly environment: readonly string[]
}

const npx = (weight: number, name: string, packageName: string, ...environment: readonly string[]): Server => ({
  weight,
  name,
  transport: 'stdio',
  command: 'npx',
  package: { ecosystem: 'npm', name: packageName },
  environment,
})
const remote = (weight: number, name: string, endpoint: string): Server => ({
  weight,
  name,
  transport: 'http',
  endpoint,
  environment: ['Authorization'],
})

export const SERVERS: readonly Server[] = [
  npx(20, 'filesystem', '@modelcontextprotocol/server-filesystem'),
  npx(18, 'github', '@modelcontextprotocol/server-github', 'GITHUB_PERSONAL_ACCESS_TOKEN'),
  npx(14, 'playwright', '@playwright/mcp'),
  npx(9, 'postgres', '@modelcontextprotocol/server-postgres', 'DATABASE_URL'),
  npx(7, 'slack', '@modelcontextprotocol/server-slack', 'SLACK_BOT_TOKEN'),
  remote(9, 'linear', 'https://mcp.linear.app'),
  remote(8, 'notion', 'https://mcp.notion.com'),
  remote(7, 'sentry', 'https://mcp.sentry.dev'),
  remote(2, 'warehouse', 'http://10.20.0.14:8080'),
  {
    weight: 4,
    name: 'fetch',
    transport: 'stdio',
    command: 'uvx',
    package: { ecosystem: 'pypi', name: 'mcp-server-fetch' },
    environment: [],
  },
  {
    weight: 2,
    name: 'billing "prod" <ledger>',
    transport: 'stdio',
    command: 'docker',
    package: { ecosystem: 'docker', name: 'registry.demo.example/billing-mcp' },
    environment: ['BILLING_KEY'],
  },
]

export interface Extension {
  readonly weight: number
  readonly id: string
  readonly name: string
  readonly vendor: string
  readonly extensionId: string
  readonly host: 'chromium' | 'vscode'
  readonly broad: boolean
  readonly debugger: boolean
}

const inBrowser = (
  weight: number,
  [id, name, vendor]: readonly [string, string, string],
  extensionId: string,
  powers: { readonly broad?: boolean; readonly debugger?: boolean } = {},
): Extension => ({ weight, id, name, vendor, extensionId, host: 'chromium', broad: false, debugger: false, ...powers })
const inEditor = (weight: number, extensionId: string, name: string, vendor: string): Extension => ({
  weight,
  id: `vscode:${extensionId}`,
  name,
  vendor,
  extensionId,
  host: 'vscode',
  broad: false,
  debugger: false,
})

export const EXTENSIONS: readonly Extension[] = [
  inEditor(30, 'github.copilot-chat', 'GitHub Copilot Chat', 'GitHub'),
  inEditor(8, 'continue.continue', 'Continue', 'Continue'),
  inEditor(7, 'rooveterinaryinc.roo-cline', 'Roo Code', 'Roo'),
  inBrowser(20, ['grammarly', 'Grammarly', 'Grammarly'], 'kbfnbcaeplbcioakkpcpgfkobkghlhen', { broad: true }),
  inBrowser(8, ['monica', 'Monica', 'Butterfly Effect'], 'ofpnmcalabcbjgholdjcjblkibolbppb', { broad: true }),
  inBrowser(6, ['sider', 'Sider', 'Sider'], 'difoiogjjojoaoomphldepapgpbgkhkb', { broad: true }),
  inBrowser(7, ['claude-for-chrome', 'Claude for Chrome', 'Anthropic'], 'fcoeoabgfenejglbffodgkkbkcdhcgfn', {
    broad: true,
    debugger: true,
  }),
  inBrowser(3, ['nanobrowser', 'Nanobrowser', 'Nanobrowser'], 'imbddededgmcgfhfpcjmijokokekbkal', {
    broad: true,
    debugger: true,
  }),
  inBrowser(4, ['perplexity-extension', 'Perplexity', 'Perplexity'], 'hlgbcneanomplepojfcnclggenpcoldo'),
]

export const RUNTIMES = [
  { weight: 70, id: 'ollama', name: 'Ollama', vendor: 'Ollama', kind: 'model-runtime', port: 11434 },
  { weight: 30, id: 'lm-studio', name: 'LM Studio', vendor: 'Element Labs', kind: 'model-runtime', port: 1234 },
] as const

export const MODELS: readonly string[] = ['gpt-oss:20b', 'qwen3-coder:30b', 'llama3.3:70b', 'gemma3:12b']
