import { VSCODE_DATA } from '../catalogue/path-pattern.ts'
import type { HomeLayout } from './home-layout.ts'

/** One editor of the VS Code family, below a home. */
export interface VscodeProduct {
  readonly product: string
  /** The entry of the catalogue that it is. */
  readonly client: string
  readonly folders: readonly VscodeFolders[]
}

/** Editor and server have folders of their own. */
export interface VscodeFolders {
  /** With `extensions.json` and one folder an extension. */
  readonly extensions: string
  /** With `User`: settings, profiles and what is switched off. */
  readonly data: string
  /** The folder of extensions is another's too: it is this one's where it has data of its own. */
  readonly shared?: true
}

/**
 * Each keeps extensions in a folder with a dot, its data where the system has applications keep it, and on a machine that is
 * worked on from afar both in the folder of its server. Seven of them are those of osquery's `vscode_extensions`, the others
 * are as public configurations of people name them. Last the entry of the catalogue whose settings they read.
 */
const FAMILY: readonly (readonly [product: string, dot: string, data: string, client: string])[] = [
  ['vscode', 'vscode', 'Code', 'vscode'],
  ['vscode-insiders', 'vscode-insiders', 'Code - Insiders', 'vscode'],
  ['code-oss', 'vscode-oss', 'Code - OSS', 'vscode'],
  ['vscodium', 'vscodium', 'VSCodium', 'vscode'],
  ['vscodium-insiders', 'vscodium-insiders', 'VSCodium - Insiders', 'vscode'],
  ['cursor', 'cursor', 'Cursor', 'cursor'],
  ['windsurf', 'windsurf', 'Windsurf', 'windsurf'],
  ['windsurf-next', 'windsurf-next', 'Windsurf - Next', 'windsurf'],
  ['devin', 'devin', 'Devin', 'windsurf'],
  ['antigravity', 'antigravity', 'Antigravity', 'antigravity'],
  ['antigravity-ide', 'antigravity-ide', 'Antigravity IDE', 'antigravity'],
  ['kiro', 'kiro', 'Kiro', 'kiro'],
  ['trae', 'trae', 'Trae', 'trae'],
  ['trae-cn', 'trae-cn', 'Trae CN', 'trae'],
  ['void', 'void-editor', 'Void', 'void'],
  ['positron', 'positron', 'Positron', 'vscode'],
]

const DATA: Readonly<Record<HomeLayout, string>> = {
  linux: '.config',
  darwin: 'Library/Application Support',
  windows: 'AppData/Roaming',
}

/** The folder of its server is not called after that of the editor. */
const SERVERS: readonly (readonly [product: string, dot: string])[] = [
  ['vscode-insiders', 'vscode-server-insiders'],
  ['vscodium-insiders', 'vscodium-server-insiders'],
]

/** Only there. */
const LINUX: readonly (readonly [product: string, extensions: string, data: string])[] = [
  ['vscode', '.var/app/com.visualstudio.code/data/vscode/extensions', '.var/app/com.visualstudio.code/config/Code'],
  ['vscodium', '.var/app/com.vscodium.codium/data/codium/extensions', '.var/app/com.vscodium.codium/config/VSCodium'],
  // Of a container or a code space.
  ['vscode', '.vscode-remote/extensions', '.vscode-remote/data'],
  ['code-server', '.local/share/code-server/extensions', '.local/share/code-server'],
  ['openvscode-server', '.openvscode-server/extensions', '.openvscode-server/data'],
]

export function vscodeProducts(layout: HomeLayout): readonly VscodeProduct[] {
  const products = new Map<string, VscodeFolders[]>()
  const add = (product: string, extensions: string, data: string, more: Pick<VscodeFolders, 'shared'> = {}) =>
    products.set(product, [...(products.get(product) ?? []), { extensions, data, ...more }])
  const addServer = (product: string, dot: string) => add(product, `.${dot}/extensions`, `.${dot}/data`)
  for (const [product, dot, data] of FAMILY) {
    add(product, `.${dot}/extensions`, `${DATA[layout]}/${data}`)
    addServer(product, `${dot}-server`)
  }
  for (const [product, dot] of SERVERS) addServer(product, dot)
  // Only where it is a server has it one of its own.
  add('vscodium', '.vscode-oss/extensions', `${DATA[layout]}/VSCodium`, { shared: true })
  for (const [product, extensions, data] of layout === 'linux' ? LINUX : []) add(product, extensions, data)
  return [...products].map(([product, folders]) => ({ product, client: CLIENTS.get(product) ?? 'vscode', folders }))
}

const CLIENTS: ReadonlyMap<string, string> = new Map(FAMILY.map(([product, , , client]) => [product, client]))

export interface VscodeDataPath {
  /** Below a home; none of an entry that has no editor of the family. */
  readonly folders: readonly string[]
  /** What is meant in each, with a slash before it. */
  readonly within: string
}

/** What a path of the catalogue means; undefined for one that is not about their data. */
export function inVscodeData(path: string, layout: HomeLayout): VscodeDataPath | undefined {
  const found = VSCODE_DATA.exec(path)
  if (found === null) return undefined
  const [place, client] = found
  const own = vscodeProducts(layout).filter((product) => client === undefined || product.client === client)
  const folders = new Set(own.flatMap((product) => product.folders.map(({ data }) => data)))
  return { folders: [...folders], within: path.slice(place.length) }
}
