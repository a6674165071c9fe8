import { posix } from 'node:path'
import { asObject, textOf } from '../../base/json-object.ts'
import type { Folders } from '../files/folders.ts'
import { pathOfFileUri, plainPath, plainPathFrom } from '../files/plain-path.ts'
import { tooMany } from '../files/source-log.ts'
import { valuesAt } from '../formats/member-path.ts'
import type { PluginComponents } from '../plugins/plugin-components.ts'
import { isSecretName, toldName } from '../redaction/redact-name.ts'
import type { AgentFile } from './agent-file.ts'

export interface NamedPluginsPlace extends Pick<AgentFile, 'client' | 'scope' | 'workspace'> {
  /** The settings. */
  readonly path: string
  /** Of the list in it. */
  readonly key: readonly string[]
  /** Where the agent puts packages that it fetches. Absent: not known. */
  readonly packages?: string | undefined
  readonly home: string | undefined
}

const MAX_PLUGINS = 100
const INDEXES = ['package.json', 'index.ts', 'index.tsx', 'index.js', 'index.mjs', 'index.cjs'] as const

/**
 * Settings that name plugins, and what they name: packages, as far as the agent has fetched them, and files of the home or
 * the project. Names of packages are told with the settings, for it fetches them when it starts the next time.
 */
export async function findNamedPlugins(components: PluginComponents, place: NamedPluginsPlace): Promise<AgentFile[]> {
  const document = await components.configs.read(place.path)
  const [list] = document === undefined ? [] : valuesAt(document, place.key)
  const entries = (Array.isArray(list) ? list : []).flatMap(specOf)
  if (entries.length === 0) return []
  if (entries.length > MAX_PLUGINS) components.onFault(place.path, tooMany(MAX_PLUGINS, entries.length, 'plugins'))
  const { client, scope, workspace } = place
  const common = { client, scope, fileKind: 'plugin' as const, ...(workspace === undefined ? {} : { workspace }) }
  const found: AgentFile[] = []
  const names: string[] = []
  for (const spec of entries.slice(0, MAX_PLUGINS)) {
    const npm = packageOf(spec)
    if (npm !== undefined) names.push(`plugin ${shown(npm)}`)
    const path = await fileOf(components.folders, place, spec, npm)
    if (path === undefined) continue
    const name = toldName(npm?.name ?? posix.basename(path))
    found.push({ ...common, path, name, evidence: [`plugin of ${client.name}, named in its settings`] })
  }
  const evidence = [`settings of ${client.name} with ${entries.length} plugins`, ...names]
  return [{ ...common, path: place.path, name: posix.basename(place.path), evidence }, ...found]
}

/** A text, a text before options, or an object with the text; one with a dash switches others off. */
function specOf(entry: unknown): string[] {
  const spec: unknown = Array.isArray(entry) ? entry[0] : (textOf(asObject(entry), 'package') ?? entry)
  return typeof spec === 'string' && /^[^-]/.test(spec) && spec.length <= 2048 ? [spec] : []
}

interface NpmPackage {
  readonly name: string
  readonly version: string | undefined
}

const NPM_PACKAGE = /^((?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*)(?:@([^@]+))?$/i

/** Undefined for a file. */
function packageOf(spec: string): NpmPackage | undefined {
  const [, name, version] = NPM_PACKAGE.exec(spec) ?? []
  return name === undefined ? undefined : { name, version }
}

/** The version only where it reads like one: it may be an address, with a password in it. */
function shown({ name, version = '' }: NpmPackage): string {
  if (isSecretName(name)) return 'unnamed'
  return /^[0-9a-z.^~<>=*-]{1,32}$/.test(version) && !isSecretName(version) ? `${name}@${version}` : name
}

async function fileOf(
  folders: Folders,
  { path: settings, packages, home, workspace }: NamedPluginsPlace,
  spec: string,
  npm: NpmPackage | undefined,
): Promise<string | undefined> {
  if (npm !== undefined) {
    if (packages === undefined || home === undefined) return undefined
    const cache = packages.replace(/^~/, () => home)
    const path = plainPath(`${cache}/${npm.name}@${npm.version ?? 'latest'}/node_modules/${npm.name}/package.json`)
    return path?.startsWith(`${cache}/`) === true && (await isThere(folders, path)) ? path : undefined
  }
  const named = pathOf(spec, posix.dirname(settings))
  const path = named && folders.placeOf(named)
  const isInside = [home, workspace].some((folder) => folder !== undefined && path?.startsWith(`${folder}/`) === true)
  if (path === undefined || !isInside) return undefined
  if ((await folders.kindOf(path)) !== 'directory') return (await isThere(folders, path)) ? path : undefined
  for (const name of INDEXES) if (await isThere(folders, `${path}/${name}`)) return `${path}/${name}`
  return undefined
}

/** A link or an unreadable file counts as there: reading it later reports the fault. */
async function isThere(folders: Folders, path: string): Promise<boolean> {
  const kind = await folders.kindOf(path)
  return kind !== undefined && kind !== 'directory'
}

function pathOf(spec: string, beside: string): string | undefined {
  if (spec.startsWith('.')) return plainPathFrom(beside, spec)
  return plainPath(spec.startsWith('file:///') ? (pathOfFileUri(spec) ?? '') : spec)
}
