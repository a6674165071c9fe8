import { isAbsolutePath } from '../../base/absolute-path.ts'
import { codeOf, SuretyError } from '../../base/errors.ts'
import { arrayOf, asObject, type JsonObject, memberOf, objectOf, textOf } from '../../base/json-object.ts'
import type { ExtensionSighting } from '../../protocol/sighting.ts'
import { portableText } from '../../system/files/portable-text.ts'
import { tooMany } from '../files/source-log.ts'
import { readJsonFile } from '../formats/json-file.ts'
import { browserExtensionFacts, knownFirst, MAX_EXTENSIONS } from '../matching/ai-extensions.ts'
import { sightingId } from '../matching/sighting-id.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import { toldName } from '../redaction/redact-name.ts'
import { type ProfilePlace, profileName, readRemembered } from './browser.ts'
import type { BrowserComponents, BrowserInit } from './browser-components.ts'
import { type ProfileRoot, profileRoots } from './browser-places.ts'
import { texts } from './chromium-manifest.ts'
import { type Asked, rightsOf, splitPermissions } from './host-permissions.ts'
import { readMessagingHosts, registeredOf } from './messaging-hosts.ts'
import { parseProfilesIni } from './profiles-ini.ts'

const SOURCE = 'firefox-extensions'
const MAX_INI_BYTES = 256 * 1024
const MAX_EXTENSIONS_BYTES = 32 * 1024 * 1024
const MAX_GRANTED_BYTES = 8 * 1024 * 1024
const MAX_PROFILES = 200

/** The extensions of every profile of every Firefox-family browser in one home, from its `extensions.json`. */
export async function findFirefoxExtensions(
  components: BrowserComponents,
  init: BrowserInit,
): Promise<ExtensionSighting[]> {
  const found: ExtensionSighting[] = []
  const registered = registeredOf(components, SOURCE, init.registered, 'firefox')
  for (const root of await profileRoots(components.folders, init, 'firefox')) {
    const profiles = root.named ? [{ path: root.path, name: root.path }] : await profilesOf(components, root)
    if (profiles.length === 0) continue
    const hosts = await readMessagingHosts(components, SOURCE, {
      places: root.messagingHosts,
      manifests: registered,
    })
    for (const { path, name } of profiles) {
      const place = { product: root.product, path, name: profileName(init, root, path, name), hosts }
      found.push(...(await readRemembered(components, init, SOURCE, place, (inner) => readProfile(inner, init, place))))
    }
  }
  return found
}

interface Profile {
  readonly path: string
  readonly name: string
}

/** Those that `profiles.ini` lists (they may lie anywhere), and folders beside it that hold a profile all the same. */
async function profilesOf({ folders, sources }: BrowserComponents, { path: root }: ProfileRoot): Promise<Profile[]> {
  const entries = await folders.list(root)
  const profiles = new Map<string, string>()
  if (entries.some(({ name }) => name === 'profiles.ini')) {
    try {
      const text = await folders.files.readText(`${root}/profiles.ini`, { maxBytes: MAX_INI_BYTES })
      for (const { path, name, relative } of parseProfilesIni(text)) {
        const absolute = relative ? `${root}/${path}` : portableText(path)
        if (isAbsolutePath(absolute)) profiles.set(folders.placeOf(absolute), name ?? path)
      }
    } catch (error) {
      sources.fault(SOURCE, `${root}/profiles.ini`, error)
    }
  }
  for (const { name, kind } of entries) {
    const path = `${root}/${name}`
    if (kind !== 'directory' || profiles.has(path)) continue
    if ((await folders.list(path)).some((entry) => entry.name === 'extensions.json')) profiles.set(path, name)
  }
  if (profiles.size > MAX_PROFILES) sources.fault(SOURCE, root, tooMany(MAX_PROFILES, profiles.size, 'profiles'))
  return [...profiles].slice(0, MAX_PROFILES).map(([path, name]) => ({ path, name }))
}

async function readProfile(
  { folders, sources }: BrowserComponents,
  init: BrowserInit,
  profile: ProfilePlace,
): Promise<ExtensionSighting[]> {
  const path = `${profile.path}/extensions.json`
  const document = await readExtensions(folders.files, path)
  if (document === undefined) return []
  const granted = await readGranted({ folders, sources }, profile)
  const addons = arrayOf(document, 'addons').map(asObject)
  const extensions = new Map(
    addons.flatMap((addon) => {
      const id = textOf(addon, 'id')
      return textOf(addon, 'type') === 'extension' && id !== undefined && id !== '' ? [[id.slice(0, 256), addon]] : []
    }),
  )
  if (extensions.size > MAX_EXTENSIONS)
    sources.fault(SOURCE, path, tooMany(MAX_EXTENSIONS, extensions.size, 'extensions'))
  return knownFirst(extensions.keys(), init.known.firefox)
    .slice(0, MAX_EXTENSIONS)
    .map((id) => sightingOf(init, profile, id, { addon: extensions.get(id) ?? {}, granted: objectOf(granted, id) }))
}

/** What was optional and is granted, by id; see ExtensionPermissions in Firefox. */
async function readGranted(
  { folders, sources }: Pick<BrowserComponents, 'folders' | 'sources'>,
  profile: ProfilePlace,
): Promise<JsonObject> {
  const path = `${profile.path}/extension-preferences.json`
  try {
    return await readJsonFile(folders.files, path, MAX_GRANTED_BYTES)
  } catch (error) {
    sources.fault(SOURCE, path, error)
    return {}
  }
}

/** A profile that was never opened has none; one that has the wrong shape must not look empty. */
async function readExtensions(
  files: BrowserComponents['folders']['files'],
  path: string,
): Promise<JsonObject | undefined> {
  try {
    const document = await readJsonFile(files, path, MAX_EXTENSIONS_BYTES)
    if (Array.isArray(memberOf(document, 'addons'))) return document
    throw new SuretyError('INPUT_MALFORMED', `${JSON.stringify(path)} has no list of addons`)
  } catch (error) {
    if (codeOf(error) === 'FILE_ABSENT') return undefined
    throw error
  }
}

function sightingOf(
  init: BrowserInit,
  profile: ProfilePlace,
  id: string,
  { addon, granted }: { readonly addon: JsonObject; readonly granted: JsonObject },
): ExtensionSighting {
  const entry = init.known.firefox.get(id)
  const version = textOf(addon, 'version')
  const asked = [objectOf(addon, 'userPermissions'), objectOf(addon, 'requestedPermissions'), granted].map(askedIn)
  const rights = rightsOf(splitPermissions(...asked), profile.hosts.get(id))
  const installSource = installSourceOf(addon)
  const path = textOf(addon, 'path')
  const name = textOf(objectOf(addon, 'defaultLocale'), 'name')
  return {
    kind: 'extension',
    id: sightingId('extension', 'firefox', init.user.id, profile.path, id),
    name: name === undefined || name === '' ? (entry?.name ?? toldName(id)) : boundedText(name, 256),
    ...(version === undefined ? {} : { version: boundedText(version, 64) }),
    user: init.user,
    host: 'firefox',
    product: profile.product,
    profile: profile.name,
    extensionId: toldName(id),
    enabled: enabledOf(addon),
    installSource,
    ...rights,
    ...browserExtensionFacts(init.known, entry, toldName(id), rights),
    ...(path !== undefined && (installSource === 'unpacked' || installSource === 'sideloaded')
      ? { path: path.slice(0, 4096) }
      : {}),
  }
}

/** Sites that its owner may take back (version 3) are among what it requested alone. See ExtensionData in Firefox. */
function askedIn(asked: JsonObject): Asked {
  return {
    // Notes of the browser itself are no permissions.
    permissions: texts(arrayOf(asked, 'permissions'), 256).filter((name) => !name.startsWith('internal:')),
    hosts: texts(arrayOf(asked, 'origins'), 512),
    contentScripts: [],
  }
}

function enabledOf(addon: JsonObject): ExtensionSighting['enabled'] {
  const active = memberOf(addon, 'active')
  if (typeof active === 'boolean') return active
  const disabled = memberOf(addon, 'userDisabled')
  return typeof disabled === 'boolean' ? !disabled : 'unknown'
}

/** `location` names the place it was installed in, `installTelemetryInfo.source` who did it. See XPIDatabase and XPIProvider. */
function installSourceOf(addon: JsonObject): ExtensionSighting['installSource'] {
  const location = textOf(addon, 'location') ?? ''
  const source = textOf(objectOf(addon, 'installTelemetryInfo'), 'source')
  if (location.startsWith('app-builtin') || location.startsWith('app-system-') || location === 'app-global')
    return systemSource(location)
  if (location === 'app-temporary') return 'unpacked'
  if (source === 'enterprise-policy') return 'policy'
  if (memberOf(addon, 'foreignInstall') === true) return 'sideloaded'
  if (source === 'amo' || source === 'disco' || source === 'about:addons' || isMozilla(textOf(addon, 'sourceURI')))
    return 'store'
  return location === 'app-profile' && source !== undefined ? 'sideloaded' : 'unknown'
}

/** Folders of the system that an administrator or a package may fill; the others are the browser's own. */
function systemSource(location: string): ExtensionSighting['installSource'] {
  const shared = ['app-system-share', 'app-system-local', 'app-system-user', 'app-global']
  return shared.includes(location) ? 'sideloaded' : 'bundled'
}

function isMozilla(sourceUri: string | undefined): boolean {
  if (sourceUri === undefined || !URL.canParse(sourceUri)) return false
  const { hostname } = new URL(sourceUri)
  return hostname === 'addons.mozilla.org' || hostname === 'addons.cdn.mozilla.net'
}
