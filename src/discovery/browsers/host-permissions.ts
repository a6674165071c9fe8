/** Match patterns of extensions: which of them reach every site. */

const MAX_LISTED = 128

/** Is this a match pattern (`https://*.example.com/*`, `<all_urls>`) and not the name of an API? */
function isHostPattern(permission: string): boolean {
  return permission === '<all_urls>' || permission.includes('://')
}

/**
 * Does the pattern cover every site, or every site of a top-level domain? As Chromium warns of "all sites".
 * See developer.chrome.com, "Match patterns".
 */
export function isBroad(pattern: string): boolean {
  if (pattern === '<all_urls>') return true
  const host = /^(?:\*|https?|wss?):\/\/([^/]*)(?:\/|$)/.exec(pattern)?.[1]?.replace(/:(\d+|\*)$/, '')
  if (host === undefined) return false
  return host === '*' || host === '' || (host.startsWith('*.') && !host.slice(2).includes('.'))
}

export interface Permissions {
  readonly permissions: readonly string[]
  readonly hostPermissions: readonly string[]
  readonly broadHosts: boolean
}

/**
 * What is told of rights: `debugger` is the one to drive the browser, and who may not use `nativeMessaging` speaks to no
 * program, whatever a manifest on the device allows.
 *
 * @param whole nothing is missing: what is not among them it may not do.
 */
export function rightsOf(
  { permissions, hostPermissions, broadHosts }: Permissions,
  hosts: readonly string[] = [],
  whole = true,
) {
  const drives = permissions.includes('debugger')
  const names = permissions.includes('nativeMessaging') ? hosts : []
  return {
    permissions: [...permissions],
    hostPermissions: [...hostPermissions],
    broadHosts,
    ...(whole || drives ? { debugger: drives } : {}),
    ...(names.length === 0 ? {} : { nativeMessagingHosts: [...names] }),
  }
}

/** What a manifest asks for, or a browser has granted. */
export interface Asked {
  /** Names of APIs; before version 3 match patterns too. */
  readonly permissions: readonly string[]
  readonly hosts: readonly string[]
  /** Patterns of sites that its scripts run in: there they read everything. */
  readonly contentScripts: readonly string[]
}

/** Told in any case: the rights that reach furthest. */
const FAR_REACHING = ['debugger', 'nativeMessaging']

/** Breadth is judged on everything, before the lists are cut to what a sighting holds. */
export function splitPermissions(...asked: readonly Asked[]): Permissions {
  const names = new Set(asked.flatMap(({ permissions }) => permissions))
  const hosts = new Set([...asked.flatMap((each) => each.hosts), ...[...names].filter(isHostPattern)])
  const permissions = [...names].filter((each) => !isHostPattern(each))
  const isFar = (name: string) => FAR_REACHING.includes(name)
  return {
    permissions: permissions.length > MAX_LISTED ? firstOf(permissions, isFar) : permissions,
    hostPermissions: firstOf([...hosts], isBroad),
    broadHosts: [...hosts, ...asked.flatMap(({ contentScripts }) => contentScripts)].some(isBroad),
  }
}

function firstOf(all: readonly string[], isFirst: (one: string) => boolean): string[] {
  return [...all.filter(isFirst), ...all.filter((each) => !isFirst(each))].slice(0, MAX_LISTED)
}
