import { posix } from 'node:path'
import { isAbsolutePath, isWindowsPath } from '../../base/absolute-path.ts'
import { portableText } from '../../system/files/portable-text.ts'
import type { ResidentEntry } from '../catalogue/resident-facts.ts'
import { canonicalArguments } from '../matching/canonical-arguments.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import { looksSecret } from '../redaction/known-tokens.ts'

export interface NamedFolders {
  /** Where it works, if it was told. */
  readonly worksIn: string | undefined
  /** What it may use besides. */
  readonly more: readonly string[]
}

/** More arguments than this are not looked at. */
const MAX_ARGUMENTS = 512
const MAX_FOLDERS = 16
const MAX_PATH = 4096

/**
 * The folders that a command line names behind flags of the catalogue, and nothing else of it. Nobody looks whether they
 * are there.
 *
 * @param from the folder that relative ones begin at; without it those say nothing.
 */
export function namedFolders(entry: ResidentEntry, args: readonly string[], from: string | undefined): NamedFolders {
  const end = args.indexOf('--')
  const looked = canonicalArguments(entry, args.slice(0, Math.min(end === -1 ? args.length : end, MAX_ARGUMENTS)))
  const found = { 'works-in': [] as string[], adds: [] as string[] }
  for (const { flag, means } of entry.folderFlags ?? []) {
    const isShort = /^-[^-]$/.test(flag)
    for (const [at, arg] of looked.entries()) {
      const glued = arg.startsWith(`${flag}=`) ? arg.slice(flag.length + 1) : undefined
      const stuck = isShort && arg.length > 2 && arg.startsWith(`${flag}/`) ? arg.slice(2) : undefined
      const value = arg === flag ? looked[at + 1] : (glued ?? stuck)
      if (value === undefined || value.startsWith('-')) continue
      for (const part of means === 'adds' ? value.split(',') : [value]) {
        const folder = folderOf(part, from)
        if (folder !== undefined) found[means].push(folder)
      }
    }
  }
  const worksIn = found['works-in'].at(-1)
  const more = [...new Set(found.adds)].filter((folder) => folder !== worksIn).slice(0, MAX_FOLDERS)
  return { worksIn, more }
}

/** The root, or a drive of Windows: a process there works in no particular folder. */
function isTopFolder(folder: string): boolean {
  return folder === '/' || /^[A-Z]:\/?$/.test(folder)
}

/** The folder as one that a process works in; undefined where it is none, or nowhere in particular. */
export function workspaceAt(folder: string | undefined): string | undefined {
  const place = portableText(folder ?? '')
  return isAbsolutePath(place) && !isTopFolder(place) ? place : undefined
}

function folderOf(value: string, from: string | undefined): string | undefined {
  if (value === '' || value.length > MAX_PATH || looksSecret(value)) return undefined
  const base = portableText(from ?? '')
  const text = portableText(isWindowsPath(base) ? value.replaceAll('\\', '/') : value)
  const path = isAbsolutePath(text) ? text : isAbsolutePath(base) ? `${base}/${text}` : undefined
  if (path === undefined || path.length > MAX_PATH) return undefined
  const folder = posix.normalize(path).replace(/(.)\/$/, '$1')
  return isTopFolder(folder) ? undefined : boundedText(folder, MAX_PATH)
}
