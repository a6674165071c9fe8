import { hash } from 'node:crypto'
import { SuretyError } from '../../base/errors.ts'
import type { AgentFileSighting, User } from '../../protocol/sighting.ts'
import type { FileStat } from '../../system/files/files.ts'
import type { Catalogue, CatalogueEntry } from '../catalogue/catalogue.ts'
import type { ConfigFiles } from '../files/config-files.ts'
import { filesOf } from '../files/expand-pattern.ts'
import type { Folders } from '../files/folders.ts'
import { type SourceLog, tooMany } from '../files/source-log.ts'
import { openWritableByOthers, type WritableByOthers } from '../files/writable-by-others.ts'
import { ProjectFacts } from '../installed/project-facts.ts'
import { sightingId } from '../matching/sighting-id.ts'
import { evidenceOf, type Plugins, pluginName, workspaceOf } from '../plugins/plugins.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import type { AgentFile } from './agent-file.ts'
import { findHooks } from './hook-files.ts'
import { hasInvisibleText } from './invisible-text.ts'
import { findNamedPlugins } from './named-plugins.ts'
import { findNamedSkills } from './named-skills.ts'
import { markdownRunsDownload, scriptRunsDownload } from './runs-download.ts'

export interface AgentFilesComponents {
  readonly folders: Folders
  readonly configs: ConfigFiles
  /** As `FileReader`. */
  readonly readBytes: (path: string, options: { maxBytes: number }) => Promise<Uint8Array>
  readonly stat: (path: string) => Promise<FileStat | undefined>
  /** Where a file may be read; of others nothing but their place and owner is told. All may be read when absent. */
  readonly placeToRead?: (path: string) => Promise<string | undefined>
  readonly sources: SourceLog
}

export interface AgentFilesInit {
  readonly catalogue: Catalogue
  /** Whose home; absent for what an administrator set for everybody. */
  readonly owner?: { readonly user: User; readonly home: string }
  /** Folders whose own files count for who works in them. */
  readonly projects?: readonly string[]
  /** That agents of this home have installed. */
  readonly plugins?: Plugins
}

const SOURCE = 'agent-files'
/** Files with settings, which may have hooks. */
const SETTINGS = /\.(?:jsonc?|toml)$/
/** Longer files are reported without a hash. */
const MAX_FILE_BYTES = 2 * 1024 * 1024
const MAX_FILES = 2_000
/** So many are gathered before those are chosen. */
const MAX_GATHERED = 2 * MAX_FILES
const MAX_EVIDENCE = 8
/** All files of one home together. */
const MAX_READ_BYTES = 128 * 1024 * 1024

/**
 * The files that tell agents what to do, what to run or what they may: the person's own and those of projects, or those of
 * the machine. Content goes nowhere.
 */
export async function findAgentFiles(
  components: AgentFilesComponents,
  init: AgentFilesInit,
): Promise<AgentFileSighting[]> {
  const files = await namedFiles(components, init)
  if (files.length > MAX_FILES) {
    const what = files.length > MAX_GATHERED ? 'files or more' : 'files'
    components.sources.fault(SOURCE, init.owner?.home, tooMany(MAX_FILES, files.length, what))
  }
  const writableByOthers = openWritableByOthers(components, { ownerId: init.owner?.user.id, home: init.owner?.home })
  const found: AgentFileSighting[] = []
  let left = MAX_READ_BYTES
  for (const file of files.slice(0, MAX_FILES)) {
    const sighting = await lookAt({ ...components, writableByOthers }, init, file, Math.min(MAX_FILE_BYTES, left))
    if (sighting === undefined) continue
    left -= sighting.sha256 === undefined ? 0 : sighting.sizeBytes
    found.push(sighting)
  }
  return found
}

type FileFact = Omit<NonNullable<CatalogueEntry['files']>[number], 'kind'> & {
  readonly client: CatalogueEntry
  readonly kind: AgentFileSighting['fileKind']
}

/** Each file once, also one that several clients read, that is named twice, or that is more than one thing. */
async function namedFiles(components: AgentFilesComponents, init: AgentFilesInit): Promise<AgentFile[]> {
  const { folders } = components
  const files = new Map<string, AgentFile>()
  const add = (found: readonly AgentFile[]) => {
    for (const file of found) {
      const known = files.get(file.path)
      if (known === undefined) files.set(file.path, file)
      else if (known.client === file.client && known.fileKind !== file.fileKind) {
        files.set(file.path, { ...known, evidence: [...known.evidence, ...file.evidence] })
      }
    }
  }
  const facts = init.catalogue.entries.flatMap((client) => [...policiesOf(client), ...filesNamedFor(client)])
  const isFull = () => files.size > MAX_GATHERED
  const isOwn = (path: string) => !path.startsWith('./') && path.startsWith('~/') === folders.inHome
  // The person's own first: where the home itself lies above a project, a file of both is theirs.
  for (const fact of facts.filter(({ path }) => isOwn(path))) {
    if (isFull()) break
    const inPlugins = fact.scope === 'plugin' ? init.plugins?.patternsFor(fact.client, fact.path) : undefined
    for (const { pattern, plugin } of inPlugins ?? []) {
      if (isFull()) break
      const more = { plugin, ...workspaceOf(plugin) }
      add(await filesOfFact(components, init, fact, pattern, more))
    }
    if (inPlugins === undefined) add(await filesOfFact(components, init, fact, fact.path))
  }
  const ofProjects = new ProjectFacts(facts)
  for (const workspace of init.projects ?? []) {
    for (const fact of isFull() ? [] : await ofProjects.in(folders, workspace)) {
      add(await filesOfFact(components, init, fact, `${workspace}/${fact.path.slice(2)}`, { workspace }))
    }
  }
  return [...files.values()]
}

function filesNamedFor(client: CatalogueEntry): FileFact[] {
  return (client.files ?? []).map((fact) => ({ client, ...fact }))
}

function policiesOf(client: CatalogueEntry): FileFact[] {
  return (client.managedSettings ?? []).map(({ path }) => ({ client, path, kind: 'policy', scope: 'managed' }))
}

async function filesOfFact(
  components: AgentFilesComponents,
  init: AgentFilesInit,
  { client, kind, scope, key = [], packages }: FileFact,
  pattern: string,
  more: Pick<AgentFile, 'workspace' | 'plugin'> = {},
): Promise<AgentFile[]> {
  const found: AgentFile[] = []
  const { folders, configs, sources } = components
  const place = { client, scope, ...more }
  const onFault = (path: string, error: unknown) => sources.fault(SOURCE, path, error)
  const inSettings = { folders, configs, onFault }
  const { projects = [] } = init
  const home = init.owner?.home
  for (const path of await filesOf(folders, pattern, undefined, { tellLinks: true })) {
    if (kind === 'hook' && SETTINGS.test(path)) {
      found.push(...(await findHooks(inSettings, { ...place, path, key, home })))
    } else if (kind === 'plugin' && key.length > 0) {
      found.push(...(await findNamedPlugins(inSettings, { ...place, path, key, packages, home })))
    } else if (kind === 'skill' && key.length > 0) {
      found.push(...(await findNamedSkills(inSettings, { ...place, path, key, home, projects })))
    } else {
      const name = kind === 'plugin' && more.plugin !== undefined ? pluginName(more.plugin) : nameOf(path)
      found.push({ ...place, fileKind: kind, path, name, evidence: [`${kind} of ${client.name}`] })
    }
  }
  return found
}

/** A skill is called as its folder, a plugin as the folder around its manifest. */
function nameOf(path: string): string {
  const parts = path.split('/')
  const file = parts.pop() ?? ''
  if (file === 'SKILL.md' || file === 'gemini-extension.json') return parts.at(-1) ?? file
  if (file === 'plugin.json') return parts.at(-3) ?? file
  return file
}

/** Undefined for what is gone, or is no file: the latter is told. */
async function lookAt(
  components: AgentFilesComponents & { readonly writableByOthers: WritableByOthers },
  init: AgentFilesInit,
  file: AgentFile,
  maxBytes: number,
): Promise<AgentFileSighting | undefined> {
  const { stat, sources, writableByOthers } = components
  const { path, client, workspace, plugin } = file
  const user = init.owner?.user
  try {
    const found = await stat(path)
    if (found === undefined) return undefined
    const bytes = await contentOf(components, path, found, maxBytes)
    const text = bytes === undefined ? '' : new TextDecoder().decode(bytes)
    return {
      kind: 'agent-file',
      id: sightingId('agent-file', user?.id ?? 'system', client.id, path),
      name: boundedText(file.name, 256),
      catalogueId: client.id,
      vendor: client.vendor,
      ...(user === undefined ? {} : { user }),
      evidence: [...file.evidence, ...(plugin === undefined ? [] : [evidenceOf(plugin)])]
        .slice(0, MAX_EVIDENCE)
        .map((each) => boundedText(each, 512)),
      fileKind: file.fileKind,
      client: client.id,
      scope: file.scope,
      ...(workspace === undefined ? {} : { workspace: boundedText(workspace, 4096) }),
      ...(plugin === undefined ? {} : { enabled: plugin.enabled }),
      path: boundedText(path, 4096),
      owner: found.owner,
      sizeBytes: found.sizeBytes,
      ...(bytes === undefined ? {} : { sha256: hash('sha256', bytes, 'hex') }),
      invisibleUnicode: hasInvisibleText(text),
      ...(file.runsDownload === true || contentRunsDownload(file, text) ? { runsDownload: true } : {}),
      writableByOthers: await writableByOthers(path),
    }
  } catch (error) {
    sources.fault(SOURCE, path, error)
    return undefined
  }
}

function contentRunsDownload({ fileKind, path }: AgentFile, text: string): boolean {
  switch (fileKind) {
    case 'hook':
      return !SETTINGS.test(path) && scriptRunsDownload(path, text)
    case 'skill':
    case 'command':
      return markdownRunsDownload(text)
    default:
      return false
  }
}

/** Undefined, which is told, for what is too large or may not be read. */
async function contentOf(
  { readBytes, placeToRead, sources }: AgentFilesComponents,
  path: string,
  { kind, sizeBytes }: FileStat,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const place = placeToRead === undefined ? path : await placeToRead(path)
  if (place === undefined) {
    sources.fault(SOURCE, path, new SuretyError('FILE_UNREADABLE', 'others than root may change it: it is not opened'))
    return undefined
  }
  // Asked also where it is too large, so that what is no file is refused.
  if (sizeBytes <= maxBytes || kind !== 'file') return await readBytes(place, { maxBytes })
  sources.fault(SOURCE, path, tooMany(maxBytes, sizeBytes, 'bytes'))
  return undefined
}
