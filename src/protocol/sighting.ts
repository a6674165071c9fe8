import { closed, counter, type Static, Type, text, words } from '../base/schema.ts'
import { stopIdSchema, timeSchema } from './ids.ts'

/** A uid in decimal on Linux and macOS, a SID on Windows. The pattern allows one spelling of each, so that ids compare as text. */
export const userIdSchema = Type.String({
  pattern: '^(0|[1-9][0-9]{0,9}|S-1-(0|[1-9][0-9]{0,9}|0x[0-9A-F]{12})(-(0|[1-9][0-9]{0,9})){1,15})$',
  maxLength: 184,
})

/** A user of the device, as in its account database. */
export const userSchema = closed({ id: userIdSchema, name: text(256) })
export type User = Static<typeof userSchema>

/**
 * The process of a running agent. `(pid, startTicks, bootId)` is unique; the kernel reuses a pid alone.
 * argv is never disclosed, only the flags in it that the catalogue recognises.
 */
export const processIdentitySchema = closed({
  pid: counter(),
  startTicks: counter(),
  bootId: text(64),
  parentPid: counter(),
  executable: text(4096),
})

/** The same thing keeps its id on this device. Deltas and `gone` refer to it. */
export const sightingIdSchema = Type.String({ pattern: '^[0-9a-f]{32}$' })

const common = {
  id: sightingIdSchema,
  name: text(256),
  /** The catalogue entry that matched. */
  catalogueId: Type.Optional(text(64)),
  vendor: Type.Optional(text(128)),
  version: Type.Optional(text(64)),
  user: Type.Optional(userSchema),
  /** How it was recognised, in words that a person can check: `executable …`, `package …`. Never argv. */
  evidence: Type.Array(text(512), { maxItems: 16 }),
}

/** One process of a running agent. */
export const agentPartSchema = closed({
  /** `agent`: the program itself. `helper`: runs as long as the agent. `tool`: runs for one task. */
  role: words('agent', 'helper', 'tool', 'mcp-server'),
  pid: counter(),
  startTicks: counter(),
  parentPid: counter(),
  executable: text(4096),
  /** Why it belongs to the agent: `child`, `forked by an ancestor that has ended`, `session marker CODEX_THREAD_ID`, `pid file …`. */
  because: text(256),
  /** The sighting of the MCP server that runs in this process. */
  server: Type.Optional(sightingIdSchema),
})
export type AgentPart = Static<typeof agentPartSchema>

/** Whether an agent acts without asking, and the settings that say so. `unknown` if no setting does. */
export const autonomySchema = closed({
  level: words('asks', 'autonomous', 'unknown'),
  because: Type.Array(
    closed({
      by: words('flag', 'configuration', 'environment', 'default'),
      /** The flag, setting or variable. Values appear only if the catalogue lists them. */
      name: text(128),
      path: Type.Optional(text(4096)),
    }),
    { maxItems: 16 },
  ),
})
export type Autonomy = Static<typeof autonomySchema>

/** The human for whom a running agent acts. */
export const attributionSchema = closed({
  /** `direct`: it runs in a human's session. `inherited`: it was started from one and left it. `none`: unattended. */
  how: words('direct', 'inherited', 'none'),
  because: text(256),
  human: Type.Optional(userSchema),
  session: Type.Optional(
    closed({ id: text(64), kind: words('terminal', 'graphical', 'remote', 'unknown'), tty: Type.Optional(text(64)) }),
  ),
})
export type Attribution = Static<typeof attributionSchema>

/** The account that an agent is signed in with, and the file that says so. Only the name is disclosed. */
export const accountSchema = closed({ provider: Type.Optional(text(64)), name: text(256), path: text(4096) })
export type Account = Static<typeof accountSchema>

/** Where an agent reaches its model. */
export const modelEndpointSchema = closed({
  by: words('environment', 'configuration', 'socket'),
  /** The variable or setting that replaces the vendor's endpoint. */
  name: Type.Optional(text(128)),
  /** Host and port of the other end. */
  address: Type.Optional(text(300)),
})

/** One reason to take an unknown program for an agent. */
export const signalSchema = closed({ name: text(64), weight: counter(), detail: text(256) })
export type Signal = Static<typeof signalSchema>

/** An environment that shares the device's kernel and is not its own system. */
export const containerSchema = closed({
  kind: words(
    'docker',
    'podman',
    'lxc',
    'kubernetes',
    'dev-container',
    'systemd-nspawn',
    'wsl',
    'flatpak',
    'snap',
    'other',
  ),
  id: text(128),
  /**
   * What was not scanned, so that its accounts, settings and servers are unknown. `its-home`: the homes inside the container.
   * `homes-of-windows`: the homes of the Windows host; those of the WSL guest were scanned.
   */
  unread: Type.Optional(words('its-home', 'homes-of-windows')),
})
export type Container = Static<typeof containerSchema>

/** A stop that holds a running agent frozen. */
export const frozenBySchema = closed({
  /** `local`: a user of the device made it. */
  stop: Type.Union([stopIdSchema, Type.Literal('local')]),
  by: text(256),
  reason: text(500),
})
export type FrozenBy = Static<typeof frozenBySchema>

/** More stops of one agent are not reported. */
export const MAX_FROZEN_BY = 4

/** The day on which the vendor ends the product, as `2026-08-09`, and the catalogue entry of its successor. */
const discontinuation = { endOfLife: Type.Optional(text(10)), successor: Type.Optional(text(64)) }

export const agentSightingSchema = closed({
  kind: Type.Literal('agent'),
  ...common,
  state: words('running', 'installed'),
  /** The agent has ended and what it started still runs. `process` is the first of that. */
  ended: Type.Optional(Type.Literal(true)),
  /** Its processes are frozen, by these stops. Absent: they run. */
  frozenBy: Type.Optional(Type.Array(frozenBySchema, { minItems: 1, maxItems: MAX_FROZEN_BY })),
  /** The kind of the catalogue entry, or `unknown`. */
  agentKind: text(64),
  path: Type.Optional(text(4096)),
  process: Type.Optional(processIdentitySchema),
  /** The flags of the running process that the catalogue recognises. */
  flags: Type.Optional(Type.Array(text(64), { maxItems: 32 })),
  autonomy: Type.Optional(autonomySchema),
  /** The folder it works in. */
  workspace: Type.Optional(text(4096)),
  /** Other folders that it was started with. */
  moreFolders: Type.Optional(Type.Array(text(4096), { maxItems: 16 })),
  account: Type.Optional(accountSchema),
  attribution: Type.Optional(attributionSchema),
  endpoints: Type.Optional(Type.Array(modelEndpointSchema, { maxItems: 16 })),
  /** Its processes, the agent first. `morePartsCount` counts those that do not fit. */
  parts: Type.Optional(Type.Array(agentPartSchema, { maxItems: 64 })),
  morePartsCount: Type.Optional(counter()),
  container: Type.Optional(containerSchema),
  /** For an unknown agent: the sum of the weights of its signals. */
  score: Type.Optional(counter()),
  signals: Type.Optional(Type.Array(signalSchema, { maxItems: 16 })),
  ...discontinuation,
  /** When it last wrote to its folder in the home. */
  lastUsedAt: Type.Optional(timeSchema),
})

/** A program that serves models on this device. */
export const modelRuntimeSightingSchema = closed({
  kind: Type.Literal('model-runtime'),
  ...common,
  state: words('running', 'installed'),
  path: Type.Optional(text(4096)),
  process: Type.Optional(processIdentitySchema),
  /** Listening ports of a running runtime. `loopback`: reachable only from this machine, or from its container. */
  listens: Type.Array(closed({ port: counter(), loopback: Type.Boolean(), address: Type.Optional(text(64)) }), {
    maxItems: 16,
  }),
  /**
   * A running runtime: the models that its command line or an open file names. An installed runtime: the models on disk.
   * `moreModelsCount` counts those that do not fit.
   */
  models: Type.Array(text(256), { maxItems: 64 }),
  moreModelsCount: Type.Optional(counter()),
  container: Type.Optional(containerSchema),
  ...discontinuation,
})

/** A file that instructs an agent, gives it programs to run, or limits it. The content is never disclosed. */
export const agentFileSightingSchema = closed({
  kind: Type.Literal('agent-file'),
  ...common,
  /** `policy`: rules for what an agent may do. With scope `managed` an administrator made them for all users. */
  fileKind: words('instructions', 'skill', 'plugin', 'hook', 'command', 'subagent', 'policy'),
  /** The catalogue entry of the agent that reads it. */
  client: text(64),
  scope: words('user', 'project', 'managed', 'plugin'),
  workspace: Type.Optional(text(4096)),
  /** Whether the plugin that contains the file is enabled. Absent for a file outside plugins. */
  enabled: Type.Optional(Type.Union([Type.Boolean(), Type.Literal('unknown')])),
  path: text(4096),
  /** The user who owns the file. */
  owner: userIdSchema,
  sizeBytes: counter(),
  /** SHA-256 in hexadecimal. Absent if the file was too large to read. */
  sha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
  /** The file has characters that people cannot see and models read. */
  invisibleUnicode: Type.Boolean(),
  /** An account other than the user and root may change the file. */
  writableByOthers: Type.Boolean(),
  /** A command in it gives a download to a shell or interpreter: of a hook, its script, a skill or a command. */
  runsDownload: Type.Optional(Type.Literal(true)),
})

export const extensionSightingSchema = closed({
  kind: Type.Literal('extension'),
  ...common,
  host: words('chromium', 'firefox', 'vscode', 'jetbrains', 'other'),
  /** The browser or editor: `google-chrome`, `firefox-esr`. */
  product: text(64),
  profile: text(256),
  extensionId: text(256),
  enabled: Type.Union([Type.Boolean(), Type.Literal('unknown')]),
  /** Workspaces in which the setting is the opposite of `enabled`. */
  enabledIn: Type.Optional(Type.Array(text(4096), { maxItems: 16 })),
  disabledIn: Type.Optional(Type.Array(text(4096), { maxItems: 16 })),
  installSource: words('store', 'policy', 'sideloaded', 'unpacked', 'bundled', 'unknown'),
  permissions: Type.Array(text(256), { maxItems: 128 }),
  hostPermissions: Type.Array(text(512), { maxItems: 128 }),
  /** Whether it can read every site. */
  broadHosts: Type.Boolean(),
  /** Whether it may drive the browser (permission `debugger`). */
  debugger: Type.Optional(Type.Boolean()),
  /** Programs on the device that it may talk to, by the names of their native messaging manifests. */
  nativeMessagingHosts: Type.Optional(Type.Array(text(256), { maxItems: 16 })),
  ai: Type.Boolean(),
  path: Type.Optional(text(4096)),
  ...discontinuation,
})

/** An MCP server in the configuration of a client. Values of arguments and variables are never disclosed. */
export const mcpServerSightingSchema = closed({
  kind: Type.Literal('mcp-server'),
  ...common,
  /** The catalogue entry of the client. */
  client: text(64),
  scope: words('user', 'project', 'managed', 'plugin'),
  /** The file that configures it. */
  configuration: text(4096),
  /** The folder of the project that configures it. */
  workspace: Type.Optional(text(4096)),
  enabled: Type.Union([Type.Boolean(), Type.Literal('unknown')]),
  transport: words('stdio', 'http', 'sse', 'unknown'),
  /** The program, without its arguments. */
  command: Type.Optional(text(256)),
  /** What a launcher such as `npx` fetches and runs. */
  package: Type.Optional(closed({ ecosystem: words('npm', 'pypi', 'docker'), name: text(256) })),
  /**
   * What an interpreter, shell or launcher runs that is not a package, by a name that other devices use too. Absent if no
   * argument reads like one. Beside a package: an unusual registry, or what else the same line runs.
   */
  runs: Type.Optional(closed({ kind: words('script', 'module', 'repository', 'address', 'program'), name: text(256) })),
  /** Scheme, host and port of the server, or of the server behind a bridge such as mcp-remote. */
  endpoint: Type.Optional(text(300)),
  /** Names of the variables and headers that the client passes to it. */
  environment: Type.Array(text(128), { maxItems: 128 }),
  /**
   * Tools that its entry names. `allowed`: the client uses it without asking. `enabled`: only tools named so are on. `*` stands for
   * all. What the server offers is not known. `moreToolsCount` counts those that do not fit.
   */
  tools: Type.Optional(
    Type.Array(closed({ name: text(128), state: words('allowed', 'enabled', 'disabled') }), { maxItems: 64 }),
  ),
  moreToolsCount: Type.Optional(counter()),
  unpinned: Type.Boolean(),
  shell: Type.Boolean(),
  cleartext: Type.Boolean(),
  plaintextSecret: Type.Boolean(),
  /** An account other than the user and root may change the configuration file. */
  writableByOthers: Type.Boolean(),
  /** The same for the program or its script. Absent if neither is given by an absolute path. */
  programWritableByOthers: Type.Optional(Type.Literal(true)),
  /** A hash of the whole launch, arguments included. Keyed per device: it can be compared on this device alone. */
  launchHash: Type.String({ pattern: '^[0-9a-f]{32}$' }),
})

/** The schema of each kind of sighting. Every list of kinds is derived from this table. */
export const SIGHTING_SCHEMAS = {
  agent: agentSightingSchema,
  extension: extensionSightingSchema,
  'mcp-server': mcpServerSightingSchema,
  'model-runtime': modelRuntimeSightingSchema,
  'agent-file': agentFileSightingSchema,
} as const
export type SightingKind = keyof typeof SIGHTING_SCHEMAS
export type SightingOf<K extends SightingKind> = { [Each in K]: Static<(typeof SIGHTING_SCHEMAS)[Each]> }[K]
/** One thing that a scan found: an agent, an extension, an MCP server, a model runtime or an agent file. */
export type Sighting = SightingOf<SightingKind>

// Object.keys has no narrower type than string[].
export const SIGHTING_KINDS = Object.keys(SIGHTING_SCHEMAS) as readonly SightingKind[]
export const sightingKindSchema = words(...SIGHTING_KINDS)
export const sightingSchema = Type.Unsafe<Sighting>(Type.Union(Object.values(SIGHTING_SCHEMAS)))
export type AgentSighting = Static<typeof agentSightingSchema>
export type ExtensionSighting = Static<typeof extensionSightingSchema>
export type McpServerSighting = Static<typeof mcpServerSightingSchema>
export type ModelRuntimeSighting = Static<typeof modelRuntimeSightingSchema>
export type AgentFileSighting = Static<typeof agentFileSightingSchema>

/** How reading one source went. A source that could not be read is reported, because silence would look like health. */
export const sourceReportSchema = closed({
  /** The name of the source, from `SOURCES` in `scan-coverage.ts`. */
  source: text(64),
  /** The folder or file that was read. Absent for a source that is neither. */
  path: Type.Optional(text(4096)),
  user: Type.Optional(userSchema),
  state: words('parsed', 'absent', 'unreadable', 'too-large', 'malformed', 'timed-out'),
  reason: Type.Optional(text(512)),
  items: counter(),
  durationMs: Type.Number({ minimum: 0 }),
})
export type SourceReport = Static<typeof sourceReportSchema>
