import type { PostureComponents } from './components.ts'
import { parseOsRelease } from './parsers/os-release.ts'
import { readOptional } from './read-optional.ts'

/** Debian and most others point /etc at /usr/lib; a few have only the second. */
export async function readOsRelease(files: PostureComponents['files']): Promise<ReadonlyMap<string, string>> {
  const text =
    (await readOptional(files, '/etc/os-release')) ?? (await readOptional(files, '/usr/lib/os-release')) ?? ''
  return parseOsRelease(text)
}
