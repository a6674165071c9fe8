import { isAbsolutePath, isWindowsPath } from '../../base/absolute-path.ts'
import { SuretyError } from '../../base/errors.ts'
import type { DirectoryEntry } from '../../system/files/files.ts'
import { portableText } from '../../system/files/portable-text.ts'
import type { Folders } from '../files/folders.ts'
import { folderOf, plainPath } from '../files/plain-path.ts'
import { isLink, tooMany } from '../files/source-log.ts'
import { valuesAt } from '../formats/member-path.ts'
import { namedFiles } from '../plugins/named-files.ts'
import type { PluginComponents } from '../plugins/plugin-components.ts'
import type { AgentFile } from './agent-file.ts'
import { type HookHandler, handlersIn } from './hook-handlers.ts'
import { runsDownload, wordsRunDownload } from './runs-download.ts'

interface HookPlace extends Pick<AgentFile, 'client' | 'scope' | 'workspace' | 'plugin'> {
  /** The settings. */
  readonly path: string
  readonly key: readonly string[]
  /** Absent for the settings of the machine. */
  readonly home: string | undefined
}

/** Of one file of settings. */
const MAX_HANDLERS = 200
const MAX_PATHS = 500
const MAX_WORDS = 10_000
/** Of one hook, its arguments included. */
const MAX_LENGTH = 4096

/** The system's own programs: a hook that runs `/bin/sh` is not told with the shell. */
const SYSTEM_PROGRAM = /^\/(?:usr\/)?(?:local\/)?s?bin\//
/**
 * The project, as Claude Code, Cursor, Gemini and Qwen spell it in their hooks, and as Codex's hooks reference finds it
 * (developers.openai.com/codex/hooks).
 */
const PROJECT =
  /^(?:\$(?:CLAUDE|CURSOR|GEMINI|QWEN)_PROJECT_DIR|\$\{(?:CLAUDE|CURSOR|GEMINI|QWEN)_PROJECT_DIR\}|\$\(git rev-parse --show-toplevel\))(?=\/)/
/** As Claude Code, Codex and Copilot, and Gemini and Qwen, spell it in the hooks of a plugin. */
const PLUGIN_ROOT = /^(?:\$CLAUDE_PLUGIN_ROOT|\$\{(?:CLAUDE_PLUGIN_ROOT|PLUGIN_ROOT|extensionPath)\})(?=\/)/

/** A file that a hook may run. It may not exist. */
interface Candidate {
  readonly path: string
  /** The folder, known to be there, from which it is looked for; absent where the place itself says where it is. */
  readonly from: string | undefined
  readonly isPathLike: boolean
}

/**
 * The files that hooks name, by a whole path or from where they are run: the folder of the settings, that of the plugin, the
 * project or the home. Nobody's word becomes part of what is told unless a file or a folder is called so: what has a space in
 * it, and what is no whole path, is followed name by name. What is left out by a bound is told.
 */
async function filesOfHooks(
  { folders, onFault }: PluginComponents,
  handlers: readonly HookHandler[],
  place: HookPlace,
): Promise<readonly string[]> {
  const links = new Set<string>()
  const candidates = new Map<string, Candidate>()
  const bases = await basesOf(folders, place)
  for (const { words, folder } of boundedWords(onFault, handlers, place)) {
    const from = folder === undefined ? bases : [...bases, ...(await basesIn(folders, folder, bases, place, links))]
    for (const each of words.flatMap((word) => candidatesOf(folders, word, from, place))) {
      if (each.from === undefined || !candidates.has(each.path)) candidates.set(each.path, each)
    }
  }
  if (candidates.size > MAX_PATHS) onFault(place.path, tooMany(MAX_PATHS, candidates.size, 'files of hooks'))
  const found: string[] = []
  for (const candidate of [...candidates.values()].slice(0, MAX_PATHS)) {
    if (await isThere(folders, candidate, links)) found.push(candidate.path)
  }
  for (const link of links) onFault(link, isLink(link))
  return found
}

interface HookWords {
  readonly words: readonly string[]
  readonly folder: string | undefined
}

function boundedWords(
  onFault: PluginComponents['onFault'],
  handlers: readonly HookHandler[],
  place: HookPlace,
): readonly HookWords[] {
  if (handlers.length > MAX_HANDLERS) onFault(place.path, tooMany(MAX_HANDLERS, handlers.length, 'hooks'))
  const bounded = handlers.slice(0, MAX_HANDLERS).map((handler) => wordsOf(handler))
  if (bounded.some(({ isCut }) => isCut)) {
    onFault(place.path, new SuretyError('FILE_TOO_LARGE', `a hook has more than ${MAX_LENGTH} characters`))
  }
  const count = bounded.reduce((sum, { words }) => sum + words.length, 0)
  if (count > MAX_WORDS) onFault(place.path, tooMany(MAX_WORDS, count, 'words of hooks'))
  let left = MAX_WORDS
  return bounded.map(({ words, folder }) => {
    const first = words.slice(0, left)
    left -= first.length
    return { words: first, folder }
  })
}

/** Words of commands, and those of commands in quotes (`sh -c '...'`). */
function wordsOf({ commands, words, folder }: HookHandler): HookWords & { readonly isCut: boolean } {
  let left = MAX_LENGTH
  let isCut = false
  const cut = (text: string) => {
    const kept = text.slice(0, left)
    isCut ||= kept.length < text.length
    left -= kept.length
    return kept
  }
  const all = new Set<string>()
  const inCommands = commands.flatMap((text) => split(cut(text)))
  for (const word of [...inCommands, ...words.map(cut)]) {
    all.add(word)
    if (/\s/.test(word)) for (const inner of split(word)) all.add(inner)
  }
  return { words: [...all], folder, isCut }
}

function split(text: string): readonly string[] {
  const words = text.match(/(?:"[^"]*"|'[^']*'|[^\s"';|&<>()])+/g) ?? []
  return words.map((word) => word.replace(/["']/g, ''))
}

/** A folder that words may be meant from, and what lies in it. */
interface Base {
  readonly path: string
  readonly names: ReadonlySet<string>
}

async function basesOf(folders: Folders, place: HookPlace): Promise<readonly Base[]> {
  const { path, home, workspace, plugin } = place
  const around = [folderOf(path), plugin?.root, workspace ?? home]
  const bases: Base[] = []
  for (const each of new Set(around)) {
    if (each !== undefined && each !== '') bases.push(await baseAt(folders, each))
  }
  return bases
}

async function baseAt(folders: Folders, path: string): Promise<Base> {
  return { path, names: new Set((await folders.list(path)).map(({ name }) => name)) }
}

/** What a hook says that it is run in, where that is there. */
async function basesIn(
  folders: Folders,
  folder: string,
  bases: readonly Base[],
  place: HookPlace,
  links: Set<string>,
): Promise<readonly Base[]> {
  const found: Base[] = []
  for (const { path, from = rootOf(path, bases, place) } of candidatesOf(folders, folder, bases, place)) {
    if (from === undefined) continue
    if ((await kindBelow(folders, from, { path, isPathLike: true }, links)) === 'directory') {
      found.push(await baseAt(folders, path))
    }
  }
  return found
}

/** Of a word that names a file which may be told. Nothing is expanded but who is at home. */
function candidatesOf(folders: Folders, word: string, bases: readonly Base[], place: HookPlace): readonly Candidate[] {
  const text = folders.placeOf(portableText(expanded(word, place)))
  if (text === '' || text.length > 2048 || /[\0*?$`]/.test(text) || text.startsWith('-')) return []
  const paths = isAbsolutePath(text) ? [text] : bases.flatMap((base) => pathsFrom(base, text))
  return paths.flatMap((each) => {
    const path = plainPath(each)
    if (path === undefined || !mayBeTold(path, place)) return []
    const isWhole = text === each && !/\s/.test(text)
    const from = isWhole ? undefined : rootOf(path, bases, place)
    return isWhole || from !== undefined ? [{ path, from, isPathLike: text.includes('/') }] : []
  })
}

/** As shells, PowerShell and cmd.exe have it. */
const OWN_HOME = /^(?:~|\$HOME|\$\{HOME\}|%USERPROFILE%|\$env:USERPROFILE)(?=\/)/

function expanded(word: string, { home, workspace, plugin }: HookPlace): string {
  const at = workspace ?? home
  let text = isWindowsPath(at ?? '') ? word.replaceAll('\\', '/') : word
  if (home !== undefined) text = text.replace(OWN_HOME, () => home)
  if (at !== undefined) text = text.replace(PROJECT, () => at)
  if (plugin !== undefined) text = text.replace(PLUGIN_ROOT, () => plugin.root)
  return text
}

/** Most words of a command are called as nothing in any of these folders, and go no further. */
function pathsFrom({ path, names }: Base, text: string): readonly string[] {
  const [first = ''] = text.replace(/^(?:\.\/+)+/, '').split('/', 1)
  return first === '..' || names.has(first) ? [`${path}/${text}`] : []
}

/** In the home or the project, or, of the settings of the machine, anywhere but among the system's own programs. */
function mayBeTold(path: string, { home, workspace }: HookPlace): boolean {
  if ((workspace ?? home) === undefined) return !SYSTEM_PROGRAM.test(path)
  return [home, workspace].some((folder) => folder !== undefined && path.startsWith(`${folder}/`))
}

function rootOf(path: string, bases: readonly Base[], { home, workspace }: HookPlace): string | undefined {
  const roots = [...bases.map((base) => base.path), workspace, home]
  return roots
    .filter((root) => root !== undefined)
    .filter((root) => path.startsWith(`${root}/`))
    .sort((a, b) => b.length - a.length)[0]
}

/** A whole path that cannot be seen from its folder counts as there: reading it later tells why it cannot be read. */
async function isThere(folders: Folders, candidate: Candidate, links: Set<string>): Promise<boolean> {
  const { path, from, isPathLike } = candidate
  if (from !== undefined) return (await kindBelow(folders, from, candidate, links)) === 'file'
  const kind = await folders.kindOf(path)
  // On the machine root has placed it.
  if (kind === 'link' && folders.inHome && isPathLike) links.add(path)
  return kind === 'file' || kind === 'unknown' || (kind === 'link' && !folders.inHome)
}

/** Descends only into folders that were listed, so that no fault names a path that does not exist. */
async function kindBelow(
  folders: Folders,
  from: string,
  { path, isPathLike }: Pick<Candidate, 'path' | 'isPathLike'>,
  links: Set<string>,
): Promise<DirectoryEntry['kind'] | undefined> {
  let at = from
  let kind: DirectoryEntry['kind'] | undefined = 'directory'
  for (const name of path.slice(from.length + 1).split('/')) {
    if (kind !== 'directory') return undefined
    kind = (await folders.list(at)).find((each) => each.name === name)?.kind
    at = `${at}/${name}`
    if (kind === 'link' && isPathLike) links.add(at)
  }
  return kind
}

/**
 * Settings that have hooks of any kind, and the files that these name: where they lie in the home or the project, or, of the
 * settings of the machine, anywhere. Commands and arguments are searched for files on the device. Only these files are
 * reported: commands, arguments, addresses and prompts stay on the device.
 */
export async function findHooks(components: PluginComponents, place: HookPlace): Promise<AgentFile[]> {
  const { configs } = components
  const document = await configs.read(place.path)
  const handlers = document === undefined ? [] : valuesAt(document, place.key).flatMap((map) => handlersIn(map))
  const { plugin: { root } = {} } = place
  const named =
    document === undefined || root === undefined ? [] : namedFiles(components, document, { ...place, root }).files
  const others = named
    .filter((path) => path !== place.path)
    .map((path) => findHooks(components, { ...place, path, key: [] }))
  const elsewhere = (await Promise.all(others)).flat()
  if (handlers.length === 0) return elsewhere
  const { client, scope, workspace, plugin } = place
  const common = {
    client,
    scope,
    fileKind: 'hook' as const,
    ...(workspace === undefined ? {} : { workspace }),
    ...(plugin === undefined ? {} : { plugin }),
  }
  const name = place.path.slice(place.path.lastIndexOf('/') + 1)
  const evidence = [`settings of ${client.name} with ${handlers.length} hooks`]
  const downloads = handlers.some(
    ({ commands, words }) => commands.some((text) => runsDownload(text)) || wordsRunDownload(words),
  )
  const found: AgentFile[] = [
    { ...common, path: place.path, name, evidence, ...(downloads ? { runsDownload: true } : {}) },
    ...elsewhere,
  ]
  for (const path of await filesOfHooks(components, handlers, place)) {
    const name = path.slice(path.lastIndexOf('/') + 1)
    found.push({ ...common, path, name, evidence: [`named by a hook of ${client.name}`] })
  }
  return found
}
