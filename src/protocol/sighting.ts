import { closed, counter, type Static, Type, text, words } from '../base/schema.ts'
import { timeSchema } from './ids.ts'

/** A uid in decimal on Linux and macOS, a SID on Windows. The pattern allows one spelling of each, so that ids compare as text. */
export const userIdSchema = Type.String({
  pattern: '^(0|[1-9][0-9]{0,9}|S-1-(0|[1-9][0-9]{0,9}|0x[0-9A-F]{12})(-(0|[1-9][0-9]{0,9})){1,15})$',
  maxLength: 184,
})

/** A user of the device, as its own account database names them. */
export const userSchema = closed({ id: userIdSchema, name: text(256) })
export type User = Static<typeof userSchema>

/**
 * The process of a running agent. `(pid, startTicks, bootId)` names it for ever: a pid alone is reused.
 * argv never leaves the device; only flags that the catalogue recognises do.
 */
export const processIdentitySchema = closed({
  pid: counter(),
  startTicks: counter(),
  bootId: text(64),
  parentPid: counter(),
  executable: text(4096),
})

/** Stable for the same thing seen again on this device: what deltas and `gone` refer to. */
const sightingIdSchema = Type.String({ pattern: '^[0-9a-f]{32}$' })

const common = {
  id: sightingIdSchema,
  name: text(256),
  /** Entry of the catalogue, absent when nothing in it matched. */
  catalogueId: Type.Optional(text(64)),
  vendor: Type.Optional(text(128)),
  version: Type.Optional(text(64)),
  user: Type.Optional(userSchema),
  /** Why we say so, in words a person can check: `executable …`, `package …`. Never argv. */
  evidence: Type.Array(text(512), { maxItems: 16 }),
}

/** One process of the graph around a running agent. */
export const agentPartSchema = closed({
  /** `agent` is the program itself, `helper` what it keeps beside it, `tool` what it runs for a task. */
  role: words('agent', 'helper', 'tool', 'mcp-server'),
  pid: counter(),
  startTicks: counter(),
  parentPid: counter(),
  executable: text(4096),
  /** Why it belongs there: `child`, `forked by an ancestor that has ended`, `session marker CODEX_THREAD_ID`, `pid file …`. */
  because: text(256),
  /** The sighting of the configuration entry that started this MCP server. */
  server: Type.Optional(sightingIdSchema),
})
export type AgentPart = Static<typeof agentPartSchema>

/** Does it act without asking, and what says so; `unknown` where nothing does. */
export const autonomySchema = closed({
  level: words('asks', 'autonomous', 'unknown'),
  because: Type.Array(
    closed({
      by: words('flag', 'configuration', 'environment', 'default'),
      /** The flag, the setting or the variable; of values only those that the catalogue lists. */
      name: text(128),
      path: Type.Optional(text(4096)),
    }),
    { maxItems: 16 },
  ),
})
export type Autonomy = Static<typeof autonomySchema>

/** Which human a running agent acts for, as far as the system tells. */
export const attributionSchema = closed({
  /** `direct`: its own session is that of a person; `inherited`: that of who started it, which it has left; `none`: unattended. */
  how: words('direct', 'inherited', 'none'),
  because: text(256),
  human: Type.Optional(userSchema),
  session: Type.Optional(
    closed({ id: text(64), kind: words('terminal', 'graphical', 'remote', 'unknown'), tty: Type.Optional(text(64)) }),
  ),
})
export type Attribution = Static<typeof attributionSchema>

/** The account an agent is signed in with, by its name alone, and the file that says so. */
export const accountSchema = closed({ provider: Type.Optional(text(64)), name: text(256), path: text(4096) })
export type Account = Static<typeof accountSchema>

/** Where it reaches a model, as far as that can be seen honestly. */
export const modelEndpointSchema = closed({
  by: words('environment', 'configuration', 'socket'),
  /** The variable or setting that names another endpoint than the maker's. */
  name: Type.Optional(text(128)),
  /** Host and port of the other end. */
  address: Type.Optional(text(300)),
})

/** One reason to take a program for an agent that no catalogue knows. */
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
   * Quiet is not clean: what lies there was not looked into, so that of accounts, settings and servers nothing is known. Of a
   * guest of Windows its own homes were, and those of Windows were not.
   */
  unread: Type.Optional(words('its-home', 'homes-of-windows')),
})
export type Container = Static<typeof containerSchema>

/** When the maker ends it, as `2026-08-09`, and the catalogue's entry that takes its place. */
const end = { endOfLife: Type.Optional(text(10)), successor: Type.Optional(text(64)) }

export const agentSightingSchema = closed({
  kind: Type.Literal('agent'),
  ...common,
  state: words('running', 'installed'),
  /** Only what it started for a task still runs: `process` is the first of that. */
  ended: Type.Optional(Type.Literal(true)),
  /** The catalogue's kind; `unknown` for what no catalogue knows. */
  agentKind: text(64),
  path: Type.Optional(text(4096)),
  process: Type.Optional(processIdentitySchema),
  /** Recognised flags of the running process, by name. */
  flags: Type.Optional(Type.Array(text(64), { maxItems: 32 })),
  autonomy: Type.Optional(autonomySchema),
  /** The folder it works in. */
  workspace: Type.Optional(text(4096)),
  /** Others that it was told to use. */
  moreFolders: Type.Optional(Type.Array(text(4096), { maxItems: 16 })),
  account: Type.Optional(accountSchema),
  attribution: Type.Optional(attributionSchema),
  endpoints: Type.Optional(Type.Array(modelEndpointSchema, { maxItems: 16 })),
  /** All its processes, itself first; the rest is counted. */
  parts: Type.Optional(Type.Array(agentPartSchema, { maxItems: 64 })),
  morePartsCount: Type.Optional(counter()),
  container: Type.Optional(containerSchema),
  /** Of an agent that no catalogue knows: the sum of its signals. */
  score: Type.Optional(counter()),
  signals: Type.Optional(Type.Array(signalSchema, { maxItems: 16 })),
  ...end,
  /** When it last left a trace in its folder of the home. */
  lastUsedAt: Type.Optional(timeSchema),
})

/** A program that serves models on this device. */
export const modelRuntimeSightingSchema = closed({
  kind: Type.Literal('model-runtime'),
  ...common,
  state: words('running', 'installed'),
  path: Type.Optional(text(4096)),
  process: Type.Optional(processIdentitySchema),
  /** Ports of a running one; `loopback`: for this machine alone, or for the container it is in. */
  listens: Type.Array(closed({ port: counter(), loopback: Type.Boolean(), address: Type.Optional(text(64)) }), {
    maxItems: 16,
  }),
  /** Of a running one the models that its command line or an open file names, of an installed one those it keeps; the rest is counted. */
  models: Type.Array(text(256), { maxItems: 64 }),
  moreModelsCount: Type.Optional(counter()),
  container: Type.Optional(containerSchema),
  ...end,
})

/** A file that tells an agent what to do, what to run or what it may: never its content, but who could have changed it. */
export const agentFileSightingSchema = closed({
  kind: Type.Literal('agent-file'),
  ...common,
  /** `policy`: rules for what it may do; those of scope `managed` an administrator made for everybody. */
  fileKind: words('instructions', 'skill', 'plugin', 'hook', 'command', 'subagent', 'policy'),
  /** The catalogue's entry of the agent that reads it. */
  client: text(64),
  scope: words('user', 'project', 'managed', 'plugin'),
  workspace: Type.Optional(text(4096)),
  /** Is the plugin that brings it along switched on? Absent for what belongs to none. */
  enabled: Type.Optional(Type.Union([Type.Boolean(), Type.Literal('unknown')])),
  path: text(4096),
  /** The user who owns the file. */
  owner: userIdSchema,
  sizeBytes: counter(),
  /** SHA-256 in hexadecimal; absent where the file was too large to read. */
  sha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
  /** Characters that people do not see and models read. */
  invisibleUnicode: Type.Boolean(),
  /** Somebody else than the user and root may change it. */
  writableByOthers: Type.Boolean(),
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
  /** Folders people work in where it is on though it is off, or off though it is on. */
  enabledIn: Type.Optional(Type.Array(text(4096), { maxItems: 16 })),
  disabledIn: Type.Optional(Type.Array(text(4096), { maxItems: 16 })),
  installSource: words('store', 'policy', 'sideloaded', 'unpacked', 'bundled', 'unknown'),
  permissions: Type.Array(text(256), { maxItems: 128 }),
  hostPermissions: Type.Array(text(512), { maxItems: 128 }),
  /** Can it read every site? */
  broadHosts: Type.Boolean(),
  /** May it drive the browser (`debugger`)? */
  debugger: Type.Optional(Type.Boolean()),
  /** Programs on the device that it may speak to, by the names of their native messaging manifests. */
  nativeMessagingHosts: Type.Optional(Type.Array(text(256), { maxItems: 16 })),
  ai: Type.Boolean(),
  path: Type.Optional(text(4096)),
  ...end,
})

/** An MCP server as a client is configured with it. Of its arguments and variables only names and verdicts are told. */
export const mcpServerSightingSchema = closed({
  kind: Type.Literal('mcp-server'),
  ...common,
  /** The catalogue's entry of the client. */
  client: text(64),
  scope: words('user', 'project', 'managed', 'plugin'),
  /** The file that says so. */
  configuration: text(4096),
  /** The project's folder, when it belongs to one. */
  workspace: Type.Optional(text(4096)),
  enabled: Type.Union([Type.Boolean(), Type.Literal('unknown')]),
  transport: words('stdio', 'http', 'sse', 'unknown'),
  /** The program, without its arguments. */
  command: Type.Optional(text(256)),
  /** What a launcher such as `npx` fetches and runs. */
  package: Type.Optional(closed({ ecosystem: words('npm', 'pypi', 'docker'), name: text(256) })),
  /**
   * What an interpreter, a shell or a launcher is given to run and that is no package, by a name that it is known by elsewhere;
   * absent where nothing reads like one. Beside a package: its registry, where that is not the usual one, and what else its line runs.
   */
  runs: Type.Optional(closed({ kind: words('script', 'module', 'repository', 'address', 'program'), name: text(256) })),
  /** Scheme, host and port: its own, or of a bridge (mcp-remote and the like) of what it speaks to. */
  endpoint: Type.Optional(text(300)),
  /** Names of the variables and headers it is given. */
  environment: Type.Array(text(128), { maxItems: 128 }),
  unpinned: Type.Boolean(),
  shell: Type.Boolean(),
  cleartext: Type.Boolean(),
  plaintextSecret: Type.Boolean(),
  /** Somebody else than the user and root may change the file. */
  writableByOthers: Type.Boolean(),
  /** Likewise the program, or the script that it is given; absent where neither is named by its whole path. */
  programWritableByOthers: Type.Optional(Type.Literal(true)),
  /** Of all that says how it is started or reached, arguments too; keyed per device, so it compares on this device alone. */
  launchHash: Type.String({ pattern: '^[0-9a-f]{32}$' }),
})

/** The schema of each kind of sighting. Every list of kinds is derived from this table. */
const SIGHTING_SCHEMAS = {
  agent: agentSightingSchema,
  extension: extensionSightingSchema,
  'mcp-server': mcpServerSightingSchema,
  'model-runtime': modelRuntimeSightingSchema,
  'agent-file': agentFileSightingSchema,
} as const
export type SightingKind = keyof typeof SIGHTING_SCHEMAS
/** One observation of an agent, an extension, an MCP server, a model runtime or an agent file on a device. */
export type Sighting = { [K in SightingKind]: Static<(typeof SIGHTING_SCHEMAS)[K]> }[SightingKind]

// Object.keys has no narrower type than string[].
export const SIGHTING_KINDS = Object.keys(SIGHTING_SCHEMAS) as readonly SightingKind[]
export const sightingKindSchema = words(...SIGHTING_KINDS)
export const sightingSchema = Type.Unsafe<Sighting>(Type.Union(Object.values(SIGHTING_SCHEMAS)))
export type AgentSighting = Static<typeof agentSightingSchema>
export type ExtensionSighting = Static<typeof extensionSightingSchema>
export type McpServerSighting = Static<typeof mcpServerSightingSchema>
export type ModelRuntimeSighting = Static<typeof modelRuntimeSightingSchema>
export type AgentFileSighting = Static<typeof agentFileSightingSchema>

/** What became of one place that was looked at. Quiet is not clean: a source that could not be read is said. */
export const sourceReportSchema = closed({
  /** What was read: a name in `looked-for.ts`. */
  source: text(64),
  /** Where: a folder or file, absent for sources that are no file. */
  path: Type.Optional(text(4096)),
  user: Type.Optional(userSchema),
  state: words('parsed', 'absent', 'unreadable', 'too-large', 'malformed', 'timed-out'),
  reason: Type.Optional(text(512)),
  items: counter(),
  durationMs: Type.Number({ minimum: 0 }),
})
export type SourceReport = Static<typeof sourceReportSchema>
