import type { ExtensionSighting } from '../../protocol/sighting.ts'
import type { EditorComponents, EditorInit } from './editor.ts'
import { findJetbrainsPlugins } from './jetbrains.ts'
import { findVimPlugins } from './vim-plugins.ts'
import { findVscodeExtensions } from './vscode.ts'
import { findZedExtensions } from './zed.ts'

/** Extensions of every editor in one home, whether it runs or not. */
export async function findEditorExtensions(
  components: EditorComponents,
  init: EditorInit,
): Promise<ExtensionSighting[]> {
  return [
    ...(await findVscodeExtensions(components, init)),
    ...(await findJetbrainsPlugins(components, init)),
    ...(await findZedExtensions(components, init)),
    ...(await findVimPlugins(components, init)),
  ]
}
