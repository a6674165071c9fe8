import type { ExtensionSighting } from '../../protocol/sighting.ts'
import { catalogueFacts } from '../ai-extensions.ts'
import { sightingId } from '../sighting-id.ts'
import type { EditorComponents, EditorInit } from './editor.ts'

const SOURCE = 'editor-extensions'

/** Where plugin managers and Vim's own packages put plugins, one folder each. */
const PLUGIN_FOLDERS: readonly (readonly [product: string, folder: string])[] = [
  ['neovim', '.local/share/nvim/lazy'],
  ['neovim', '.local/share/nvim/plugged'],
  ['neovim', '.local/share/nvim/site/pack/*/start'],
  ['neovim', '.local/share/nvim/site/pack/*/opt'],
  ['neovim', '.local/share/nvim/mini.deps/pack/*/start'],
  ['neovim', '.local/share/nvim/mini.deps/pack/*/opt'],
  ['neovim', '.config/nvim/pack/*/start'],
  ['neovim', '.config/nvim/pack/*/opt'],
  ['vim', '.vim/plugged'],
  ['vim', '.vim/bundle'],
  ['vim', '.vim/pack/*/start'],
  ['vim', '.vim/pack/*/opt'],
]

/** Plugins of the catalogue: the others are many, without versions, and say nothing of themselves. */
export async function findVimPlugins(components: EditorComponents, init: EditorInit): Promise<ExtensionSighting[]> {
  const found: ExtensionSighting[] = []
  for (const [product, relative] of PLUGIN_FOLDERS) {
    for (const folder of await components.folders.expand(`${init.home}/${relative}`)) {
      const plugins = (await components.folders.list(folder)).filter(({ kind }) => kind === 'directory')
      if (plugins.length === 0) continue
      const known = plugins.filter(({ name }) => init.known.vim.has(name))
      const read = async () => known.map(({ name }) => sightingOf(init, product, folder, name))
      found.push(...(await components.sources.read(SOURCE, folder, read)))
    }
  }
  return found
}

function sightingOf(init: EditorInit, product: string, folder: string, name: string): ExtensionSighting {
  const entry = init.known.vim.get(name)
  return {
    kind: 'extension',
    id: sightingId('extension', 'vim', init.user.uid, folder, name),
    name: entry?.name ?? name,
    user: init.user,
    host: 'other',
    product,
    profile: 'Default',
    extensionId: name,
    enabled: folder.endsWith('/opt') ? 'unknown' : true,
    installSource: 'unknown',
    permissions: [],
    hostPermissions: [],
    broadHosts: false,
    ...catalogueFacts(entry, name),
    path: `${folder}/${name}`.slice(0, 4096),
  }
}
