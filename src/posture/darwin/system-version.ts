import { textIn } from '../../base/property-lists/property-list.ts'
import type { PostureComponents } from '../components.ts'
import { readDictionary } from './preferences.ts'

const PATH = '/System/Library/CoreServices/SystemVersion.plist'

export interface SystemVersion {
  /** `macOS` */
  readonly name: string
  readonly version: string
  /** Such as `24G90`. */
  readonly build: string | undefined
}

/** @returns undefined when macOS does not name its version. @throws as `readDictionary`. */
export async function readSystemVersion(
  components: Pick<PostureComponents, 'files'>,
): Promise<SystemVersion | undefined> {
  const values = await readDictionary(components, PATH)
  const version = values === undefined ? undefined : textIn(values, 'ProductVersion')
  if (values === undefined || version === undefined) return undefined
  return { name: textIn(values, 'ProductName') ?? 'macOS', version, build: textIn(values, 'ProductBuildVersion') }
}
