import { isAbsolutePath } from '../../base/absolute-path.ts'
import { codeOf } from '../../base/errors.ts'
import type { JsonObject } from '../../base/json-object.ts'
import type { ExtensionSighting } from '../../protocol/sighting.ts'
import type { DirectoryEntry } from '../../system/files/files.ts'
import { portableText } from '../../system/files/portable-text.ts'
import type { Looked } from '../files/home-memory.ts'
import { isLink, tooMany } from '../files/source-log.ts'
import { readJsonMember } from '../formats/json-file.ts'
import { compareVersions } from '../installed/programs.ts'
import { browserExtensionFacts, knownFirst, MAX_EXTENSIONS } from '../matching/ai-extensions.ts'
import { sightingId } from '../matching/sighting-id.ts'
import { type ProfilePlace, profileName, readRemembered } from './browser.ts'
import type { BrowserComponents, BrowserInit } from './browser-components.ts'
import { type ProfileRoot, profileRoots } from './browser-places.ts'
import { type Manifest, manifestFacts, readManifest } from './chromium-manifest.ts'
import { type ChromiumRecord, extensionRecords, installSourceOf } from './chromium-preferences.ts'
import { rightsOf, splitPermissions } from './host-permissions.ts'
import { readMessagingHosts, registeredOf } from './messaging-hosts.ts'

const SOURCE = 'chromium-extensions'
const MAX_PREFERENCES_BYTES = 48 * 1024 * 1024
const MAX_PROFILES = 200
const PREFERENCES = ['Preferences', 'Secure Preferences'] as const
const ID = /^[a-p]{32}$/

/** The extensions of every profile of every Chromium-family browser in one home, whether the browser runs or not. */
export async function findChromiumExtensions(
  components: BrowserComponents,
  init: BrowserInit,
): Promise<ExtensionSighting[]> {
  const found: ExtensionSighting[] = []
  const registered = registeredOf(components, SOURCE, init.registered, 'chromium')
  for (const root of await profileRoots(components.folders, init, 'chromium')) {
    const profiles = await profilesOf(components, init, root)
    if (profiles.length === 0) continue
    const hosts = await readMessagingHosts(components, SOURCE, {
      places: root.messagingHosts,
      manifests: registered,
    })
    for (const path of profiles.slice(0, MAX_PROFILES)) {
      const name = profileName(init, root, path, path.slice(path.lastIndexOf('/') + 1))
      const place = { product: root.product, path, name, hosts }
      found.push(...(await readRemembered(components, init, SOURCE, place, (inner) => readProfile(inner, init, place))))
    }
    if (profiles.length > MAX_PROFILES) {
      components.sources.fault(SOURCE, root.path, tooMany(MAX_PROFILES, profiles.length, 'profiles'))
    }
  }
  return found
}

/** The folder itself is a profile for Opera, for others each folder in it that holds preferences or extensions. */
async function profilesOf(
  { folders, looked }: BrowserComponents,
  { user }: BrowserInit,
  { path: root, named }: ProfileRoot,
): Promise<string[]> {
  const entries = await folders.list(root)
  const profiles = isProfile(entries) ? [root] : []
  for (const { name, kind } of entries) {
    if (kind !== 'directory' || name === 'Extensions') continue
    const path = `${root}/${name}`
    if (named && (await isOthersAlone(looked.files, path, user.id))) continue
    if (isProfile(await folders.list(path))) profiles.push(path)
  }
  return profiles
}

/** A process may name a shared folder. A folder that only another user can open is not a profile of this user. */
async function isOthersAlone(files: Looked['files'], path: string, userId: string): Promise<boolean> {
  // A folder that cannot be read is reported when it is listed.
  const stat = await files.stat(path).catch(() => undefined)
  return stat !== undefined && stat.owner !== userId && (stat.mode & 0o055) === 0
}

function isProfile(entries: readonly DirectoryEntry[]): boolean {
  return entries.some(
    ({ name, kind }) =>
      (name === 'Extensions' && kind === 'directory') || name === 'Preferences' || name === 'Secure Preferences',
  )
}

async function readProfile(
  components: BrowserComponents,
  init: BrowserInit,
  place: ProfilePlace,
): Promise<ExtensionSighting[]> {
  const { folders, sources } = components
  const profile = place.path
  const records = extensionRecords(await readPreferences(components, profile))
  const inFolders = (await folders.list(`${profile}/Extensions`)).filter(({ name }) => ID.test(name))
  for (const { name } of inFolders.filter(({ kind }) => kind === 'link')) {
    sources.fault(SOURCE, `${profile}/Extensions/${name}`, isLink(`${profile}/Extensions/${name}`))
  }
  const ownIds = inFolders.filter(({ kind }) => kind === 'directory').map(({ name }) => name)
  const ids = knownFirst(new Set([...ownIds, ...records.keys()]), init.known.chromium)
  const found: ExtensionSighting[] = []
  for (const id of ids.slice(0, MAX_EXTENSIONS)) {
    const sighting = await readExtension(components, init, { ...place, id, record: records.get(id) })
    if (sighting !== undefined) found.push(sighting)
  }
  if (ids.length > MAX_EXTENSIONS) {
    sources.fault(SOURCE, `${profile}/Extensions`, tooMany(MAX_EXTENSIONS, ids.length, 'extensions'))
  }
  return found
}

/** A file that cannot be read is told, and the profile is enumerated from what is left. */
async function readPreferences({ folders, sources }: BrowserComponents, profile: string): Promise<JsonObject[]> {
  const documents: JsonObject[] = []
  for (const name of PREFERENCES) {
    const path = `${profile}/${name}`
    try {
      documents.push(await readJsonMember(folders.files, path, 'extensions', MAX_PREFERENCES_BYTES))
    } catch (error) {
      sources.fault(SOURCE, path, error)
    }
  }
  return documents
}

interface Place extends ProfilePlace {
  readonly id: string
  readonly record: ChromiumRecord | undefined
}

async function readExtension(
  components: BrowserComponents,
  init: BrowserInit,
  place: Place,
): Promise<ExtensionSighting | undefined> {
  const { id, record, path: profile, product } = place
  const recorded = recordedFolder(components, place)
  let read = await manifestAt(components, recorded)
  const folder =
    read !== undefined || recorded?.startsWith(`${profile}/`) === false
      ? recorded
      : await newestFolder(components, place)
  if (folder !== recorded) read = await manifestAt(components, folder)
  if (folder === undefined && (record === undefined || record.uninstalled)) return undefined
  const manifest = read === undefined || read === 'faulty' ? record?.manifest && manifestFacts(record.manifest) : read
  if (manifest?.theme === true) return undefined
  // Of an extension that left nothing but a reminder in the preferences there is nothing to tell.
  if (manifest === undefined && folder === undefined && record?.location === undefined) return undefined
  const entry = init.known.chromium.get(id)
  const outside =
    record?.path !== undefined && isAbsolutePath(portableText(record.path))
      ? components.folders.placeOf(portableText(record.path))
      : undefined
  const hosts = place.hosts.get(id)
  const asked = [manifest?.asks, record?.active].filter((each) => each !== undefined)
  const rights = rightsOf(splitPermissions(...asked), hosts, manifest !== undefined)
  return {
    kind: 'extension',
    id: sightingId('extension', 'chromium', init.user.id, profile, id),
    name: manifest?.name ?? entry?.name ?? id,
    ...(manifest?.version === undefined ? {} : { version: manifest.version }),
    user: init.user,
    host: 'chromium',
    product,
    profile: place.name,
    extensionId: id,
    enabled: record?.enabled ?? 'unknown',
    installSource: installSourceOf(record, manifest?.updateUrl),
    ...rights,
    ...browserExtensionFacts(init.known, entry, id, rights),
    ...(outside === undefined ? {} : { path: outside.slice(0, 4096) }),
  }
}

/** Where its files are, as the record says; mostly it is right, and no folder need be looked through. */
function recordedFolder({ folders }: BrowserComponents, { id, path: profile, record }: Place): string | undefined {
  const path = record?.path === undefined ? undefined : portableText(record.path).replaceAll('\\', '/')
  if (path !== undefined && isAbsolutePath(path)) return folders.placeOf(path)
  return path !== undefined && /^[^/]+\/[^/]+$/.test(path) && path.startsWith(`${id}/`) && !path.endsWith('/..')
    ? `${profile}/Extensions/${path}`
    : undefined
}

/** The newest version in the profile. */
async function newestFolder({ folders }: BrowserComponents, { id, path: profile }: Place): Promise<string | undefined> {
  const version = (await folders.list(`${profile}/Extensions/${id}`))
    .filter(({ kind, name }) => kind === 'directory' && name !== 'Temp')
    .map(({ name }) => name)
    .sort(compareVersions)
    .at(-1)
  return version === undefined ? undefined : `${profile}/Extensions/${id}/${version}`
}

/** Undefined when there is no such file: what the browser brings along lies in its own archive. A faulty one is told. */
async function manifestAt(
  { folders, sources }: BrowserComponents,
  folder: string | undefined,
): Promise<Manifest | 'faulty' | undefined> {
  if (folder === undefined) return undefined
  try {
    return await readManifest(folders.files, folder)
  } catch (error) {
    if (codeOf(error) === 'FILE_ABSENT') return undefined
    sources.fault(SOURCE, `${folder}/manifest.json`, error)
    return 'faulty'
  }
}
