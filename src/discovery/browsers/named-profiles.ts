import { posix } from 'node:path'
import { isAbsolutePath, isWindowsPath, pathKey } from '../../base/absolute-path.ts'
import type { Clock } from '../../base/clock.ts'
import { isRootId } from '../../base/text/user-id.ts'
import { SOURCES } from '../../protocol/scan-coverage.ts'
import type { SourceReport } from '../../protocol/sighting.ts'
import { isSpeltByWindows, portableText } from '../../system/files/portable-text.ts'
import type { ProcessDetails } from '../../system/processes/process-details.ts'
import type { ProcessEntry } from '../../system/processes/process-table.ts'
import type { LocalUser } from '../../system/users/users.ts'
import type { Browser } from '../catalogue/catalogue.ts'
import { compilePathPattern, literalNameOf, scanPath, windowsPattern } from '../catalogue/path-pattern.ts'
import { placeOf } from '../files/home-alias.ts'
import { sourceLog, tooMany } from '../files/source-log.ts'
import { baseName } from '../matching/agent-index.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import { containerOf } from '../running/container.ts'
import { roundRobin } from '../scheduling/round-robin.ts'
import { misspelt, type NamedProfile, type Refusal, refusedFolders } from './profile-access-policy.ts'

export const MAX_NAMED_PROFILES = 32
/** Folders of one person, as command lines spell them, and processes of each, that are looked at. */
const MAX_FOLDERS = 256
const MAX_ASKED = 4
/** More arguments than this are not looked at. */
const MAX_ARGUMENTS = 512
/** Chromium takes one dash or two (`base::CommandLine`). */
const USER_DATA = /^--?user-data-dir=(.*)$/s
/** Firefox takes one dash or two, and the folder as the next argument. */
const PROFILE = /^--?profile$/
/** How an argument begins that names one. */
export const PROFILE_ARGUMENTS: readonly string[] = ['-user-data-dir=', '--user-data-dir=', '-profile', '--profile']

export interface NamedProfilesComponents {
  readonly details?: Pick<ProcessDetails, 'standing' | 'ownPidNamespace' | 'insideWsl'> | undefined
}

/**
 * The folders that the browsers of one person were started with, and how many there are: first those of browsers that lie where
 * root puts them, then of others of the catalogue, each program that started some in its turn, the longest running first. So
 * nobody takes the place of a browser by starting many. What no reader is handed is refused; what lies in another system
 * that shares the kernel is passed over.
 */
export function namedProfiles(
  components: NamedProfilesComponents,
  { user, browsers }: { readonly user: LocalUser; readonly browsers: readonly Browser[] },
  processes: readonly ProcessEntry[],
): NamedFolders {
  const tellProduct = productTest(browsers, user.home)
  // A browser is many processes with the same words: where each is costs a look at the system, so few are asked.
  const asked = new Map<string, Asked[]>()
  for (const { process, named } of naming(processes, user.id)) {
    const product = tellProduct(process, named.family)
    // Programs of all kinds have an option of that name.
    if (product.family === 'firefox' && !product.isKnown) continue
    // Any user may start a setuid program of root with arguments of their own.
    if (isRootId(user.id) && !product.isPlaced && !isBelow(process.executable ?? '', user.home)) continue
    const key = JSON.stringify([product.family, product.rank, named.folder])
    const same = asked.get(key) ?? []
    if (same.length < MAX_ASKED) asked.set(key, [...same, { ...product, process, folder: named.folder }])
  }
  const groups = [...asked.values()]
  const inTurn = RANKS.flatMap((rank) => {
    const ofRank = groups.filter(([first]) => first?.rank === rank)
    return roundRobin(ofRank, MAX_FOLDERS, ([first]) => first?.process.parentPid)
  })
  const found = new Map<string, NamedProfile>()
  const refused = new Map<string, RefusedFolder>()
  for (const { family, product, process, folder } of inTurn.slice(0, MAX_FOLDERS).flat()) {
    const place = placeOfFolder(components, process, folder)
    if (place === undefined) continue
    const path = placeOf(place.path, user)
    const key = `${family} ${path}`
    const reason = misspelt(path)
    if (reason !== undefined) refused.set(key, { family, reason })
    else if (!found.has(key)) found.set(key, { family, product, ...place, path })
  }
  const count = found.size + Math.max(0, groups.length - MAX_FOLDERS)
  return { profiles: [...found.values()], refused: [...refused.values()], count }
}

function isBelow(path: string, home: string): boolean {
  return pathKey(portableText(path)).startsWith(pathKey(`${home}/`))
}

export interface NamedFolders {
  readonly profiles: readonly NamedProfile[]
  readonly refused: readonly RefusedFolder[]
  /** Of all that are not refused, handed on or not. */
  readonly count: number
}

interface RefusedFolder extends Pick<NamedProfile, 'family'> {
  readonly reason: Refusal
}

/** Cheap: asked of every program that starts. What a browser starts of itself says its type. */
export function namesProfile(argv: readonly string[]): boolean {
  return folderOf(argv) !== undefined && !argv.slice(1, MAX_ARGUMENTS).some((part) => part.startsWith('--type='))
}

/** Whether this may be a browser that only root can replace. */
export function isSystemBrowser(browsers: readonly Browser[], { executable = '' }: ProcessEntry): boolean {
  const paths = browsers.flatMap((browser) => executablesOf(browser, executable))
  const path = scanPath(executable, [])
  const name = baseName(executable)
  // To compile a pattern costs more than all else here, and this is asked of crowds.
  return paths
    .filter((pattern) => isSystemPath(pattern) && (literalNameOf(pattern) ?? name) === name)
    .some((pattern) => compilePathPattern(pattern)(path))
}

/** A pattern of the catalogue that means no place in a home. */
function isSystemPath(pattern: string): boolean {
  return isAbsolutePath(pattern)
}

/** As the catalogue has them for the system that the path is of; those of macOS and Linux are never the same. */
function executablesOf({ linux, darwin, windows }: Browser, executable: string): readonly string[] {
  if (isSpeltByWindows(executable)) return (windows?.executables ?? []).map(({ path }) => windowsPattern(path))
  return [...(linux?.executables ?? []), ...(darwin?.executables ?? [])].map(({ path }) => path)
}

interface Asked extends Product {
  readonly process: ProcessEntry
  readonly folder: string
}

/** In an order of their own, for what is remembered of a home hangs on it: a browser runs before what it starts of itself. */
function naming(processes: readonly ProcessEntry[], owner: string) {
  return processes
    .flatMap((process) => {
      const named = process.userId === owner ? folderOf(process.argv) : undefined
      return named === undefined ? [] : [{ process, named }]
    })
    .sort(
      (a, b) =>
        a.process.startTicks - b.process.startTicks ||
        a.process.pid - b.process.pid ||
        (a.named.folder < b.named.folder ? -1 : 1),
    )
}

/** The last one counts, as it does for the browsers. */
function folderOf(
  argv: readonly string[],
): { readonly family: Browser['family']; readonly folder: string } | undefined {
  const args = argv.slice(1, MAX_ARGUMENTS)
  const [, data] = USER_DATA.exec(args.findLast((part) => USER_DATA.test(part)) ?? '') ?? []
  if (data !== undefined) return data === '' ? undefined : { family: 'chromium', folder: data }
  const at = args.findLastIndex((part) => PROFILE.test(part))
  const folder = at === -1 ? undefined : args[at + 1]
  return folder === undefined || folder === '' ? undefined : { family: 'firefox', folder }
}

/** Against the folder the process works in, as it is where that is not known; undefined for what is in another system. */
function placeOfFolder(
  { details }: NamedProfilesComponents,
  process: ProcessEntry,
  folder: string,
): Pick<NamedProfile, 'path' | 'apart'> | undefined {
  const standing = details?.standing(process)
  if (details !== undefined) {
    if (standing === undefined) return undefined
    const { ownPidNamespace, insideWsl } = details
    const container = containerOf({ standing, ownPidNamespace, insideWsl, environmentNames: [] })
    if (container !== undefined && !['wsl', 'flatpak', 'snap'].includes(container.kind)) return undefined
  }
  const base = portableText(standing?.workingFolder ?? '')
  const named = portableText(folder)
  const spelt = isAbsolutePath(named)
    ? named
    : posix.join(base, isWindowsPath(base) ? named.replaceAll('\\', '/') : named)
  if (details === undefined && !isAbsolutePath(spelt)) return undefined
  const path = posix.normalize(spelt).replace(/(?<=.)\/$/, '')
  return { path, ...(standing?.rootMount === undefined ? {} : { apart: true }) }
}

/** Browsers where root puts them, others of the catalogue, programs that only have such an option. */
const RANKS = ['system', 'known', 'other'] as const

interface Product extends Pick<NamedProfile, 'family' | 'product'> {
  readonly rank: (typeof RANKS)[number]
  readonly isKnown: boolean
  /** By the path of its executable, because any program may have such a name. */
  readonly isPlaced: boolean
}

/** By the executable, as the catalogue spells it; else by a name such as `firefox-bin`. */
function productTest(browsers: readonly Browser[], home: string) {
  const placed = (executable: string) =>
    browsers.flatMap((browser) =>
      executablesOf(browser, executable).map((path) => ({ ...browser, path, matches: compilePathPattern(path) })),
    )
  const ofUnix = placed('/')
  return ({ executable = '' }: ProcessEntry, family: Browser['family']): Product => {
    const path = scanPath(executable, [home])
    const name = baseName(executable)
    const programs = isSpeltByWindows(executable) ? placed(executable) : ofUnix
    const place = programs.find((program) => program.family === family && program.matches(path))
    const known =
      place?.id ??
      browsers.find(
        (browser) => browser.family === family && (name === browser.id || name.startsWith(`${browser.id}-`)),
      )?.id
    const product = known ?? boundedText(name === '' ? family : name, 64)
    const isKnown = known !== undefined
    const rank = place !== undefined && isSystemPath(place.path) ? 'system' : isKnown ? 'known' : 'other'
    return { family, product, rank, isKnown, isPlaced: place !== undefined }
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
      const sources = sourceLog(components, { user: { id: user.id, name: user.name } })
      const named = namedProfiles(components, { user, browsers: init.browsers }, processes)
      const { profiles, refused, count } = named
      for (const [family, some] of Map.groupBy(refused, (each) => each.family)) {
        for (const { error } of refusedFolders(some.map(({ reason }) => reason))) {
          sources.fault(SOURCES[family], undefined, error)
        }
      }
      if (count > MAX_NAMED_PROFILES) {
        sources.fault(SOURCES.chromium, undefined, tooMany(MAX_NAMED_PROFILES, count, 'profiles of processes'))
      }
      return [user, { profiles: profiles.slice(0, MAX_NAMED_PROFILES), sources: sources.reports }]
    }),
  )
}
