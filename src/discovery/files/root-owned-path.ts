import { isRootId } from '../../base/text/user-id.ts'
import type { TrustedFileReader } from '../../system/files/files.ts'
import { withFoldersAbove } from './plain-path.ts'

/**
 * Where `path` leads, if only root can change the file or which file it is. Read the answer, not `path`: others cannot replace
 * it meanwhile, while a link followed with the rights of root could lead anywhere.
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

/** As it is spelt, because the owner of a folder decides where its names lead. */
function foldersAbove(path: string): readonly string[] {
  return withFoldersAbove(path).slice(1)
}
