import type { HomeLayout } from '../home-layout.ts'

/** One editor of the VS Code family, below a home. */
export interface VscodeProduct {
  readonly product: string
  readonly folders: readonly VscodeFolders[]
}

/** Editor and server have folders of their own. */
export interface VscodeFolders {
  /** With `extensions.json` and one folder an extension. */
  readonly extensions: string
  /** `User`: profiles and what is switched off. */
  readonly userData: string
  /** The folder of extensions is another's too: it is this one's where it has data of its own. */
  readonly shared?: true
}

/**
 * Each keeps extensions in a folder with a dot, its data where the system has applications keep it, and on a machine that is
 * worked on from afar both in the folder of its server. Seven of them are those of osquery's `vscode_extensions`, the others
 * are as public configurations of people name them.
 */
const FAMILY: readonly (readonly [product: string, dot: string, data: string])[] = [
  ['vscode', 'vscode', 'Code'],
  ['vscode-insiders', 'vscode-insiders', 'Code - Insiders'],
  ['code-oss', 'vscode-oss', 'Code - OSS'],
  ['vscodium', 'vscodium', 'VSCodium'],
  ['vscodium-insiders', 'vscodium-insiders', 'VSCodium - Insiders'],
  ['cursor', 'cursor', 'Cursor'],
  ['windsurf', 'windsurf', 'Windsurf'],
  ['windsurf-next', 'windsurf-next', 'Windsurf - Next'],
  ['devin', 'devin', 'Devin'],
  ['antigravity', 'antigravity', 'Antigravity'],
  ['kiro', 'kiro', 'Kiro'],
  ['trae', 'trae', 'Trae'],
  ['trae-cn', 'trae-cn', 'Trae CN'],
  ['void', 'void-editor', 'Void'],
  ['positron', 'positron', 'Positron'],
]

const DATA: Readonly<Record<HomeLayout, string>> = {
  linux: '.config',
  darwin: 'Library/Application Support',
  windows: 'AppData/Roaming',
}

/** Only there. */
const LINUX: readonly (readonly [product: string, extensions: string, userData: string])[] = [
  [
    'vscode',
    '.var/app/com.visualstudio.code/data/vscode/extensions',
    '.var/app/com.visualstudio.code/config/Code/User',
  ],
  [
    'vscodium',
    '.var/app/com.vscodium.codium/data/codium/extensions',
    '.var/app/com.vscodium.codium/config/VSCodium/User',
  ],
  // Of a container or a code space.
  ['vscode', '.vscode-remote/extensions', '.vscode-remote/data/User'],
  ['code-server', '.local/share/code-server/extensions', '.local/share/code-server/User'],
  ['openvscode-server', '.openvscode-server/extensions', '.openvscode-server/data/User'],
]

export function vscodeProducts(layout: HomeLayout): readonly VscodeProduct[] {
  const products = new Map<string, VscodeFolders[]>()
  const add = (product: string, extensions: string, userData: string, more: Pick<VscodeFolders, 'shared'> = {}) =>
    products.set(product, [...(products.get(product) ?? []), { extensions, userData, ...more }])
  for (const [product, dot, data] of FAMILY) {
    add(product, `.${dot}/extensions`, `${DATA[layout]}/${data}/User`)
    add(product, `.${dot}-server/extensions`, `.${dot}-server/data/User`)
  }
  // Only where it is a server has it one of its own.
  add('vscodium', '.vscode-oss/extensions', `${DATA[layout]}/VSCodium/User`, { shared: true })
  for (const [product, extensions, userData] of layout === 'linux' ? LINUX : []) add(product, extensions, userData)
  return [...products].map(([product, folders]) => ({ product, folders }))
}
