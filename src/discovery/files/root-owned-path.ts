import { isRootId } from '../../base/user-id.ts'
import type { TrustedFileReader } from '../../system/files/files.ts'

/**
 * Where `path` leads, if nobody but root can change what lies there, or which file that is. Whoever then reads that place, and
 * not `path`, opens nothing that others have put there meanwhile: with the rights of root a link would lead anywhere.
 *
 * @returns undefined where others could.
 * @throws as `TrustedFileReader.stat`.
 */
export async function rootsAlone(
  { stat, realPath }: Pick<TrustedFileReader, 'stat' | 'realPath'>,
  path: string,
): Promise<string | undefined> {
  const real = await realPath(path)
  for (const place of [...foldersAbove(path), ...foldersAbove(real), real]) {
    const found = await stat(place)
    // In a sticky folder what is root's stays where it is.
    const sticky = place !== real && found !== undefined && (found.mode & 0o1000) !== 0
    if (found === undefined || !isRootId(found.owner) || ((found.mode & 0o022) !== 0 && !sticky)) return undefined
  }
  return real
}

/** As it is spelt: whoever owns a folder says what its names lead to. */
function foldersAbove(path: string): string[] {
  const folders = []
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) folders.push(path.slice(0, end))
  return folders
}
