import { posix } from 'node:path'
import { isWindowsPath, pathKey } from '../../base/absolute-path.ts'
import { portableText } from '../../system/files/portable-text.ts'

/** Folders that Windows names by a variable, where they are unless an administrator moved them. Drive C: is that of the system. */
const FOLDERS: Readonly<Record<string, string>> = {
  '%USERPROFILE%': '~',
  '%LOCALAPPDATA%': '~/AppData/Local',
  '%APPDATA%': '~/AppData/Roaming',
  '%ProgramData%': 'C:/ProgramData',
  '%ProgramFiles%': 'C:/Program Files',
}

/** `%APPDATA%\Claude\*` as shared code has patterns: `~/AppData/Roaming/Claude/*`. */
export function windowsPattern(pattern: string): string {
  const variable = /^%[A-Za-z]+%/.exec(pattern)?.[0] ?? ''
  const folder = FOLDERS[variable]
  const rest = folder === undefined ? pattern : folder + pattern.slice(variable.length)
  return rest.replaceAll('\\', '/')
}

/** A path in the spellings that patterns may name: as it is, and from a home of the device on. */
export interface ScannedPath {
  readonly absolute: string
  /** `~/…`, for each home it lies in. */
  readonly fromHome: readonly string[]
  /** A path of Windows, in upper case: letters have no case there. */
  readonly isUpperCase?: true
}

/** Matches whole paths, segment by segment: `*` stays within one segment, `**` spans any number; nothing is a substring. */
export type PathPattern = (path: ScannedPath) => boolean

/** Removes `.`, `..` and doubled slashes as text; no file is looked at. */
export function scanPath(path: string, homes: readonly string[]): ScannedPath {
  const portable = portableText(path)
  if (isWindowsPath(portable)) return scanWindowsPath(portable, homes)
  const absolute = posix.normalize(path)
  const fromHome = homes.flatMap((home) =>
    home !== '/' && absolute.startsWith(`${home}/`) ? [`~${absolute.slice(home.length)}`] : [],
  )
  return { absolute, fromHome }
}

function scanWindowsPath(path: string, homes: readonly string[]): ScannedPath {
  const absolute = pathKey(posix.normalize(path))
  const keys = homes.map(pathKey).filter((home) => absolute.startsWith(`${home}/`))
  return { absolute, fromHome: keys.map((home) => `~${absolute.slice(home.length)}`), isUpperCase: true }
}

export function compilePathPattern(pattern: string): PathPattern {
  const expression = expressionOf(pattern)
  let upper: RegExp | undefined
  const isOfHome = pattern.startsWith('~/')
  return ({ absolute, fromHome, isUpperCase }) => {
    if (isUpperCase === true) upper ??= expressionOf(pattern.toUpperCase())
    const tested = isUpperCase === true && upper !== undefined ? upper : expression
    return isOfHome ? fromHome.some((path) => tested.test(path)) : tested.test(absolute)
  }
}

function expressionOf(pattern: string): RegExp {
  const segments = pattern.split('/')
  const source = segments.map((segment, index) => {
    const last = index === segments.length - 1
    if (segment === '**') return last ? '.+' : '(?:[^/]*/)*'
    return segment.split('*').map(escapeForRegExp).join('[^/]*') + (last ? '' : '/')
  })
  return new RegExp(`^${source.join('')}$`, 's')
}

/** The last segment when it is literal: what an index can look up before a pattern is tried. */
export function literalNameOf(pattern: string): string | undefined {
  const name = pattern.slice(pattern.lastIndexOf('/') + 1)
  return name.includes('*') ? undefined : name
}

/** The longest text that each path has that fits: what a path is asked for before the pattern is tried. */
export function longestLiteralOf(pattern: string): string {
  const texts = pattern.replace(/^~/, '').split(/\*+/)
  return texts.reduce((longest, text) => (text.length > longest.length ? text : longest), '')
}

/** What each `*` of the pattern stands for in `path`; undefined when it does not fit. No `**`. */
export function starsIn(pattern: string, path: string): readonly string[] | undefined {
  const source = pattern.split('*').map(escapeForRegExp).join('([^/]*)')
  return new RegExp(`^${source}$`, 's').exec(path)?.slice(1)
}

function escapeForRegExp(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&')
}

/** Where editors of the VS Code family keep their data: `~/{vscode}/…` means each of them, `~/{vscode:ENTRY}/…` those that are this entry. */
export const VSCODE_DATA = /^~\/\{vscode(?::([a-z-]+))?\}(?=\/)/
