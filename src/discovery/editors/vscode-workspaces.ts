import { fileURLToPath } from 'node:url'
import { codeOf } from '../../base/errors.ts'
import { parseJson } from '../../base/json.ts'
import { asObject, type JsonObject, textOf } from '../../base/json-object.ts'
import { tooMany } from '../files/source-log.ts'
import { readJsonFile } from '../formats/json-file.ts'
import type { EditorComponents } from './editor.ts'

/** What a person has switched on or off for one folder they work in. */
export interface VscodeWorkspace {
  /** Its address, as profiles are bound to it. */
  readonly uri: string
  /** The folder, or the file that names several. */
  readonly path: string
  /** Ids in lower case. What is on here is on, though it be off here too. */
  readonly enabled: ReadonlySet<string>
  readonly disabled: ReadonlySet<string>
}

/** Limit for one editor, far above what people use. */
const MAX_WORKSPACES = 200
const MAX_WORKSPACE_BYTES = 64 * 1024
const DISABLED = 'extensionsIdentifiers/disabled'
const ENABLED = 'extensionsIdentifiers/enabled'
/** Of a database that may be large, the pages with these alone. */
const SQL = `SELECT key, value FROM ItemTable WHERE key IN ('${DISABLED}', '${ENABLED}')`

/** Only those that have something of their own. */
export async function vscodeWorkspaces(
  components: EditorComponents,
  source: string,
  userData: string,
): Promise<readonly VscodeWorkspace[]> {
  const { folders, sources } = components
  const all = (await folders.list(`${userData}/workspaceStorage`)).filter(({ kind }) => kind === 'directory')
  if (all.length > MAX_WORKSPACES) {
    sources.fault(source, `${userData}/workspaceStorage`, tooMany(MAX_WORKSPACES, all.length, 'workspaces'))
  }
  const found: VscodeWorkspace[] = []
  for (const { name } of all.slice(0, MAX_WORKSPACES)) {
    const workspace = await readWorkspace(components, source, `${userData}/workspaceStorage/${name}`)
    if (workspace !== undefined) found.push(workspace)
  }
  return found
}

async function readWorkspace(
  { folders, databases, sources }: EditorComponents,
  source: string,
  folder: string,
): Promise<VscodeWorkspace | undefined> {
  const state = `${folder}/state.vscdb`
  if ((await folders.kindOf(state)) === undefined) return undefined
  try {
    const rows = await databases.ask(state, SQL)
    const idsAt = (key: string) => idsIn(rows.find((row) => row.key === key)?.value)
    const [enabled, disabled] = [idsAt(ENABLED), idsAt(DISABLED)]
    if (enabled.size + disabled.size === 0) return undefined
    const place = placeOf(await readJsonFile(folders.files, `${folder}/workspace.json`, MAX_WORKSPACE_BYTES))
    if (place === undefined) return undefined
    return { uri: place.uri, path: folders.placeOf(place.path), enabled, disabled }
  } catch (error) {
    if (codeOf(error) !== 'FILE_ABSENT') sources.fault(source, state, error)
    return undefined
  }
}

/** Undefined for a folder on another machine. */
function placeOf(workspace: JsonObject): Pick<VscodeWorkspace, 'uri' | 'path'> | undefined {
  const uri = textOf(workspace, 'folder') ?? textOf(workspace, 'workspace') ?? ''
  if (!uri.startsWith('file:///')) return undefined
  try {
    return { uri, path: fileURLToPath(uri) }
  } catch {
    return undefined
  }
}

/** A list of objects with `id`, as text; anything else names none. */
export function idsIn(value: unknown): ReadonlySet<string> {
  if (typeof value !== 'string') return new Set()
  const list = parseJson(value, { maxBytes: 1024 * 1024, maxDepth: 8 })
  const ids = (Array.isArray(list) ? list : []).map((item) => textOf(asObject(item), 'id')?.toLowerCase())
  return new Set(ids.filter((id) => id !== undefined))
}
