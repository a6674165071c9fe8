import type { DirectoryEntry } from '../../system/files/files.ts'
import type { Folders } from './folders.ts'

/**
 * What a pattern means: `*` for every folder on the way, and within the last segment. Nothing of it is opened. Paths
 * that cannot be seen from outside are among the answers: reading them later tells why.
 *
 * @param options of the folders on the way, as `Folders.expand`.
 */
export async function filesOf(
  folders: Folders,
  pattern: string,
  kinds: readonly DirectoryEntry['kind'][] = ['file', 'link', 'other'],
  options: { readonly tellLinks?: boolean } = {},
): Promise<string[]> {
  const slash = pattern.lastIndexOf('/')
  const last = pattern.slice(slash + 1)
  const all: string[] = []
  for (const folder of await folders.expand(pattern.slice(0, slash), options)) {
    if (last.includes('*')) {
      if ((await folders.kindOf(folder)) !== 'directory') continue
      const [start = '', ...rest] = folders.nameKey(last).split('*')
      const end = rest.join('*')
      for (const { name, kind } of await folders.list(folder)) {
        const key = folders.nameKey(name)
        const matches = key.startsWith(start) && key.endsWith(end) && key.length >= start.length + end.length
        if (matches && kinds.includes(kind)) all.push(`${folder}/${name}`)
      }
    } else {
      const kind = await folders.kindOf(`${folder}/${last}`)
      if (kind === 'unknown' || (kind !== undefined && kinds.includes(kind))) all.push(`${folder}/${last}`)
    }
  }
  return all
}
