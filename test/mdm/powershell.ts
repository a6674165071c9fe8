import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Language, type Node, Parser } from 'web-tree-sitter'

/** The grammar of PowerShell, in place of a PowerShell. */

const require = createRequire(import.meta.url)

export interface ParsedScript {
  /** Line and text of what the grammar does not know. */
  readonly faults: readonly string[]
  /** Kinds of all named nodes in order, without their texts. */
  readonly shape: readonly string[]
}

export async function powerShellParser(): Promise<(script: string) => ParsedScript> {
  await Parser.init({ wasmBinary: readFileSync(require.resolve('web-tree-sitter/web-tree-sitter.wasm')) })
  const parser = new Parser()
  parser.setLanguage(
    await Language.load(readFileSync(require.resolve('tree-sitter-powershell/tree-sitter-powershell.wasm'))),
  )
  return (script) => {
    const tree = parser.parse(script)
    if (tree === null) throw new Error('the parser gave no tree')
    const faults: string[] = []
    const shape: string[] = []
    const walk = (node: Node) => {
      if (node.isError || node.isMissing) faults.push(`${node.startPosition.row + 1}: ${node.text.slice(0, 80)}`)
      if (node.isNamed) shape.push(node.type)
      for (const child of node.children) if (child !== null) walk(child)
    }
    walk(tree.rootNode)
    tree.delete()
    return { faults, shape }
  }
}
