import type { EntryView } from '../../protocol/nouns/directory/record.ts'

/** What a report says of people: their names and addresses, or only their ids. */
export interface Names {
  readonly ofEntry: (entry: EntryView) => EntryView
  /** Of an item of the register, with the items in it. */
  readonly ofItem: (item: object) => object
}

/** The log has not signed what things are called today. */
export const NAMES: Names = { ofEntry: ({ names: _names, ...entry }) => entry, ofItem: (item) => item }

/** Ids stay. Only who has the register knows which person has one. */
export const PSEUDONYMS: Names = {
  ofEntry({ actorName: _name, address: _address, names: _names, personal = [], ...entry }) {
    const without = (place: 'before' | 'after' | 'details') => {
      const { [place]: values } = entry
      if (values === undefined) return {}
      const texts = Object.entries(values).map(([name, value]) => [
        name,
        personal.includes(`${place}.${name}`) && !isId(value) ? null : value,
      ])
      return { [place]: Object.fromEntries(texts) }
    }
    return { ...entry, ...without('before'), ...without('after'), ...without('details') }
  },
  ofItem: withoutNames,
}

/** Members that name a person or their account. */
const NAMING = ['ownerName', 'ownerUserName', 'successorName', 'setByName', 'human', 'user']

function withoutNames(item: object): object {
  const kept = Object.entries(item).filter(
    ([name, value]) => isId(value) || !(NAMING.includes(name) || (name === 'name' && 'id' in item && isActor(item.id))),
  )
  return Object.fromEntries(kept.map(([name, value]) => [name, valueWithoutNames(value)]))
}

function valueWithoutNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(valueWithoutNames)
  return typeof value === 'object' && value !== null ? withoutNames(value) : value
}

function isActor(id: unknown): boolean {
  return typeof id === 'string' && /^(adm|hum|svc)_/.test(id)
}

function isId(value: unknown): boolean {
  return typeof value === 'string' && /^[a-z]{2,5}_[A-Za-z0-9_-]{16,64}$/.test(value)
}
