import { codeOf } from '../../base/errors.ts'
import { arrayOf, asObject, objectOf, textOf } from '../../base/json-object.ts'
import { tooMany } from '../files/source-log.ts'
import { readJsonFile } from '../formats/json-file.ts'
import { toldName } from '../redaction/redact-name.ts'
import type { EditorComponents } from './editor.ts'
import { idsIn, type VscodeWorkspace, vscodeWorkspaces } from './vscode-workspaces.ts'

/** A folder of user data: `…/User`. */
interface UserData {
  readonly path: string
}

export interface VscodeProfile {
  readonly name: string
  /** Folder of a named profile; the default one has none of its own. */
  readonly path?: string
  /** Ids, in lower case, that are switched off; absent when that could not be read. */
  readonly disabled?: ReadonlySet<string>
  /** Folders that are opened with this profile and switch something for themselves. */
  readonly workspaces: readonly VscodeWorkspace[]
}

const MAX_PROFILES = 64
const MAX_STORAGE_BYTES = 8 * 1024 * 1024
const MAX_STATE_BYTES = 64 * 1024 * 1024
const SQL = "SELECT value FROM ItemTable WHERE key = 'extensionsIdentifiers/disabled'"

/** The default profile first; then those that `storage.json` names, and folders of profiles that it forgot. */
export async function vscodeProfiles(
  components: EditorComponents,
  source: string,
  data: UserData,
): Promise<VscodeProfile[]> {
  const workspaces = await vscodeWorkspaces(components, source, data.path)
  const folders = (await components.folders.list(`${data.path}/profiles`)).filter(({ kind }) => kind === 'directory')
  if (folders.length > MAX_PROFILES) {
    components.sources.fault(source, `${data.path}/profiles`, tooMany(MAX_PROFILES, folders.length, 'profiles'))
  }
  const { names, bound } = folders.length === 0 ? NO_STORAGE : await readStorage(components, source, data)
  const openedWith = (profile: string) => workspaces.filter(({ uri }) => (bound.get(uri) ?? DEFAULT) === profile)
  const profiles: VscodeProfile[] = [
    { name: 'Default', workspaces: openedWith(DEFAULT), ...(await disabledIn(components, source, data.path)) },
  ]
  for (const { name } of folders.slice(0, MAX_PROFILES)) {
    const path = `${data.path}/profiles/${name}`
    profiles.push({
      name: toldName(names.get(name) ?? name),
      path,
      workspaces: openedWith(name),
      ...(await disabledIn(components, source, path)),
    })
  }
  return profiles
}

/** How the default profile is called where a folder is bound to it. */
const DEFAULT = '__default__profile__'

interface Storage {
  /** Of profiles, by their folders. */
  readonly names: ReadonlyMap<string, string>
  /** Profiles, by the addresses of the folders that are opened with them. */
  readonly bound: ReadonlyMap<string, string>
}

const NO_STORAGE: Storage = { names: new Map(), bound: new Map() }

async function readStorage({ folders, sources }: EditorComponents, source: string, data: UserData): Promise<Storage> {
  const path = `${data.path}/globalStorage/storage.json`
  try {
    const storage = await readJsonFile(folders.files, path, MAX_STORAGE_BYTES)
    const profiles = arrayOf(storage, 'userDataProfiles').map(asObject)
    const bound = Object.entries(objectOf(objectOf(storage, 'profileAssociations'), 'workspaces'))
    return {
      names: new Map(profiles.map((profile) => [locationOf(profile), textOf(profile, 'name') ?? locationOf(profile)])),
      bound: new Map(bound.flatMap(([uri, profile]) => (typeof profile === 'string' ? [[uri, profile]] : []))),
    }
  } catch (error) {
    sources.fault(source, path, error)
    return NO_STORAGE
  }
}

/** A folder's name, or a URI of the folder in older files. */
function locationOf(profile: ReturnType<typeof asObject>): string {
  const location = textOf(profile, 'location') ?? textOf(objectOf(profile, 'location'), 'path') ?? ''
  return location.slice(location.lastIndexOf('/') + 1)
}

/** What is switched off lies in a database of the editor. A copy is read, so that it may run meanwhile. */
async function disabledIn(
  { folders, databases, sources }: EditorComponents,
  source: string,
  folder: string,
): Promise<{ disabled?: ReadonlySet<string> }> {
  const path = `${folder}/globalStorage/state.vscdb`
  if (!(await folders.list(`${folder}/globalStorage`)).some(({ name }) => name === 'state.vscdb'))
    return { disabled: new Set() }
  try {
    const [row] = await databases.ask(path, SQL, { wholeUpTo: MAX_STATE_BYTES })
    return { disabled: row === undefined ? new Set() : idsIn(row.value) }
  } catch (error) {
    if (codeOf(error) === 'FILE_ABSENT') return { disabled: new Set() }
    sources.fault(source, path, error)
    return {}
  }
}
