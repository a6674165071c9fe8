import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PostureComponents } from '../../../src/posture/components.ts'
import type { FileStat } from '../../../src/system/files/files.ts'
import type { Answer } from '../fake-commands.ts'
import { machine } from '../fake-components.ts'
import { type Tree, treeFiles } from '../tree-files.ts'

/** A Mac on which there is only what the test puts there. `changed`: when a file or folder was, in milliseconds. */
export function mac(
  tree: Tree = {},
  commands: Readonly<Record<string, Answer>> = {},
  { changed = {}, ...more }: Partial<PostureComponents> & { readonly changed?: Readonly<Record<string, number>> } = {},
): PostureComponents {
  const files = {
    ...treeFiles(tree),
    async stat(path: string): Promise<FileStat | undefined> {
      const modifiedMs = changed[path]
      if (modifiedMs === undefined) return undefined
      return { kind: 'file', sizeBytes: 1, owner: '0', group: '0', mode: 0o644, modifiedMs }
    },
  }
  return machine(tree, commands, { files, ...more })
}

export function fixture(name: string): string {
  return readFileSync(join(import.meta.dirname, '../../fixtures/darwin', name), 'utf8')
}

/** A property list with one dictionary. */
export function plist(members: Readonly<Record<string, boolean | number | string | Date>>): string {
  const body = Object.entries(members).map(([name, value]) => `<key>${name}</key>${elementOf(value)}`)
  return `<?xml version="1.0" encoding="UTF-8"?><plist version="1.0"><dict>${body.join('')}</dict></plist>`
}

function elementOf(value: boolean | number | string | Date): string {
  if (typeof value === 'boolean') return value ? '<true/>' : '<false/>'
  if (typeof value === 'number') return `<integer>${value}</integer>`
  return value instanceof Date ? `<date>${value.toISOString().slice(0, 19)}Z</date>` : `<string>${value}</string>`
}
