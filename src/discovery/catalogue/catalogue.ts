import { closed, reader, type Static, type TSchema, Type, text, words } from '../../base/schema.ts'
import {
  account,
  announcement,
  appImage,
  argumentParser,
  brewPackage,
  byDefault,
  chromiumExtension,
  command,
  date,
  desktopEntry,
  file,
  firefoxExtension,
  flag,
  flatpak,
  folderFlag,
  helper,
  homeVariable,
  id,
  jetbrainsPlugin,
  marker,
  mcp,
  messagingHost,
  modelArgument,
  modelHost,
  modelStore,
  name,
  named,
  npmPackage,
  path,
  pidFile,
  port,
  pypiPackage,
  service,
  setting,
  snap,
  title,
  variable,
  variableFact,
  variableSwitch,
  vimPlugin,
  vscodeExtension,
  windowsFile,
  workspaces,
} from './facts.ts'
import { darwinFacts, windowsFacts } from './platform-facts.ts'
import { plugin, pluginMarket, pluginRecord, pluginSwitch, serverRefusal, serverSwitch } from './plugin-facts.ts'

/** Browsers, whether they are agents or not: where each keeps the profiles with its extensions. */

const source = Type.Optional(id)
/** Below a home; `*` matches every folder there. For the Firefox family it is the folder with `profiles.ini`. */
const profiles = closed({ path: Type.String({ pattern: '^~/[^\\u0000\\\\]{1,510}$' }), source })
/** Manifests of programs that extensions may speak to, in addition to those in the folder of the profiles. */
const messagingHosts = closed({ path: Type.String({ pattern: '^(~/|/)[^\\u0000\\\\*]{1,510}$' }), source })

export const unixPlaces = closed({
  profiles: Type.Array(profiles, { minItems: 1, maxItems: 8 }),
  messagingHosts: Type.Optional(Type.Array(messagingHosts, { maxItems: 8 })),
  /** Resolved executables of the browser. */
  executables: Type.Optional(Type.Array(path, { maxItems: 8 })),
})
/** On Windows the registry names the programs that extensions may speak to. */
const windowsPlaces = closed({
  profiles: Type.Array(windowsFile, { minItems: 1, maxItems: 8 }),
  executables: Type.Optional(Type.Array(windowsFile, { maxItems: 8 })),
})

const browserSchema = closed({
  id,
  name,
  family: words('chromium', 'firefox'),
  sources: Type.Array(id, { minItems: 1, maxItems: 8 }),
  linux: Type.Optional(unixPlaces),
  darwin: Type.Optional(unixPlaces),
  windows: Type.Optional(windowsPlaces),
})
export type Browser = Static<typeof browserSchema>

/** The catalogue: what is known about agents, as data. Every fact names its source. */

const ENTRY_KINDS = [
  'cli-agent',
  'agent-gateway',
  'agent-framework',
  'agent-plugin',
  'acp-adapter',
  'orchestrator',
  'workflow-agent',
  'desktop-app',
  'ide',
  'ide-extension',
  'editor-backend',
  'browser',
  'browser-agent',
  'browser-extension',
  'browser-agent-extension',
  'browser-automation',
  'chat-server',
  'llm-proxy',
  'mcp-server',
  'mcp-client',
  'mcp-gateway',
  'model-runtime',
] as const
export type EntryKind = (typeof ENTRY_KINDS)[number]

const list = <S extends TSchema>(fact: S, maxItems: number) => Type.Optional(Type.Array(fact, { maxItems }))

const entrySchema = closed({
  id,
  name,
  vendor: name,
  kind: words(...ENTRY_KINDS),
  sources: Type.Array(id, { minItems: 1, maxItems: 8 }),
  /** Other names people know it by. */
  aliases: list(name, 8),
  /** The entry that replaced it. */
  successor: Type.Optional(id),
  endOfLife: Type.Optional(date),
  note: Type.Optional(text(500)),

  /** Names of its command, in the folders where package managers put commands. */
  commands: list(command, 8),
  /** Resolved executables (`/proc/PID/exe`). */
  executables: list(path, 16),
  /** Files run by node, bun, deno or python. */
  scripts: list(path, 16),
  /** `python -m NAME`. */
  modules: list(named, 8),
  /** What a program writes over its command line (process title). Counts only with support. */
  titles: list(title, 8),

  npm: list(npmPackage, 8),
  pypi: list(pypiPackage, 8),
  brew: list(brewPackage, 4),
  desktopEntries: list(desktopEntry, 4),
  flatpaks: list(flatpak, 4),
  snaps: list(snap, 4),
  appImages: list(appImage, 4),
  /** Folders that hold one installed version each. */
  versionFolders: list(path, 8),
  /** What it leaves in a home. Supports other evidence, and is never enough without it. */
  stateFolders: list(path, 8),
  /** Files that change whenever it is used. Without them, the files in its state folders. */
  activity: list(path, 6),
  pidFiles: list(pidFile, 4),
  helpers: list(helper, 4),
  services: list(service, 4),
  ports: list(port, 4),
  models: list(modelStore, 4),
  modelArguments: list(modelArgument, 8),

  mcp: list(mcp, 32),
  workspaces: list(workspaces, 12),
  files: list(file, 40),
  plugins: list(plugin, 8),
  pluginSwitches: list(pluginSwitch, 12),
  pluginRecords: list(pluginRecord, 4),
  pluginMarkets: list(pluginMarket, 4),
  serverSwitches: list(serverSwitch, 12),
  serverRefusals: list(serverRefusal, 12),
  /** The best first. */
  accounts: list(account, 4),
  /** Files that hold its secrets: whether they are there, never what is in them. */
  credentials: list(path, 8),
  /** Settings of the machine that override those of users. */
  managedSettings: list(path, 8),

  environment: list(marker, 16),
  announcedAs: list(announcement, 4),
  /** Variables that move its folder or its configuration. */
  homeVariables: list(homeVariable, 8),
  /** Variables with its credentials. */
  credentialVariables: list(variableFact, 8),

  flags: list(flag, 24),
  folderFlags: list(folderFlag, 8),
  argumentParser: Type.Optional(argumentParser),
  /** Files that decide whether it asks before it acts: of the machine, the user, a project. */
  settings: list(setting, 64),
  switches: list(variableSwitch, 8),
  /** Whether it acts without asking by default. Absent if unknown. */
  autonomousByDefault: Type.Optional(byDefault),

  chromium: list(chromiumExtension, 8),
  firefox: list(firefoxExtension, 8),
  vscode: list(vscodeExtension, 8),
  jetbrains: list(jetbrainsPlugin, 12),
  vim: list(vimPlugin, 8),
  /** Programs that its browser extension may speak to. */
  nativeMessagingHosts: list(messagingHost, 4),

  darwin: Type.Optional(darwinFacts),
  windows: Type.Optional(windowsFacts),
})
export type CatalogueEntry = Static<typeof entrySchema>

export const catalogueSchema = closed({
  schema: Type.Literal('surety/catalogue@1'),
  version: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  asOf: date,
  /** Where facts come from, by short name. */
  sources: Type.Record(id, closed({ title: text(300), date: Type.Optional(date) })),
  /** Variables that send agents to another model endpoint. Their names are reported. */
  endpointVariables: list(variable, 32),
  /** Hosts that only serve models: an extension that asks for access to one uses a model. */
  modelHosts: list(modelHost, 64),
  /** Identifiers in other catalogues that do not exist. */
  refuted: list(closed({ id: text(128), why: text(200) }), 64),
  /** Where extensions are looked for. Without this member the built-in list is used. */
  browsers: list(browserSchema, 128),
  entries: Type.Array(entrySchema, { maxItems: 2_000 }),
})
export type Catalogue = Static<typeof catalogueSchema>

/** Size limit of a catalogue that did not ship with the program. */
export const CATALOGUE_MAX_BYTES = 4 * 1024 * 1024

/** @throws `CONFIG_INVALID`, naming the first place that does not fit. */
export const catalogueReader = reader(catalogueSchema, {
  name: 'catalogue',
  code: 'CONFIG_INVALID',
  forPeople: true,
  limits: { maxBytes: CATALOGUE_MAX_BYTES, maxDepth: 8 },
})

/** Variables whose values name a session of an agent. */
export function sessionVariables({ entries }: Catalogue): ReadonlySet<string> {
  const facts = entries.flatMap(({ environment }) => environment ?? [])
  return new Set(facts.flatMap(({ name, session }) => (session === true ? [name] : [])))
}
