import { isAbsolutePath } from '../../base/absolute-path.ts'
import { arrayOf, textOf } from '../../base/json-object.ts'
import type { RegisteredHost, RegisteredHosts } from '../../system/facts/messaging-hosts.ts'
import { portableText } from '../../system/files/portable-text.ts'
import { tooMany } from '../files/source-log.ts'
import { readCommentedJson } from '../formats/json-file.ts'
import type { BrowserComponents } from './browser-components.ts'

/** Names of programs that an extension may speak to, by its id. */
export type MessagingHosts = ReadonlyMap<string, readonly string[]>

const MAX_MANIFEST_BYTES = 256 * 1024
const MAX_MANIFESTS = 200
/** Extensions of one manifest. */
const MAX_ALLOWED = 500
/** So many names of one extension are told. */
const MAX_NAMES = 16
/** As Chromium and Firefox demand it, with room for capitals, which Firefox allows. */
const NAME = /^(?=.{1,256}$)\w+(\.\w+)*$/
const ORIGIN = /^chrome-extension:\/\/([a-p]{32})\/$/

/**
 * Reads the manifests of native messaging hosts: `allowed_origins` of the Chromium family, `allowed_extensions` of
 * Firefox's. Which program it is, and where, stays here. A folder that comes first hides the same name in later ones.
 *
 * See developer.chrome.com and developer.mozilla.org, "Native messaging".
 */
export async function readMessagingHosts(
  { folders, sources }: Pick<BrowserComponents, 'folders' | 'sources'>,
  source: string,
  { places, manifests = [] }: MessagingHostPlaces,
): Promise<MessagingHosts> {
  const byName = new Map<string, readonly string[]>()
  const readManifest = async ({ name: expected, path }: NamedManifest) => {
    try {
      const manifest = await readCommentedJson(folders.files, path, MAX_MANIFEST_BYTES)
      const name = textOf(manifest, 'name')
      if (name === undefined || !NAME.test(name) || name !== expected || byName.has(name)) return
      const allowed = [
        ...arrayOf(manifest, 'allowed_origins').flatMap(idOf),
        ...arrayOf(manifest, 'allowed_extensions').filter(isText),
      ]
      if (allowed.length > MAX_ALLOWED) sources.fault(source, path, tooMany(MAX_ALLOWED, allowed.length, 'extensions'))
      byName.set(name, allowed.slice(0, MAX_ALLOWED))
    } catch (error) {
      sources.fault(source, path, error)
    }
  }
  for (const place of places) {
    const files = (await folders.list(place)).filter(({ name, kind }) => kind !== 'directory' && name.endsWith('.json'))
    if (files.length > MAX_MANIFESTS) sources.fault(source, place, tooMany(MAX_MANIFESTS, files.length, 'manifests'))
    for (const { name: file } of files.slice(0, MAX_MANIFESTS)) {
      await readManifest({ name: file.slice(0, -'.json'.length), path: `${place}/${file}` })
    }
  }
  for (const manifest of manifests) await readManifest(manifest)
  return byExtension(byName)
}

export interface MessagingHostPlaces {
  /** Folders of manifests. */
  readonly places: readonly string[]
  /** Manifests that lie anywhere. The first of a name counts. */
  readonly manifests?: readonly NamedManifest[]
}

interface NamedManifest {
  /** It must have this name. */
  readonly name: string
  readonly path: string
}

/** The manifests that the registry of Windows names for one family of browsers. What it did not say is reported. */
export function registeredOf(
  { folders, sources }: Pick<BrowserComponents, 'folders' | 'sources'>,
  source: string,
  registered: RegisteredHosts | undefined,
  family: RegisteredHost['family'],
): readonly NamedManifest[] {
  for (const { key, error } of registered?.failures.filter((one) => one.family === family) ?? []) {
    sources.fault(source, key, error)
  }
  return (registered?.hosts ?? []).flatMap((host) => {
    const path = portableText(host.path)
    if (host.family !== family || !isAbsolutePath(path)) return []
    return { name: host.name, path: folders.placeOf(path) }
  })
}

function byExtension(byName: ReadonlyMap<string, readonly string[]>): MessagingHosts {
  const names = new Map<string, string[]>()
  for (const name of [...byName.keys()].sort()) {
    for (const id of new Set(byName.get(name))) names.set(id, [...(names.get(id) ?? []), name].slice(0, MAX_NAMES))
  }
  return names
}

function idOf(origin: unknown): string[] {
  const id = isText(origin) ? ORIGIN.exec(origin)?.[1] : undefined
  return id === undefined ? [] : [id]
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
