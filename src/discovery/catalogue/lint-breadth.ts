import type { CatalogueEntry } from './catalogue.ts'
import {
  ORDINARY_FLAGS,
  ORDINARY_FOLDERS,
  ORDINARY_HOMES,
  ORDINARY_MODULES,
  ORDINARY_NAMES,
  ORDINARY_PROGRAMS,
  ORDINARY_SCRIPTS,
  ORDINARY_SEGMENTS,
  ORDINARY_VARIABLES,
} from './ordinary.ts'
import { compilePathPattern, scanPath, VSCODE_DATA } from './path-pattern.ts'

/** Facts that would fit what has nothing to do with the agent, or send a look through every folder. */
export function breadthFaults(entry: CatalogueEntry): string[] {
  return [
    ...nameFaults(entry),
    ...programFaults(entry),
    ...folderFaults(entry),
    ...lookFaults(entry),
    ...windowsFaults(entry),
  ]
}

function nameFaults(entry: CatalogueEntry): string[] {
  const among = (what: string, names: readonly string[], ordinary: readonly string[]) =>
    names.filter((name) => ordinary.includes(name)).map((name) => `${what} ${name} is everybody's`)
  return [
    ...among(
      'command',
      (entry.commands ?? []).map(({ name }) => name),
      ORDINARY_NAMES,
    ),
    ...among(
      'title',
      (entry.titles ?? []).map(({ title }) => title),
      ORDINARY_NAMES,
    ),
    ...among(
      'module',
      (entry.modules ?? []).map(({ name }) => name),
      ORDINARY_MODULES,
    ),
    ...among(
      'environment marker',
      (entry.environment ?? []).map(({ name }) => name),
      ORDINARY_VARIABLES,
    ),
    ...among(
      'flag',
      (entry.flags ?? []).filter(({ meaning }) => meaning === 'autonomy').map(({ flag }) => flag),
      ORDINARY_FLAGS,
    ),
  ]
}

function programFaults(entry: CatalogueEntry): string[] {
  const files = [...(entry.executables ?? []), ...(entry.darwin?.executables ?? [])].map(({ path }) => path)
  const scripts = [
    ...(entry.scripts ?? []).map(({ path }) => path),
    ...(entry.npm ?? []).flatMap((fact) => (fact.scripts ?? []).map((file) => `**/node_modules/${fact.name}/${file}`)),
  ]
  const helpers = (entry.helpers ?? []).flatMap(({ script }) => script ?? [])
  return [
    ...patternFaults(files, ORDINARY_PROGRAMS),
    ...patternFaults(scripts, ORDINARY_SCRIPTS),
    ...helpers.flatMap((pattern) => {
      const fault = spellingFault(pattern)
      return fault === undefined ? [] : [`pattern ${pattern} ${fault}`]
    }),
  ]
}

function patternFaults(patterns: readonly string[], ordinary: readonly string[]): string[] {
  return patterns.flatMap((pattern) => {
    const spelling = spellingFault(pattern)
    if (spelling !== undefined) return [`pattern ${pattern} ${spelling}`]
    const matches = compilePathPattern(pattern)
    const hit = ordinary.find((path) => matches(scanPath(path, ORDINARY_HOMES)))
    const fault = hit === undefined ? bareNameFault(pattern) : `would match ${hit}`
    return fault === undefined ? [] : [`pattern ${pattern} ${fault}`]
  })
}

export function spellingFault(pattern: string): string | undefined {
  const segments = segmentsOf(pattern)
  if (segments.some((segment) => segment === '.' || segment === '..')) return 'has a . or .. segment'
  if (segments.some((segment) => segment.includes('**') && segment !== '**')) return 'mixes ** with text'
  if (pattern.includes('//') || pattern.endsWith('/')) return 'has an empty segment'
  // Each further one multiplies the ways in which a long name may fail to fit.
  if (segments.some((segment) => segment !== '**' && segment.split('*').length > 2)) return 'has two * in one segment'
  if (segments.filter((segment) => segment === '**').length > 1) return 'has ** twice'
  return undefined
}

/** A pattern must hold on to something: names of its own, beside those that every package and program has. */
function bareNameFault(pattern: string): string | undefined {
  const literal = segmentsOf(pattern).filter((segment) => !segment.includes('*'))
  // The scope of an npm package is a folder that nobody else has.
  if (literal.some((segment) => segment.startsWith('@'))) return undefined
  if (pattern.startsWith('**/') && literal.length < 2) return 'would match by a bare name'
  const own = segmentsOf(pattern).filter((segment) => !ORDINARY_SEGMENTS.includes(segment) && !/^\*+$/.test(segment))
  return own.length === 0 ? 'has too little of its own' : undefined
}

function folderFaults(entry: CatalogueEntry): string[] {
  const { darwin } = entry
  const folders = [entry.versionFolders, entry.stateFolders, darwin?.stateFolders]
  return folders
    .flatMap((facts) => facts ?? [])
    .flatMap(({ path }) => {
      const fault = spellingFault(path)
      if (fault !== undefined) return [`pattern ${path} ${fault}`]
      if (path.includes('*') && !NAMED_AFTER.test(path)) return [`folder ${path} must be literal`]
      return ORDINARY_FOLDERS.includes(path) ? [`folder ${path} is everybody's`] : []
    })
}

/** Folders of a home that an agent calls after itself: one for each of its profiles. */
const NAMED_AFTER = /^~\/\.[a-z]{5,}-\*$/

/** So many `*` in one path that is looked for. */
const MAX_STARS = 4

/** The ending that files of one program have, and hardly any others. */
const OWN_ENDING = /^\*\.(?!(json|jsonc|toml|yaml|yml|md|txt|js|ts|py|env)$)[a-z][a-z-]{3,}$/

/** Paths that are looked for, not matched: every `*` is a folder that is listed. */
function lookFaults(entry: CatalogueEntry): string[] {
  const { darwin } = entry
  const looked = [
    ...[entry.mcp, entry.workspaces, entry.settings, entry.files, entry.accounts, entry.pidFiles],
    ...[
      entry.activity,
      entry.credentials,
      entry.managedSettings,
      entry.models,
      darwin?.mcp,
      darwin?.files,
      darwin?.managedSettings,
    ],
  ]
  return looked
    .flatMap((facts) => facts ?? [])
    .flatMap(({ path }) => {
      const fault = spellingFault(path.replace(/^\.\//, '/'))
      if (fault !== undefined) return [`pattern ${path} ${fault}`]
      if (/[{}]/.test(path.replace(VSCODE_DATA, ''))) return [`path ${path} names no editor`]
      if (path.includes('**')) return [`path ${path} would look through every folder`]
      if (segmentsOf(path).filter((segment) => segment.includes('*')).length > MAX_STARS) {
        return [`path ${path} would look through too many folders`]
      }
      const [first = '', ...rest] = segmentsOf(path).filter((segment) => segment !== '.')
      const namesOwnFiles = path.startsWith('./') && rest.length === 0 && OWN_ENDING.test(first)
      const isOwn = namesOwnFiles || (path.startsWith('~/') && NAMED_AFTER.test(`~/${first}`))
      return first.includes('*') && !isOwn ? [`path ${path} would look through everybody's folders`] : []
    })
}

function windowsFaults({ windows }: CatalogueEntry): string[] {
  if (windows === undefined) return []
  const paths = [windows.executables, windows.stateFolders, windows.mcp, windows.files, windows.managedSettings]
  const spelling = paths
    .flatMap((facts) => facts ?? [])
    .flatMap(({ path }) => {
      const fault = spellingFault(path.replaceAll('\\', '/'))
      return fault === undefined ? [] : [`pattern ${path} ${fault}`]
    })
  const programs = (windows.executables ?? []).flatMap(({ path }) => {
    if (!path.toLowerCase().endsWith('.exe')) return [`pattern ${path} names no program`]
    const fault = bareNameFault(path.replaceAll('\\', '/'))
    return fault === undefined ? [] : [`pattern ${path} ${fault}`]
  })
  return [...spelling, ...programs]
}

export function segmentsOf(pattern: string): string[] {
  return pattern.split('/').filter((segment) => segment !== '' && segment !== '~')
}
