import { arrayOf, asObject, type JsonObject, memberOf, objectOf, textOf } from '../../base/json-object.ts'
import type { ExtensionSighting } from '../../protocol/sighting.ts'
import { texts } from './chromium-manifest.ts'
import type { Asked } from './host-permissions.ts'

/** What the browser's own records say of one extension. */
export interface ChromiumRecord {
  readonly location: number | undefined
  /** Absolute for what lies outside the profile, else relative to `Extensions`. */
  readonly path: string | undefined
  readonly enabled: boolean
  readonly fromStore: boolean
  /** Removed by its owner, kept as a reminder not to install it again. */
  readonly uninstalled: boolean
  readonly manifest: JsonObject | undefined
  /** What it may do now, which is more than its manifest asks for where its owner has granted what was optional. */
  readonly active: Asked
}

/** mojom::ManifestLocation in Chromium. */
const LOCATION = {
  internal: 1,
  externalPref: 2,
  externalRegistry: 3,
  unpacked: 4,
  component: 5,
  externalPrefDownload: 6,
  externalPolicyDownload: 7,
  commandLine: 8,
  externalPolicy: 9,
  externalComponent: 10,
} as const

const ID = /^[a-p]{32}$/
const API = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/

/**
 * Joins the records of `Preferences` and `Secure Preferences`: fields of one extension are spread over both, the protected
 * ones count. @param documents their members `extensions`, in rising order of trust.
 */
export function extensionRecords(documents: readonly JsonObject[]): Map<string, ChromiumRecord> {
  const merged = new Map<string, JsonObject[]>()
  for (const document of documents) {
    for (const key of ['settings', 'opsettings']) {
      for (const [id, value] of Object.entries(objectOf(document, key))) {
        if (ID.test(id)) merged.set(id, [...(merged.get(id) ?? []), asObject(value)])
      }
    }
  }
  return new Map([...merged].map(([id, parts]) => [id, recordOf(parts)]))
}

function recordOf(parts: readonly JsonObject[]): ChromiumRecord {
  const last = (name: string): unknown =>
    parts.map((part) => memberOf(part, name)).findLast((value) => value !== undefined)
  const location = last('location')
  const path = parts.map((part) => textOf(part, 'path')).findLast((value) => value !== undefined)
  const manifest = last('manifest')
  const state = last('state')
  return {
    location: typeof location === 'number' ? location : undefined,
    path,
    enabled: state !== 0 && !isDisabledFor(last('disable_reasons')),
    fromStore: last('from_webstore') === true,
    uninstalled: state === 2,
    manifest: manifest === undefined ? undefined : asObject(manifest),
    active: activeOf(asObject(last('active_permissions'))),
  }
}

/** The scripts of its manifest count as that says; the browser adds its own pages to both lists. */
function activeOf(active: JsonObject): Asked {
  return {
    permissions: texts(arrayOf(active, 'api'), 256).filter((name) => API.test(name)),
    hosts: texts(arrayOf(active, 'explicit_host'), 512).filter((host) => !host.startsWith('chrome://')),
    contentScripts: texts(arrayOf(active, 'scriptable_host'), 512),
  }
}

/** A list of reasons today, a bit mask before. */
function isDisabledFor(reasons: unknown): boolean {
  return Array.isArray(reasons) ? reasons.length > 0 : typeof reasons === 'number' && reasons !== 0
}

const STORES: readonly string[] = [
  'clients2.google.com',
  'edge.microsoft.com',
  'extension-updates.opera.com',
  'api.vivaldi.com',
  'extensionupdater.brave.com',
]

export function installSourceOf(
  record: Pick<ChromiumRecord, 'location' | 'fromStore'> | undefined,
  updateUrl: string | undefined,
): ExtensionSighting['installSource'] {
  switch (record?.location) {
    case LOCATION.unpacked:
    case LOCATION.commandLine:
      return 'unpacked'
    case LOCATION.component:
    case LOCATION.externalComponent:
      return 'bundled'
    case LOCATION.externalPolicy:
    case LOCATION.externalPolicyDownload:
      return 'policy'
    case LOCATION.externalPref:
    case LOCATION.externalRegistry:
    case LOCATION.externalPrefDownload:
      return 'sideloaded'
    case LOCATION.internal:
      return record.fromStore || isStore(updateUrl) ? 'store' : 'sideloaded'
    default:
      return 'unknown'
  }
}

function isStore(updateUrl: string | undefined): boolean {
  if (updateUrl === undefined || !URL.canParse(updateUrl)) return false
  return STORES.includes(new URL(updateUrl).hostname)
}
