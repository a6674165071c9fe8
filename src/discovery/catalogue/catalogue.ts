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

/** Browsers, whether they are agents or not: where each keeps the profiles that extensions lie in. */

const source = Type.Optional(id)
/** Below a home; `*` stands for every folder there. Of the Firefox family it is the folder with `profiles.ini`. */
const profiles = closed({ path: Type.String({ pattern: '^~/[^\\u0000\\\\]{1,510}$' }), source })
/** Manifests of programs that extensions may speak to, besides those in the folder of the profiles itself. */
const messagingHosts = closed({ path: Type.String({ pattern: '^(~/|/)[^\\u0000\\\\*]{1,510}$' }), source })

export const unixPlaces = closed({
  profiles: Type.Array(profiles, { minItems: 1, maxItems: 8 }),
  messagingHosts: Type.Optional(Type.Array(messagingHosts, { maxItems: 8 })),
  /** Resolved executables: which browser it is that a process runs. */
  executables: Type.Optional(Type.Array(path, { maxItems: 8 })),
})
/** There the registry tells of the programs. */
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

/** The catalogue: what is known about agents, as data. Every fact names where it was learnt. */

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
  /** The entry that took its place. */
  successor: Type.Optional(id),
  endOfLife: Type.Optional(date),
  note: Type.Optional(text(500)),

  /** Name under which it is started, in the folders where package managers put commands. */
  commands: list(command, 8),
  /** Resolved executables (`/proc/PID/exe`). */
  executables: list(path, 16),
  /** Files run by node, bun, deno or python. */
  scripts: list(path, 16),
  /** `python -m NAME`. */
  modules: list(named, 8),
  /** What an interpreter's command line reads after the program has overwritten it. Counts only with support. */
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
  /** What it leaves in a home. Support for other evidence, never evidence by itself. */
  stateFolders: list(path, 8),
  /** Files that change whenever it is used; what lies in its state folders where there are none. */
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
  /** Settings of the machine that overrule those of people. */
  managedSettings: list(path, 8),

  environment: list(marker, 16),
  announcedAs: list(announcement, 4),
  /** Variables that put its folder or its configuration elsewhere. */
  homeVariables: list(homeVariable, 8),
  /** Variables that its credentials are given in. */
  credentialVariables: list(variableFact, 8),

  flags: list(flag, 24),
  folderFlags: list(folderFlag, 8),
  argumentParser: Type.Optional(argumentParser),
  /** Files that say whether it asks before it acts: the machine's, the person's, a project's. */
  settings: list(setting, 64),
  switches: list(variableSwitch, 8),
  /** It acts without asking unless told otherwise; false: it asks. Absent where we do not know. */
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
  /** Variables that send agents to another model endpoint; of these the name is told. */
  endpointVariables: list(variable, 32),
  /** Hosts that answer for models and for nothing else: an extension that asks for one speaks to a model. */
  modelHosts: list(modelHost, 64),
  /** Identifiers that other catalogues name and nothing bears. */
  refuted: list(closed({ id: text(128), why: text(200) }), 64),
  /** Where extensions are looked for. A catalogue without this member means those of the program. */
  browsers: list(browserSchema, 128),
  entries: Type.Array(entrySchema, { maxItems: 2_000 }),
})
export type Catalogue = Static<typeof catalogueSchema>

/** How much of a catalogue that is not ours we are willing to look at. */
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
