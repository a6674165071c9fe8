import { codeOf, SuretyError } from '../../base/errors.ts'
import { parseJson } from '../../base/json.ts'
import { asObject, memberOf, objectOf, textOf } from '../../base/json-object.ts'
import type { ExtensionSighting } from '../../protocol/sighting.ts'
import { plainPath } from '../files/plain-path.ts'
import { tooMany } from '../files/source-log.ts'
import { type VscodeProduct, vscodeProducts } from '../files/vscode-products.ts'
import { catalogueFacts, knownFirst, MAX_EXTENSIONS } from '../matching/ai-extensions.ts'
import { sightingId } from '../matching/sighting-id.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import { toldName } from '../redaction/redact-name.ts'
import type { EditorComponents, EditorInit } from './editor.ts'
import { type ExtensionManifest, readExtensionManifest } from './vscode-manifest.ts'
import { type VscodeProfile, vscodeProfiles } from './vscode-profiles.ts'
import type { VscodeWorkspace } from './vscode-workspaces.ts'

const SOURCE = 'editor-extensions'
const MAX_LIST_BYTES = 16 * 1024 * 1024
/**
 * Of the store `[a-z0-9-]` on both sides; what is installed from a file or a folder may be called otherwise. One that names no
 * publisher VS Code calls `undefined_publisher.NAME`.
 */
const ID = /^[a-z0-9_][a-z0-9_-]{0,126}\.[a-z0-9_][a-z0-9._-]{0,126}$/

/** Extensions of every editor of the VS Code family in one home: its profiles, its servers, what is switched off. */
export async function findVscodeExtensions(
  components: EditorComponents,
  init: EditorInit,
): Promise<ExtensionSighting[]> {
  const found: ExtensionSighting[] = []
  for (const product of vscodeProducts(init.layout)) {
    for (const list of await listsOf(components, init, product)) {
      const read = () => readList(components, init, { ...list, product: product.product })
      found.push(...(await components.sources.read(SOURCE, list.path, read)))
    }
  }
  return found
}

/** One `extensions.json`: what a profile has switched on out of the files that lie in `folder`. */
interface ExtensionList {
  readonly path: string
  readonly folder: string
  readonly profile: VscodeProfile
}

/** The default profile's list lies beside the files, those of named profiles with their settings. */
async function listsOf(
  components: EditorComponents,
  init: EditorInit,
  product: VscodeProduct,
): Promise<ExtensionList[]> {
  const lists: ExtensionList[] = []
  for (const { extensions, data, shared } of product.folders) {
    const folder = `${init.home}/${extensions}`
    const userData = { path: `${init.home}/${data}/User` }
    if (shared === true && (await components.folders.kindOf(userData.path)) !== 'directory') continue
    const profiles = await vscodeProfiles(components, SOURCE, userData)
    for (const profile of profiles) {
      const path = profile.path === undefined ? `${folder}/extensions.json` : `${profile.path}/extensions.json`
      const parent = path.slice(0, path.lastIndexOf('/'))
      const there = (await components.folders.list(parent)).some(({ name }) => name === 'extensions.json')
      if (there) lists.push({ path, folder, profile })
    }
  }
  return lists
}

interface Place extends ExtensionList {
  readonly product: string
}

async function readList(components: EditorComponents, init: EditorInit, place: Place): Promise<ExtensionSighting[]> {
  const text = await components.folders.files.readText(place.path, { maxBytes: MAX_LIST_BYTES })
  const list = parseJson(text, { maxBytes: MAX_LIST_BYTES, maxDepth: 100 })
  if (!Array.isArray(list)) throw new SuretyError('INPUT_MALFORMED', 'not a list of extensions')
  const named = list.map(asObject).flatMap((entry) => {
    const id = textOf(objectOf(entry, 'identifier'), 'id')?.toLowerCase()
    return id !== undefined && ID.test(id) ? [[id, entry] as const] : []
  })
  if (named.length < list.length) {
    const reason = `${list.length - named.length} of ${list.length} entries name no extension and were passed over`
    components.sources.fault(SOURCE, place.path, new SuretyError('INPUT_MALFORMED', reason))
  }
  const entries = new Map(named)
  if (entries.size > MAX_EXTENSIONS) {
    components.sources.fault(SOURCE, place.path, tooMany(MAX_EXTENSIONS, entries.size, 'extensions'))
  }
  const found: ExtensionSighting[] = []
  for (const id of knownFirst(entries.keys(), init.known.vscode).slice(0, MAX_EXTENSIONS)) {
    found.push(await sightingOf(components, init, place, id, entries.get(id) ?? {}))
  }
  return found
}

async function sightingOf(
  components: EditorComponents,
  init: EditorInit,
  place: Place,
  id: string,
  entry: ReturnType<typeof asObject>,
): Promise<ExtensionSighting> {
  const folder = components.folders.placeOf(extensionFolder(place, entry))
  const manifest = await manifestOf(components, folder)
  const known = init.known.vscode.get(id)
  const version = textOf(entry, 'version') ?? manifest?.version
  const facts = catalogueFacts(known, id)
  const installSource = installSourceOf(entry)
  return {
    kind: 'extension',
    id: sightingId('extension', 'vscode', init.user.id, place.path, id),
    name: manifest?.name ?? known?.name ?? toldName(id),
    ...(version === undefined ? {} : { version: boundedText(version, 64) }),
    user: init.user,
    host: 'vscode',
    product: place.product,
    profile: place.profile.name,
    extensionId: toldName(id),
    ...switchesOf(place.profile, id),
    installSource,
    permissions: [...(manifest?.contributes ?? [])],
    hostPermissions: [],
    broadHosts: false,
    ...facts,
    ai: facts.ai || (manifest?.aiReasons.length ?? 0) > 0,
    evidence: [...facts.evidence, ...(manifest?.aiReasons ?? [])],
    ...(installSource === 'unpacked' || installSource === 'sideloaded' ? { path: folder.slice(0, 4096) } : {}),
  }
}

const MAX_EXCEPTIONS = 16

/** On or off in the profile, and in which folders the other way round. */
function switchesOf({ disabled, workspaces }: VscodeProfile, id: string) {
  const enabled = disabled === undefined ? ('unknown' as const) : !disabled.has(id)
  const on = enabled === true ? [] : workspaces.filter((each) => each.enabled.has(id))
  const off = enabled === false ? [] : workspaces.filter((each) => each.disabled.has(id) && !each.enabled.has(id))
  const paths = (each: readonly VscodeWorkspace[]) =>
    each.slice(0, MAX_EXCEPTIONS).map(({ path }) => boundedText(path, 4096))
  return {
    enabled,
    ...(on.length === 0 ? {} : { enabledIn: paths(on) }),
    ...(off.length === 0 ? {} : { disabledIn: paths(off) }),
  }
}

/** `relativeLocation` is a name in the folder; an absolute one is from a development or an old version. */
function extensionFolder(place: Place, entry: ReturnType<typeof asObject>): string {
  const relative = textOf(entry, 'relativeLocation')
  if (relative !== undefined && /^[^/\0]{1,255}$/.test(relative) && relative !== '..')
    return `${place.folder}/${relative}`
  const path = textOf(objectOf(entry, 'location'), 'path')
  // Of a URI: on Windows a slash is before the drive.
  return plainPath(path?.replace(/^\/(?=[A-Za-z]:\/)/, '') ?? '') ?? place.folder
}

async function manifestOf(
  { folders, sources }: EditorComponents,
  folder: string,
): Promise<ExtensionManifest | undefined> {
  try {
    return await readExtensionManifest(folders.files, folder)
  } catch (error) {
    if (codeOf(error) !== 'FILE_ABSENT') sources.fault(SOURCE, `${folder}/package.json`, error)
    return undefined
  }
}

function installSourceOf(entry: ReturnType<typeof asObject>): ExtensionSighting['installSource'] {
  const metadata = objectOf(entry, 'metadata')
  if (memberOf(metadata, 'isBuiltin') === true) return 'bundled'
  switch (textOf(metadata, 'source')) {
    case 'gallery':
      return 'store'
    case 'vsix':
      return 'sideloaded'
    case 'resource':
      return 'unpacked'
    default:
      // Before 2023 only what came from the store had a publisher's id.
      return textOf(metadata, 'publisherId') === undefined ? 'unknown' : 'store'
  }
}
