import { type JsonObject, memberOf } from '../../base/json-object.ts'
import type { McpServerSighting } from '../../protocol/sighting.ts'
import { portableText } from '../../system/files/portable-text.ts'
import type { Catalogue, CatalogueEntry } from '../catalogue/catalogue.ts'
import { tooMany } from '../files/source-log.ts'
import { openWritableByOthers, type WritableByOthers } from '../files/writable-by-others.ts'
import { isTrusted } from '../installed/project-trust.ts'
import { filesRun, isLocalPath, possibleLine, startedWords } from '../launch/command-line.ts'
import { readLaunch } from '../launch/launch.ts'
import { launchForms } from '../launch/launch-forms.ts'
import { sightingId } from '../matching/sighting-id.ts'
import type { PluginState } from '../plugins/plugin-switches.ts'
import { evidenceOf, type Plugin } from '../plugins/plugins.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import { nameForId, toldName } from '../redaction/redact-name.ts'
import { type Configuration, configurations } from './configurations.ts'
import type { ServerLaunch } from './configured-servers.ts'
import { definedServers } from './docker-gateway.ts'
import { MCP_SOURCE, type McpComponents, type McpInit } from './mcp-components.ts'
import { namedTools } from './named-tools.ts'
import { MAX_SERVERS, type ServerEntry, serverEntries } from './server-entries.ts'
import { openRefusals } from './server-refusals.ts'
import { readApprovals, readServerStates, type ServerState } from './server-states.ts'
import { bothOn, ServerSwitches } from './server-switches.ts'

export interface McpServersFound {
  readonly sightings: McpServerSighting[]
  /** How those that are programs are started; stays on the device. */
  readonly launches: ServerLaunch[]
}

interface FoundServer {
  readonly sighting: McpServerSighting
  readonly launch: ServerLaunch | undefined
}

const MAX_OTHERS = 16

/**
 * The MCP servers that clients are configured with: of a person (their own files, their projects and the folders above
 * these), or of the whole machine. Nothing is started and nothing is connected to.
 */
export async function findMcpServers(components: McpComponents, init: McpInit): Promise<McpServersFound> {
  const found: McpServersFound = { sightings: [], launches: [] }
  const known = {
    packages: serverPackages(init.catalogue),
    switches: switchesOf(components, init),
    writableByOthers: openWritableByOthers(components, { ownerId: init.owner?.user.id, home: init.owner?.home }),
  }
  for (const configuration of await configurations(components, init)) {
    for (const server of await readConfiguration(components, init, configuration, known)) {
      found.sightings.push(server.sighting)
      if (server.launch !== undefined) found.launches.push(server.launch)
    }
  }
  return found
}

/** What all configurations are read with. */
interface Known {
  readonly packages: ReadonlyMap<string, CatalogueEntry>
  /** Of a person alone. */
  readonly switches: ServerSwitches | undefined
  readonly writableByOthers: WritableByOthers
}

function switchesOf({ folders, configs, sources }: McpComponents, init: McpInit): ServerSwitches | undefined {
  const onFault = (path: string, error: unknown) => sources.fault(MCP_SOURCE, path, error)
  const { owner, projects = [] } = init
  return owner && new ServerSwitches({ folders, configs, onFault }, { home: owner.home, projects })
}

async function readConfiguration(
  components: McpComponents,
  init: McpInit,
  configuration: Configuration,
  known: Known,
): Promise<FoundServer[]> {
  const { configs, sources } = components
  const { packages, switches } = known
  const { path, others } = configuration
  const document = await configs.read(path)
  const entries = document === undefined ? [] : await entriesIn(components, configuration, document)
  if (entries.length === 0) return []
  if (entries.length > MAX_SERVERS) sources.fault(MCP_SOURCE, path, tooMany(MAX_SERVERS, entries.length, 'servers'))
  const on = await statesOf(components, init, configuration)
  const switched = await switches?.statesOf(
    { ...configuration, client: configuration.fact.client },
    entries.slice(0, MAX_SERVERS),
  )
  const refusals = openRefusals(components, configuration.fact.client.serverRefusals ?? [])
  const writableByOthers = await known.writableByOthers(path)
  const readOne = async (entry: ServerEntry): Promise<FoundServer> => {
    const isFile = await isFileAt(components, possibleLine(entry.entry))
    const words = startedWords(entry.entry, isFile)
    const asked = await Promise.all(filesRun(words).map(known.writableByOthers))
    const facts = {
      packages,
      writableByOthers,
      programWritableByOthers: asked.includes(true),
      isFile,
      on,
      switched,
      allowed: await refusals(entry.name, configuration.workspace ?? entry.below),
      placeOf: (named: string) => components.folders.placeOf(named),
    }
    const sighting = sightingOf(init, configuration, entry, facts)
    const forms = launchForms(words, init.launchKey)
    const alsoOf = others.length === 0 ? {} : { alsoOf: others.map(({ id }) => id).slice(0, MAX_OTHERS) }
    return { sighting, launch: forms === undefined ? undefined : { server: sighting.id, forms, ...alsoOf } }
  }
  const read = () => Promise.all(entries.slice(0, MAX_SERVERS).map(readOne))
  return [...(await sources.read(MCP_SOURCE, path, read))]
}

/** A path with blanks in it looks like a line. */
async function isFileAt({ stat }: McpComponents, path: string | undefined): Promise<boolean> {
  const place = path === undefined ? undefined : portableText(path)
  if (place === undefined || !isLocalPath(place)) return false
  const found = await stat(place).catch(() => undefined)
  return found !== undefined && found.kind !== 'directory'
}

function entriesIn(
  { folders, sources }: McpComponents,
  { fact: { key, definedIn } }: Configuration,
  document: JsonObject,
): Promise<ServerEntry[]> | ServerEntry[] {
  if (definedIn === undefined) return serverEntries(document, key)
  const onFault = (path: string, error: unknown) => sources.fault(MCP_SOURCE, path, error)
  return definedServers({ folders, onFault }, document, key, definedIn)
}

/** Undefined where nothing else than the configuration says which are on. */
async function statesOf(
  components: McpComponents,
  { owner }: McpInit,
  { fact: { states, approvals, trusted, unasked }, workspace }: Configuration,
): Promise<ServerState | undefined> {
  if (states !== undefined) return await readServerStates(components, states)
  if (workspace === undefined || owner === undefined) return undefined
  if (approvals !== undefined) return await readApprovals(components, approvals, workspace)
  const place = { folder: workspace, home: owner.home }
  const on = unasked ?? (trusted && (await isTrusted(components, trusted, place)))
  return on === undefined ? undefined : () => on
}

/** Of the whole configuration. */
interface ReadFacts {
  readonly packages: ReadonlyMap<string, CatalogueEntry>
  readonly writableByOthers: boolean
  readonly placeOf: (path: string) => string
  /** Of the one server. */
  readonly programWritableByOthers: boolean
  /** What could be a line is the path of its program. */
  readonly isFile: boolean
  /** Which are on, where another file says so. */
  readonly on: ServerState | undefined
  /** False if a deny list has it or an allow list lacks it, whatever configured it. */
  readonly allowed: boolean | 'unknown'
  /** By name, where the agent switches them one by one. */
  readonly switched: ReadonlyMap<string, PluginState> | undefined
}

function sightingOf(
  init: McpInit,
  { fact: { client, key, scope }, path, workspace, plugin, others }: Configuration,
  { name, entry, below }: ServerEntry,
  facts: ReadFacts,
): McpServerSighting {
  const { package: spec, ...launch } = readLaunch(entry, init.launchKey, facts.isFile)
  const known = spec === undefined ? undefined : facts.packages.get(`${spec.ecosystem} ${spec.name}`)
  const user = init.owner?.user
  const switched = facts.switched?.get(name)
  const idNames = [below ?? '', name].map((each) => nameForId(each, init.launchKey))
  // A member may be called anything.
  const folder =
    workspace ?? switched?.workspace ?? (below !== undefined && isPath(below) ? facts.placeOf(below) : undefined)
  return {
    kind: 'mcp-server',
    id: sightingId('mcp-server', user?.id ?? 'system', path, key.join('/'), ...idNames),
    name: toldName(name),
    ...(known === undefined ? {} : { catalogueId: known.id, vendor: known.vendor }),
    ...(spec?.version === undefined ? {} : { version: spec.version }),
    ...(user === undefined ? {} : { user }),
    evidence: [
      boundedText(`configured for ${client.name} in ${path}`, 512),
      ...(plugin === undefined ? [] : [evidenceOf(plugin)]),
      ...(plugin !== undefined && switched?.enabled === false ? ['switched off for itself'] : []),
      ...(others.length === 0 ? [] : [boundedText(`also read by ${others.map(({ name }) => name).join(', ')}`, 512)]),
    ],
    client: client.id,
    scope: below === undefined ? scope : 'project',
    configuration: path.slice(0, 4096),
    ...(folder === undefined ? {} : { workspace: boundedText(folder, 4096) }),
    enabled: bothOn(
      facts.allowed,
      switched === undefined
        ? enabledOf(entry, scope, facts.on === undefined ? plugin?.enabled : facts.on(name))
        : bothOn(plugin?.enabled ?? true, switched.enabled),
    ),
    ...launch,
    environment: [...launch.environment],
    ...namedTools(entry),
    ...(spec === undefined ? {} : { package: { ecosystem: spec.ecosystem, name: spec.name } }),
    writableByOthers: facts.writableByOthers,
    ...(facts.programWritableByOthers ? { programWritableByOthers: true as const } : {}),
  }
}

/** Of Windows as well: its homes are read from a guest. */
function isPath(text: string): boolean {
  return /^(?:\/|[A-Za-z]:[\\/])/.test(text)
}

/** Clients ask before they start what a project brings along: its own word that it is on is not heard, that it is off is. */
function enabledOf(
  entry: ServerEntry['entry'],
  scope: McpServerSighting['scope'],
  said: Plugin['enabled'] | undefined,
): McpServerSighting['enabled'] {
  if (said === false || memberOf(entry, 'disabled') === true || memberOf(entry, 'enabled') === false) return false
  if (said !== undefined) return said
  return scope === 'project' ? 'unknown' : true
}

function serverPackages(catalogue: Catalogue): Map<string, CatalogueEntry> {
  return new Map(
    catalogue.entries
      .filter(({ kind }) => kind === 'mcp-server' || kind === 'mcp-client')
      .flatMap((entry) => [
        ...(entry.npm ?? []).map(({ name }): [string, CatalogueEntry] => [`npm ${name}`, entry]),
        ...(entry.pypi ?? []).map(({ name }): [string, CatalogueEntry] => [`pypi ${name}`, entry]),
      ]),
  )
}
