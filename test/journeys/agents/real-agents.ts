/** The agents that are run for real, each version pinned, and how each is made to use a model on loopback. */
import type { AgentPackage } from './laboratory/agent-packages.ts'
import type { LabUser } from './laboratory/lab-users.ts'

/** An agent as its user starts it. */
export interface LabAgent extends AgentPackage {
  /** Its entry of the catalogue. */
  readonly entry: string
  /** Also the name of the user who runs it. */
  readonly name: string
  /** Where its user has it, from the home on; as nvm has it when absent. */
  readonly prefix?: string
  readonly command: readonly string[]
  readonly environment?: (model: string) => Readonly<Record<string, string>>
  /** By path in the home. */
  readonly files?: (model: string, user: LabUser) => Readonly<Record<string, unknown>>
  /** It ends a command that takes long: after half a minute, or after two minutes. */
  readonly isImpatient?: true
  /** It leaves the terminal that it is started in, under this title, writes to a log, and is given its task by a command. */
  readonly service?: { readonly title: string; readonly log: string; readonly ask: readonly string[] }
  /** Run to its end before. */
  readonly prepare?: (model: string) => readonly string[]
}

/** One whose model makes it run a tool. */
export interface RealAgent extends LabAgent {
  /** What makes it act without asking. */
  readonly autonomousBy: { readonly by: 'flag' | 'configuration' | 'default'; readonly name: RegExp }
  /** It keeps daemons that outlive it, each with one of these words on its command line. */
  readonly daemons?: readonly string[]
  /** It is configured with the MCP server of `NOTES_PATH`. */
  readonly hasServer?: true
}

const GEMINI = { entry: 'gemini-cli', packageName: '@google/gemini-cli', version: '0.61.0' } as const
const QWEN = { entry: 'qwen-code', packageName: '@qwen-code/qwen-code', version: '0.24.4' } as const
const CODEX = { entry: 'codex', packageName: '@openai/codex', version: '0.171.0' } as const

/** An MCP server in one file: it says that it has no tools, and ends with its standard input. */
const NOTES_SERVER = `import { createInterface } from 'node:readline'
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line)
  if (id === undefined) return
  const capabilities = { tools: {} }
  const serverInfo = { name: 'notes', version: '1.0.0' }
  const result = method === 'initialize' ? { protocolVersion: '2025-06-18', capabilities, serverInfo } : { tools: [] }
  process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n')
})
`

/** Where it lies in a home; `--store` is an argument like any other. */
export const NOTES_PATH = 'servers/notes.mjs'

function notesLaunch(user: LabUser) {
  return { command: 'node', args: [`${user.home}/${NOTES_PATH}`, '--store', `${user.home}/notes`] }
}

const codexFiles = (more: string) => (model: string, user: LabUser) => ({
  [NOTES_PATH]: NOTES_SERVER,
  '.codex/config.toml': `model = "fake"
model_provider = "fake"
${more}
[model_providers.fake]
name = "Fake"
base_url = "${model}/v1"
wire_api = "responses"
env_key = "FAKE_API_KEY"
[projects."${user.project}"]
trust_level = "trusted"
[mcp_servers.notes]
command = "node"
args = ${JSON.stringify(notesLaunch(user).args)}
`,
})

const GEMINI_SETTINGS = { security: { auth: { selectedType: 'gemini-api-key' } } }
const geminiVariables = (model: string) => ({ GEMINI_API_KEY: 'fake', GOOGLE_GEMINI_BASE_URL: model })
const qwenVariables = (model: string) => ({
  OPENAI_API_KEY: 'fake',
  OPENAI_BASE_URL: `${model}/v1`,
  OPENAI_MODEL: 'fake',
})

const openclawModel = (model: string) => ({
  baseUrl: `${model}/v1`,
  apiKey: 'fake',
  api: 'openai-completions',
  models: [{ id: 'fake', name: 'Fake', reasoning: false, input: ['text'], contextWindow: 120_000, maxTokens: 8_192 }],
})

const HOOK_TOKEN = 'hook-fake'
/** Waits until the gateway answers, which it does after it has loaded its plugins. */
const ASK_OPENCLAW = `
const ask = () => fetch('http://127.0.0.1:18789/hooks/agent', {
  method: 'POST',
  headers: { authorization: 'Bearer ${HOOK_TOKEN}', 'content-type': 'application/json' },
  body: JSON.stringify({ message: 'run it', deliver: false }),
})
for (let response; response?.ok !== true; await new Promise((resolve) => setTimeout(resolve, 500))) {
  response = await ask().catch(() => undefined)
}`

// By package; written by drift.ts alone.
const ASKED = JSON.parse(process.env.SURETY_AGENT_VERSIONS ?? '{}') as Readonly<Record<string, string>>

const PINNED_AGENTS: readonly RealAgent[] = [
  {
    entry: 'claude-code',
    name: 'claude',
    packageName: '@anthropic-ai/claude-code',
    version: '2.1.332',
    command: ['claude', '-p', 'run it', '--dangerously-skip-permissions'],
    autonomousBy: { by: 'flag', name: /^--dangerously-skip-permissions$/ },
    hasServer: true,
    environment: (model) => ({
      ANTHROPIC_API_KEY: 'sk-ant-fake',
      ANTHROPIC_BASE_URL: model,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    }),
    files: (_, user) => ({
      [NOTES_PATH]: NOTES_SERVER,
      '.claude.json': { mcpServers: { notes: { type: 'stdio', ...notesLaunch(user) } } },
    }),
  },
  {
    ...CODEX,
    name: 'codex-exec',
    command: ['codex', 'exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', 'run it'],
    autonomousBy: { by: 'flag', name: /^--dangerously-bypass-approvals-and-sandbox$/ },
    hasServer: true,
    environment: () => ({ FAKE_API_KEY: 'fake' }),
    files: codexFiles(''),
  },
  {
    ...CODEX,
    name: 'codex',
    command: ['codex', 'run it'],
    autonomousBy: { by: 'configuration', name: /approval_policy/ },
    daemons: ['--managed-daemon', 'pid-update-loop'],
    hasServer: true,
    environment: () => ({ FAKE_API_KEY: 'fake' }),
    files: codexFiles('approval_policy = "never"\nsandbox_mode = "danger-full-access"'),
  },
  {
    ...GEMINI,
    name: 'gemini',
    command: ['gemini', '--yolo', '--skip-trust', '-m', 'gemini-2.5-pro', '-p', 'run it'],
    autonomousBy: { by: 'flag', name: /^--yolo$/ },
    hasServer: true,
    files: (_, user) => ({
      [NOTES_PATH]: NOTES_SERVER,
      '.gemini/settings.json': {
        ...GEMINI_SETTINGS,
        mcpServers: { notes: notesLaunch(user) },
      },
    }),
    environment: geminiVariables,
  },
  {
    entry: 'opencode',
    name: 'opencode',
    packageName: 'opencode-ai',
    version: '1.18.33',
    command: ['opencode', 'run', '--model', 'fake/fake', 'run it'],
    autonomousBy: { by: 'default', name: /./ },
    isImpatient: true,
    files: (model) => ({
      '.config/opencode/opencode.json': {
        provider: {
          fake: {
            npm: '@ai-sdk/openai-compatible',
            options: { baseURL: `${model}/v1`, apiKey: 'fake' },
            models: { fake: {} },
          },
        },
      },
    }),
  },
  {
    entry: 'copilot-cli',
    name: 'copilot',
    packageName: '@github/copilot',
    version: '1.0.102',
    command: ['copilot', '-p', 'run it', '--yolo'],
    autonomousBy: { by: 'flag', name: /^--yolo$/ },
    environment: (model) => ({
      COPILOT_OFFLINE: 'true',
      COPILOT_PROVIDER_BASE_URL: `${model}/v1`,
      COPILOT_PROVIDER_API_KEY: 'fake',
      COPILOT_MODEL: 'gpt-4.1',
    }),
  },
  {
    ...QWEN,
    name: 'qwen',
    command: ['qwen', '--yolo', '--auth-type', 'openai', '-p', 'run it'],
    autonomousBy: { by: 'flag', name: /^--yolo$/ },
    isImpatient: true,
    environment: qwenVariables,
  },
  {
    entry: 'cline-cli',
    name: 'cline',
    packageName: 'cline',
    version: '3.0.65',
    prepare: (model) => [
      ...['cline', 'auth', '--provider', 'openai-compatible', '--apikey', 'fake', '--modelid', 'fake'],
      ...['--baseurl', `${model}/v1`],
    ],
    command: ['cline', '--auto-approve', 'true', 'run it'],
    autonomousBy: { by: 'flag', name: /^--auto-approve/ },
    daemons: ['--cline-hub-daemon'],
    isImpatient: true,
  },
  {
    entry: 'openclaw',
    name: 'openclaw',
    packageName: 'openclaw',
    version: '2026.9.6',
    command: ['bash', '-c', 'exec setsid --fork openclaw gateway run < /dev/null > ../gateway.log 2>&1'],
    service: {
      title: 'openclaw-gateway',
      log: '../gateway.log',
      ask: ['node', '--input-type=module', '-e', ASK_OPENCLAW],
    },
    autonomousBy: { by: 'default', name: /./ },
    files: (model, user) => ({
      '.openclaw/openclaw.json': {
        gateway: { mode: 'local', port: 18789, bind: 'loopback', auth: { mode: 'token', token: 'fake' } },
        hooks: { enabled: true, token: HOOK_TOKEN },
        agents: { defaults: { model: { primary: 'fake/fake' }, workspace: user.project, skipBootstrap: true } },
        tools: { exec: { host: 'gateway', security: 'full', ask: 'off' } },
        models: { providers: { fake: openclawModel(model) } },
      },
    }),
  },
]

/**
 * Agents that wait for their user and run nothing, each installed where no list of folders has it: a native one without an
 * account, and two that are scripts behind links.
 */
const PINNED_IDLE_AGENTS: readonly LabAgent[] = [
  {
    entry: 'droid',
    name: 'droid',
    packageName: 'droid',
    version: '0.215.0',
    isGlobal: true,
    command: ['droid'],
  },
  {
    ...QWEN,
    name: 'qwen',
    isGlobal: true,
    command: ['qwen', '--auth-type', 'openai'],
    environment: qwenVariables,
  },
  {
    ...GEMINI,
    name: 'gemini',
    prefix: 'miniconda3/envs/x',
    command: ['gemini', '--skip-trust'],
    files: () => ({ '.gemini/settings.json': GEMINI_SETTINGS }),
    environment: geminiVariables,
  },
]

/** Each package that is pinned, and its version. */
export const PINNED_VERSIONS: ReadonlyMap<string, string> = new Map(
  [...PINNED_AGENTS, ...PINNED_IDLE_AGENTS].map(({ packageName, version }) => [packageName, version]),
)

/** As pinned, or in the versions that `npm run drift` asks for. */
export const REAL_AGENTS: readonly RealAgent[] = PINNED_AGENTS.map(asAsked)
export const IDLE_AGENTS: readonly LabAgent[] = PINNED_IDLE_AGENTS.map(asAsked)

function asAsked<A extends AgentPackage>(agent: A): A {
  return { ...agent, version: ASKED[agent.packageName] ?? agent.version }
}
