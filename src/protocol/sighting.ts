import { closed, counter, type Static, Type, text, words } from '../base/schema.ts'

/** A user of the device, as its own account database names them. */
export const userSchema = closed({ uid: counter(), name: text(256) })
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

const common = {
  /** Stable for the same thing seen again on this device: what deltas and `gone` refer to. */
  id: Type.String({ pattern: '^[0-9a-f]{32}$' }),
  name: text(256),
  /** Entry of the catalogue, absent when nothing in it matched. */
  catalogueId: Type.Optional(text(64)),
  vendor: Type.Optional(text(128)),
  version: Type.Optional(text(64)),
  user: Type.Optional(userSchema),
  /** Why we say so, in words a person can check: `executable …`, `package …`. Never argv. */
  evidence: Type.Array(text(512), { maxItems: 16 }),
}

export const agentSightingSchema = closed({
  kind: Type.Literal('agent'),
  ...common,
  state: words('running', 'installed'),
  agentKind: text(64),
  path: Type.Optional(text(4096)),
  process: Type.Optional(processIdentitySchema),
  /** Recognised flags of the running process, by name. */
  flags: Type.Optional(Type.Array(text(64), { maxItems: 32 })),
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
  installSource: words('store', 'policy', 'sideloaded', 'unpacked', 'bundled', 'unknown'),
  permissions: Type.Array(text(256), { maxItems: 128 }),
  hostPermissions: Type.Array(text(512), { maxItems: 128 }),
  /** Can it read every site? */
  broadHosts: Type.Boolean(),
  ai: Type.Boolean(),
  path: Type.Optional(text(4096)),
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
  /** Scheme, host and port. */
  endpoint: Type.Optional(text(300)),
  /** Names of the variables and headers it is given. */
  environment: Type.Array(text(128), { maxItems: 128 }),
  unpinned: Type.Boolean(),
  shell: Type.Boolean(),
  cleartext: Type.Boolean(),
  plaintextSecret: Type.Boolean(),
  /** Somebody else than the user and root may change the file. */
  writableByOthers: Type.Boolean(),
  /** Of everything that is started, arguments too; keyed per device, so it compares on this device alone. */
  launchHash: Type.String({ pattern: '^[0-9a-f]{32}$' }),
})

export const sightingSchema = Type.Union([agentSightingSchema, extensionSightingSchema, mcpServerSightingSchema])
export type AgentSighting = Static<typeof agentSightingSchema>
export type ExtensionSighting = Static<typeof extensionSightingSchema>
export type McpServerSighting = Static<typeof mcpServerSightingSchema>
/** One observation of an agent, an extension or an MCP server on a device. */
export type Sighting = Static<typeof sightingSchema>

/** What became of one place that was looked at. Quiet is not clean: a source that could not be read is said. */
export const sourceReportSchema = closed({
  /** What was read: `processes`, `chromium-extensions`, `firefox-extensions`, `editor-extensions`, `installed-agents`, `mcp-servers`. */
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
