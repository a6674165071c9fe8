import { posix } from 'node:path'
import { importsIn } from './import-rules.ts'

/** How much code there is, and how it is cut into folders and files. Pure: files come as texts by path. */

/** Texts of source files by path relative to the root, with forward slashes. */
export type Sources = ReadonlyMap<string, string>

export const MOST_FILES_IN_FOLDER = 15
/** A shorter file that one neighbour imports belongs into that neighbour. */
export const FRAGMENT_LINES = 60

export function lineCount(text: string): number {
  return text.split('\n').length - 1
}

/** How many source files lie in each folder, not below it. */
export function filesByFolder(sources: Sources): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const file of sources.keys()) {
    if (!/\.(tsx?|c)$/.test(file)) continue
    const folder = posix.dirname(file)
    counts.set(folder, (counts.get(folder) ?? 0) + 1)
  }
  return counts
}

/** Lines of the files below each first and second folder: `src/daemon`. */
export function linesByRoom(sources: Sources): ReadonlyMap<string, number> {
  const lines = new Map<string, number>()
  for (const [file, text] of sources) {
    const room = file.split('/').slice(0, -1).slice(0, 2).join('/')
    lines.set(room, (lines.get(room) ?? 0) + lineCount(text))
  }
  return lines
}

/**
 * Short files that only one file imports, which lies in the same folder. An interface, a table and a parser are read on
 * their own and are none.
 *
 * @param sources those of `src/`, whole: an importer that is missing makes a fragment of its file.
 */
export function fragments(sources: Sources): readonly string[] {
  const importers = new Map<string, Set<string>>()
  for (const [file, text] of sources) {
    for (const name of importsIn(text).filter((each) => each.startsWith('.'))) {
      const target = posix.join(posix.dirname(file), name)
      importers.set(target, (importers.get(target) ?? new Set()).add(file))
    }
  }
  return [...sources]
    .filter(([file, text]) => {
      // A component is read on its own: each has a file.
      if (file.endsWith('.tsx')) return false
      const [importer, ...others] = importers.get(file) ?? []
      if (importer === undefined || others.length > 0 || posix.dirname(importer) !== posix.dirname(file)) return false
      return lineCount(text) < FRAGMENT_LINES && !isReadOnItsOwn(text)
    })
    .map(([file]) => file)
    .sort()
}

/** Exports types only, data only, or a function that reads one format. */
function isReadOnItsOwn(text: string): boolean {
  const exported = [...text.matchAll(/^export (?:async )?(?:function\*?|const|class) (\w+)(.*)$/gm)]
  const functions = exported.filter(([line]) => !line.startsWith('export const ') || /=>|function/.test(line))
  if (functions.length === 0) return true
  return functions.every(([, name = '']) => /^(parse|read|decode)[A-Z]|(Parser|Reader)$/.test(name))
}
