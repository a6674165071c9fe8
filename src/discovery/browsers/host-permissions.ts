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
 * Splits what a manifest asks for. Content scripts read the sites they run in, so their patterns count for `broadHosts`.
 * Breadth is judged on everything, before the lists are cut to what a sighting holds.
 */
export function splitPermissions(
  asked: readonly string[],
  hosts: readonly string[],
  contentScripts: readonly string[],
): Permissions {
  const hostPermissions = [...new Set([...hosts, ...asked.filter(isHostPattern)])]
  const permissions = [...new Set(asked.filter((each) => !isHostPattern(each)))]
  return {
    permissions: permissions.slice(0, MAX_LISTED),
    hostPermissions: [...hostPermissions.filter(isBroad), ...hostPermissions.filter((each) => !isBroad(each))].slice(
      0,
      MAX_LISTED,
    ),
    broadHosts: [...hostPermissions, ...contentScripts].some(isBroad),
  }
}
