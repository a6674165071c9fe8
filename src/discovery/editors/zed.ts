import { objectOf, textOf } from '../../base/json-object.ts'
import type { ExtensionSighting } from '../../protocol/sighting.ts'
import type { HomeLayout } from '../files/home-layout.ts'
import { isLink, tooMany } from '../files/source-log.ts'
import { parseConfig } from '../formats/config-text.ts'
import { MAX_EXTENSIONS } from '../matching/ai-extensions.ts'
import { sightingId } from '../matching/sighting-id.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import { toldName } from '../redaction/redact-name.ts'
import type { EditorComponents, EditorInit } from './editor.ts'

const SOURCE = 'editor-extensions'
const MAX_MANIFEST_BYTES = 1024 * 1024
const FOLDERS: Readonly<Record<HomeLayout, readonly string[]>> = {
  linux: ['.local/share/zed/extensions/installed', '.var/app/dev.zed.Zed/data/zed/extensions/installed'],
  darwin: ['Library/Application Support/Zed/extensions/installed'],
  windows: ['AppData/Local/Zed/extensions/installed'],
}
/** Tables of `extension.toml` that bring language models or agents into the editor. */
const AI_TABLES = ['context_servers', 'agent_servers', 'language_model_providers', 'slash_commands'] as const

/** Extensions of Zed: one folder each, with its `extension.toml`. Zed cannot switch one off without removing it. */
export async function findZedExtensions(components: EditorComponents, init: EditorInit): Promise<ExtensionSighting[]> {
  const found: ExtensionSighting[] = []
  for (const folder of FOLDERS[init.layout].map((relative) => `${init.home}/${relative}`)) {
    const all = await components.folders.list(folder)
    // One that is being developed is a link to where it is.
    for (const { name } of all.filter(({ kind }) => kind === 'link')) {
      components.sources.fault(SOURCE, `${folder}/${name}`, isLink(`${folder}/${name}`))
    }
    const entries = all.filter(({ kind }) => kind === 'directory')
    if (entries.length === 0) continue
    if (entries.length > MAX_EXTENSIONS) {
      components.sources.fault(SOURCE, folder, tooMany(MAX_EXTENSIONS, entries.length, 'extensions'))
    }
    const read = async () => {
      const names = entries.slice(0, MAX_EXTENSIONS).map(({ name }) => name)
      return (await Promise.all(names.map((name) => readExtension(components, init, folder, name)))).flat()
    }
    found.push(...(await components.sources.read(SOURCE, folder, read)))
  }
  return found
}

async function readExtension(
  { folders, sources }: EditorComponents,
  init: EditorInit,
  folder: string,
  id: string,
): Promise<ExtensionSighting[]> {
  const path = `${folder}/${id}/extension.toml`
  try {
    const manifest = await parseConfig(path, await folders.files.readText(path, { maxBytes: MAX_MANIFEST_BYTES }))
    const reasons = AI_TABLES.filter((table) => Object.keys(objectOf(manifest, table)).length > 0)
    const version = textOf(manifest, 'version')
    return [
      {
        kind: 'extension',
        id: sightingId('extension', 'zed', init.user.id, folder, id),
        name: toldName(textOf(manifest, 'name') ?? id),
        ...(version === undefined ? {} : { version: boundedText(version, 64) }),
        user: init.user,
        host: 'other',
        product: 'zed',
        profile: 'Default',
        extensionId: toldName(id),
        enabled: true,
        installSource: 'unknown',
        permissions: [],
        hostPermissions: [],
        broadHosts: false,
        ai: reasons.some((table) => table !== 'slash_commands'),
        evidence: reasons.map((table) => `its manifest has ${table}`),
      },
    ]
  } catch (error) {
    sources.fault(SOURCE, path, error)
    return []
  }
}
