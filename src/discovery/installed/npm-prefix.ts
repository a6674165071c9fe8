import { codeOf } from '../../base/errors.ts'
import { portableText } from '../../system/files/portable-text.ts'
import type { Folders } from '../files/folders.ts'

const MAX_NPMRC_BYTES = 64 * 1024
const NPMRC = '~/.npmrc'
const OWN_HOME = /^(?:\$\{(?:HOME|USERPROFILE)\}|~)(?=[\\/])/

/**
 * Where npm puts what a person installs globally, when they moved it: patterns of `node_modules` folders. Of the file,
 * which may hold tokens of registries, that one line is looked at and nothing is kept.
 */
export async function npmPrefixes({
  folders,
  onFault,
}: {
  readonly folders: Folders
  readonly onFault: (path: string, error: unknown) => void
}): Promise<readonly string[]> {
  for (const path of await folders.expand(NPMRC)) {
    if ((await folders.kindOf(path)) !== 'file') continue
    try {
      const text = await folders.files.readText(path, { maxBytes: MAX_NPMRC_BYTES })
      const [, value = ''] = /^[ \t]*prefix[ \t]*=[ \t]*["']?([^"'\r\n]{1,1024})/m.exec(text) ?? []
      const inHome = folders.placeOf(
        portableText(value.trim().replace(OWN_HOME, () => path.slice(0, path.lastIndexOf('/')))),
      )
      // A star would be a pattern; what lies outside the home is looked at for everybody.
      const isPlain = !/[*\0]/.test(inHome) && !inHome.split('/').some((part) => part === '..' || part === '.')
      const home = path.slice(0, path.lastIndexOf('/') + 1)
      const inside = folders.layout === 'windows' ? 'node_modules' : 'lib/node_modules'
      return isPlain && inHome.startsWith(home) ? [`${inHome.replace(/\/+$/, '')}/${inside}`] : []
    } catch (error) {
      if (codeOf(error) !== 'FILE_ABSENT') onFault(path, error)
    }
  }
  return []
}
