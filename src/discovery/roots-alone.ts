import type { TrustedFileReader } from '../system/files.ts'

/**
 * Can nobody but root change which file `path` leads to, or what is in it? What others may put in the place of is not opened
 * with the rights of root: a link would lead anywhere.
 *
 * @throws as `TrustedFileReader.stat`.
 */
export async function isRootsAlone(
  { stat, realPath }: Pick<TrustedFileReader, 'stat' | 'realPath'>,
  path: string,
): Promise<boolean> {
  const real = await realPath(path)
  for (let place = real; place !== ''; place = place.slice(0, place.lastIndexOf('/'))) {
    const found = await stat(place)
    // In a sticky folder what is root's stays where it is.
    const sticky = place !== real && found !== undefined && (found.mode & 0o1000) !== 0
    if (found === undefined || found.uid !== 0 || ((found.mode & 0o002) !== 0 && !sticky)) return false
  }
  return true
}
