/** One editor of the VS Code family on Linux, below a home. */
export interface VscodeProduct {
  readonly product: string
  /** Folders with `extensions.json`: of the editor itself, and of its server on a machine that is worked on from afar. */
  readonly extensions: readonly string[]
  /** Folders of user data: profiles and what is switched off; empty where unknown. */
  readonly userData: readonly string[]
}

const product = (name: string, dot: string, config: string, more: Partial<VscodeProduct> = {}): VscodeProduct => ({
  product: name,
  extensions: [`.${dot}/extensions`, `.${dot}-server/extensions`, ...(more.extensions ?? [])],
  userData: [`.config/${config}/User`, `.${dot}-server/data/User`, ...(more.userData ?? [])],
})

export const VSCODE_PRODUCTS: readonly VscodeProduct[] = [
  product('vscode', 'vscode', 'Code', {
    extensions: ['.var/app/com.visualstudio.code/data/vscode/extensions', '.vscode-remote/extensions'],
    userData: ['.var/app/com.visualstudio.code/config/Code/User', '.vscode-remote/data/User'],
  }),
  product('vscode-insiders', 'vscode-insiders', 'Code - Insiders'),
  product('code-oss', 'vscode-oss', 'Code - OSS', {
    userData: ['.config/VSCodium/User', '.var/app/com.vscodium.codium/config/VSCodium/User'],
    extensions: ['.var/app/com.vscodium.codium/data/codium/extensions'],
  }),
  product('vscodium', 'vscodium', 'VSCodium'),
  product('cursor', 'cursor', 'Cursor'),
  product('windsurf', 'windsurf', 'Windsurf'),
  product('devin', 'devin', 'Devin'),
  product('antigravity', 'antigravity', 'Antigravity'),
  product('kiro', 'kiro', 'Kiro'),
  product('trae', 'trae', 'Trae'),
  product('void', 'void-editor', 'Void'),
  product('positron', 'positron', 'Positron'),
]
