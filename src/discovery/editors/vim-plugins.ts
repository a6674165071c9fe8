import type { ExtensionSighting } from '../../protocol/sighting.ts'
import type { HomeLayout } from '../files/home-layout.ts'
import { catalogueFacts } from '../matching/ai-extensions.ts'
import { sightingId } from '../matching/sighting-id.ts'
import type { EditorComponents, EditorInit } from './editor.ts'

const SOURCE = 'editor-extensions'

/** Where plugin managers and Vim's own packages put plugins, one folder each; see `:help runtimepath` and `:help packages`. */
const NEOVIM_DATA = ['lazy', 'plugged', 'site/pack/*/start', 'site/pack/*/opt', 'mini.deps/pack/*/start']
const PACKAGES = ['pack/*/start', 'pack/*/opt']
const BUNDLES = ['plugged', 'bundle', ...PACKAGES]

type PluginFolders = readonly (readonly [product: string, parent: string, folders: readonly string[]])[]

/** With `NVIM_APPNAME` its folders have other names, most often with `vim` in them. */
const XDG: PluginFolders = [
  ['neovim', '.local/share/*vim*', NEOVIM_DATA],
  ['neovim', '.config/*vim*', PACKAGES],
  ['neovim', '.cache/dein/repos/github.com', ['*']],
  ['vim', '.vim', BUNDLES],
]
const PLUGIN_FOLDERS: Readonly<Record<HomeLayout, PluginFolders>> = {
  linux: [...XDG, ['neovim', '.var/app/io.neovim.nvim/data/nvim', NEOVIM_DATA]],
  darwin: XDG,
  windows: [
    ['neovim', 'AppData/Local/*vim*-data', NEOVIM_DATA],
    ['neovim', 'AppData/Local/*vim*', PACKAGES],
    ['vim', 'vimfiles', BUNDLES],
  ],
}

/** Plugins of the catalogue: the others are many, without versions, and say nothing of themselves. */
export async function findVimPlugins(components: EditorComponents, init: EditorInit): Promise<ExtensionSighting[]> {
  const found: ExtensionSighting[] = []
  const places = PLUGIN_FOLDERS[init.layout].flatMap(([product, parent, folders]) =>
    folders.map((folder) => [product, `${init.home}/${parent}/${folder}`] as const),
  )
  for (const [product, pattern] of places) {
    for (const folder of await components.folders.expand(pattern)) {
      // Nothing in them is read: one that is a link to a working copy is there all the same.
      const plugins = (await components.folders.list(folder)).filter(
        ({ kind }) => kind === 'directory' || kind === 'link',
      )
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
    id: sightingId('extension', 'vim', init.user.id, folder, name),
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
