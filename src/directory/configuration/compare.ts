import { fieldWords } from '../../protocol/noun/difference.ts'
import type { ConfigurationChange } from '../../protocol/nouns/directory/configuration.ts'
import type { Kind, Present } from './kind.ts'

/** A change of a plan, in words. Pure. */

const MOST = 900

export function sentenceOf(
  { kind, removal }: Pick<Kind, 'kind' | 'removal'>,
  { action, name, fields }: Pick<ConfigurationChange, 'action' | 'name' | 'fields'>,
): string {
  const what = `${kind === 'service-account' ? 'service account' : kind} ${JSON.stringify(name)}`
  switch (action) {
    case 'create':
      return cut(`add ${what}${fields.length === 0 ? '' : `: ${fields.map(fieldWords).join('; ')}`}`)
    case 'change':
      return cut(`change ${kind === name ? kind : what}: ${fields.map(fieldWords).join('; ')}`)
    case 'remove':
      return cut(`${removal?.verb ?? 'remove'} ${what}${removal?.result === undefined ? '' : `: ${removal.result}`}`)
    case 'unchanged':
      return cut(`${what} is as it should be`)
  }
}

function cut(text: string): string {
  return text.length <= MOST ? text : `${text.slice(0, MOST)}…`
}

/** The key of each thing that is there; undefined for a key that several have. */
export function byKey(items: readonly Present[]): ReadonlyMap<string, Present | undefined> {
  const found = new Map<string, Present | undefined>()
  for (const item of items) found.set(item.key, found.has(item.key) ? undefined : item)
  return found
}
