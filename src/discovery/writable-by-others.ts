import type { FileStat } from '../system/files.ts'

/**
 * Could somebody else than its owner and root change what this file says, or put another one in its place?
 *
 * @param stat undefined when that cannot be known.
 * @param ownerUid whose file it should be; root when undefined.
 */
export async function isWritableByOthers(
  stat: (path: string) => Promise<FileStat | undefined>,
  ownerUid: number | undefined,
  path: string,
): Promise<boolean> {
  const parent = path.slice(0, path.lastIndexOf('/')) || '/'
  for (const place of [path, parent]) {
    const found = await stat(place)
    if (found === undefined) continue
    const sticky = place === parent && (found.mode & 0o1000) !== 0
    if ((found.mode & 0o002) !== 0 && !sticky) return true
    if (found.uid !== 0 && found.uid !== ownerUid) return true
  }
  return false
}
