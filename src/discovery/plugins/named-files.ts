import { posix } from 'node:path'
import { asObject, type JsonObject } from '../../base/json-object.ts'
import { plainPath } from '../files/plain-path.ts'
import { tooMany } from '../files/source-log.ts'
import { valuesAt } from '../formats/member-path.ts'
import type { PluginComponents } from './plugin-components.ts'

/** What a manifest has in the place of what it would say itself: one file or map, or a list of these. */
export interface NamedFiles {
  /** Below the folder of the plugin. */
  readonly files: readonly string[]
  /** Objects in such a list, beside the files. */
  readonly maps: readonly { readonly key: string[]; readonly value: JsonObject }[]
}

/** Of such a list the first. */
const MAX_NAMED = 16

export function namedFiles(
  { onFault }: Pick<PluginComponents, 'onFault'>,
  document: JsonObject,
  { path, key, root }: { readonly path: string; readonly key: readonly string[]; readonly root: string },
): NamedFiles {
  const [value] = valuesAt(document, key)
  const list: readonly unknown[] = Array.isArray(value) ? value : []
  if (list.length > MAX_NAMED) onFault(path, tooMany(MAX_NAMED, list.length, 'files of a list'))
  const first = list.slice(0, MAX_NAMED)
  return {
    files: [value, ...first].flatMap((text) => pathBelow(root, text) ?? []).filter((each) => each.endsWith('.json')),
    maps: first
      .map((each, at) => ({ key: [...key, String(at)], value: asObject(each) }))
      .filter(({ value }) => Object.keys(value).length > 0),
  }
}

/** What `./…` names below a folder; undefined for anything else. */
export function pathBelow(folder: string, text: unknown): string | undefined {
  if (typeof text !== 'string' || !text.startsWith('./')) return undefined
  const path = plainPath(posix.join(folder, text))
  return path?.startsWith(`${folder}/`) === true ? path : undefined
}
