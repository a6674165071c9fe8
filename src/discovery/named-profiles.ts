import { posix } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { SOURCES } from '../protocol/looked-for.ts'
import type { SourceReport } from '../protocol/sighting.ts'
import type { ProcessDetails } from '../system/process-details.ts'
import type { ProcessEntry } from '../system/process-table.ts'
import type { LocalUser } from '../system/users.ts'
import { baseName } from './agent-index.ts'
import { boundedText } from './bounded-text.ts'
import type { Browser } from './catalogue/browser-facts.ts'
import { compilePathPattern, scanPath } from './catalogue/path-pattern.ts'
import { placeOf } from './graph/place.ts'
import { sourceLog, tooMany } from './source-log.ts'

/** A folder of browser profiles that a running process named: the only thing of a command line that is handed on. */
export interface NamedProfile {
  readonly family: Browser['family']
  /** A browser of the catalogue, else the name of the program. */
  readonly product: string
  readonly path: string
}

export const MAX_NAMED_PROFILES = 32
const MAX_PATH = 1024
/** Folders of one person, as command lines spell them, and processes of each, that are looked at. */
const MAX_FOLDERS = 256
const MAX_ASKED = 4
/** More arguments than this are not looked at. */
const MAX_ARGUMENTS = 512
/** Where everybody may make folders; automation puts its profiles there (Playwright, Puppeteer, geckodriver). */
const TEMPORARY = ['/tmp/', '/var/tmp/'] as const
const USER_DATA = '--user-data-dir='
/** Firefox takes one dash or two, and the folder as the next argument. */
const PROFILE = /^--?profile$/

/** Below the person's home, or where temporary files lie; spelt without a detour. The reader looks no further than this. */
export function isInReach(path: string, home: string): boolean {
  if (path.length > MAX_PATH || path.includes('\0') || posix.normalize(path) !== path || path.endsWith('/'))
    return false
  return TEMPORARY.some((folder) => path.startsWith(folder)) || (/^\/./.test(home) && path.startsWith(`${home}/`))
}

export interface NamedProfilesComponents {
  readonly details?: Pick<ProcessDetails, 'standing' | 'ownPidNamespace' | 'insideWsl'> | undefined
}

/**
 * The folders that the browsers of one person were started with, those of browsers of the catalogue first, and how many there
 * are. What lies out of reach, or in another system that shares the kernel, is passed over.
 */
export function namedProfiles(
  components: NamedProfilesComponents,
  { user, browsers }: { readonly user: LocalUser; readonly browsers: readonly Browser[] },
  processes: readonly ProcessEntry[],
): { readonly profiles: readonly NamedProfile[]; readonly count: number } {
  const tellProduct = productTest(browsers, user.home)
  // A browser is many processes with the same words: where each stands costs a look at the system, so few are asked.
  const asked = new Map<string, Asked[]>()
  for (const process of processes.filter(({ uid }) => uid === user.uid)) {
    const named = folderOf(process.argv)
    if (named === undefined) continue
    const product = tellProduct(process, named.family)
    // Programs of all kinds have an option of that name.
    if (product.family === 'firefox' && !product.isKnown) continue
    // Anybody may start a program of root's that takes root's rights, with words of their own.
    if (user.uid === 0 && !product.isPlaced && process.executable?.startsWith(`${user.home}/`) !== true) continue
    const key = JSON.stringify([product.family, product.isKnown, named.folder])
    const same = asked.get(key) ?? []
    if (same.length < MAX_ASKED) asked.set(key, [...same, { ...product, process, folder: named.folder }])
  }
  // In an order of their own: what is remembered of a home hangs on it.
  const groups = [...asked].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, same]) => same)
  groups.sort((a, b) => Number(b[0]?.isKnown) - Number(a[0]?.isKnown))
  const found = new Map<string, NamedProfile>()
  for (const { family, product, process, folder } of groups.slice(0, MAX_FOLDERS).flat()) {
    const path = absolute(components, process, folder)
    if (path === undefined || !isInReach(path, user.home)) continue
    const key = `${family} ${path}`
    if (!found.has(key)) found.set(key, { family, product, path })
  }
  return { profiles: [...found.values()], count: found.size + Math.max(0, groups.length - MAX_FOLDERS) }
}

/** Cheap: asked of every program that starts. What a browser starts of itself says its type. */
export function namesProfile(argv: readonly string[]): boolean {
  return folderOf(argv) !== undefined && !argv.slice(1, MAX_ARGUMENTS).some((part) => part.startsWith('--type='))
}

interface Asked extends Product {
  readonly process: ProcessEntry
  readonly folder: string
}

/** The last one counts, as it does for the browsers. */
function folderOf(
  argv: readonly string[],
): { readonly family: Browser['family']; readonly folder: string } | undefined {
  const args = argv.slice(1, MAX_ARGUMENTS)
  const data = args.findLast((part) => part.startsWith(USER_DATA))?.slice(USER_DATA.length)
  if (data !== undefined) return data === '' ? undefined : { family: 'chromium', folder: data }
  const at = args.findLastIndex((part) => PROFILE.test(part))
  const folder = at === -1 ? undefined : args[at + 1]
  return folder === undefined || folder === '' ? undefined : { family: 'firefox', folder }
}

/** Against the folder the process works in, where that is known; undefined for what is in another system. */
function absolute({ details }: NamedProfilesComponents, process: ProcessEntry, folder: string): string | undefined {
  const standing = details?.standing(process)
  if (details !== undefined) {
    if (standing === undefined) return undefined
    const { ownPidNamespace, insideWsl } = details
    const place = placeOf({ standing, ownPidNamespace, insideWsl, environmentNames: [] })
    if (place !== undefined && !['wsl', 'flatpak', 'snap'].includes(place.kind)) return undefined
  }
  const path = folder.startsWith('/') ? folder : posix.join(standing?.workingFolder ?? '', folder)
  return path.startsWith('/') ? posix.normalize(path).replace(/(?<=.)\/$/, '') : undefined
}

interface Product extends Pick<NamedProfile, 'family' | 'product'> {
  readonly isKnown: boolean
  /** By where its executable lies; a name alone anybody's program may bear. */
  readonly isPlaced: boolean
}

/** By the executable, as the catalogue spells it; else by a name such as `firefox-bin`. */
function productTest(browsers: readonly Browser[], home: string) {
  const programs = browsers.flatMap(({ id, family, linux }) =>
    (linux?.executables ?? []).map(({ path }) => ({ id, family, matches: compilePathPattern(path) })),
  )
  return ({ executable = '' }: ProcessEntry, family: Browser['family']): Product => {
    const path = scanPath(executable, [home])
    const name = baseName(executable)
    const placed = programs.find((program) => program.family === family && program.matches(path))?.id
    const known =
      placed ??
      browsers.find(
        (browser) => browser.family === family && (name === browser.id || name.startsWith(`${browser.id}-`)),
      )?.id
    const product = known ?? boundedText(name === '' ? family : name, 64)
    return { family, product, isKnown: known !== undefined, isPlaced: placed !== undefined }
  }
}

export interface ProfilesOfUser {
  readonly profiles: readonly NamedProfile[]
  readonly sources: readonly SourceReport[]
}

/** Those of several people, no more than a reader is told. */
export function profilesByUser(
  components: NamedProfilesComponents & { readonly clock: Pick<Clock, 'monotonic'> },
  init: { readonly users: readonly LocalUser[]; readonly browsers: readonly Browser[] },
  processes: readonly ProcessEntry[],
): ReadonlyMap<LocalUser, ProfilesOfUser> {
  return new Map(
    init.users.map((user) => {
      const sources = sourceLog(components, { user: { uid: user.uid, name: user.name } })
      const { profiles, count } = namedProfiles(components, { user, browsers: init.browsers }, processes)
      if (count > MAX_NAMED_PROFILES) {
        sources.fault(SOURCES.chromium, undefined, tooMany(MAX_NAMED_PROFILES, count, 'profiles of processes'))
      }
      return [user, { profiles: profiles.slice(0, MAX_NAMED_PROFILES), sources: sources.reports }]
    }),
  )
}
