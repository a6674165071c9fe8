import { SuretyError } from '../../base/errors.ts'
import { dictionaryOf, parsePropertyList } from '../../base/property-lists/property-list.ts'
import type { PropertyListDictionary } from '../../base/property-lists/property-list-value.ts'
import type { PostureComponents } from '../components.ts'
import { absentAsUndefined } from '../read-optional.ts'

const PREFERENCES = '/Library/Preferences'
/** What a device management set. It wins over what people set. */
const MANAGED = '/Library/Managed Preferences'
const MAX_BYTES = 4 * 1024 * 1024

/**
 * The settings of one domain for the whole Mac, such as `com.apple.SoftwareUpdate`. Empty where nobody has set any.
 *
 * @throws as `TrustedFileReader.read`, and `INPUT_MALFORMED` for a file that is not understood.
 */
export async function readPreferences(
  components: Pick<PostureComponents, 'files'>,
  domain: string,
): Promise<PropertyListDictionary> {
  const own = await readDictionary(components, `${PREFERENCES}/${domain}.plist`)
  return { ...own, ...(await readManaged(components, domain)) }
}

/** What the device management set in a domain; empty without one. @throws as `readPreferences`. */
export async function readManaged(
  components: Pick<PostureComponents, 'files'>,
  domain: string,
): Promise<PropertyListDictionary> {
  return (await readDictionary(components, `${MANAGED}/${domain}.plist`)) ?? {}
}

/** @returns undefined when there is no such file. @throws as `readPreferences`. */
export async function readDictionary(
  { files }: Pick<PostureComponents, 'files'>,
  path: string,
): Promise<PropertyListDictionary | undefined> {
  const bytes = await absentAsUndefined(files.read(path, { maxBytes: MAX_BYTES }))
  if (bytes === undefined) return undefined
  const dictionary = dictionaryOf(parsePropertyList(bytes))
  if (dictionary === undefined) throw new SuretyError('INPUT_MALFORMED', `${path} has a form not known`)
  return dictionary
}
