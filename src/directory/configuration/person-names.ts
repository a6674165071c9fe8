import type { HumanStore } from '../humans/human-store.ts'

/** People in documents: by user name, in any spelling when they are read. */
export interface PersonNames {
  /** Of a person by id. Undefined for one who is deactivated: no document names them. */
  ofId(id: string | undefined): Promise<string | undefined>
  /** The user name of whom a text names. A text that names nobody yet, or several, stays as it is. */
  ofText(text: string): Promise<string>
}

/** For one reading: it remembers each. */
export function personNames(store: Pick<HumanStore, 'get' | 'allNamed'>): PersonNames {
  const byId = new Map<string, string | undefined>()
  const byText = new Map<string, string>()
  return {
    async ofId(id) {
      if (id === undefined) return undefined
      if (byId.has(id)) return byId.get(id)
      const human = await store.get(id)
      const name = human?.status === 'active' && human.deletedAt === undefined ? human.userName : undefined
      byId.set(id, name)
      return name
    },
    async ofText(text) {
      const known = byText.get(text)
      if (known !== undefined) return known
      const [only, ...others] = await store.allNamed(text)
      const name = only === undefined || others.length > 0 ? text : only.userName
      byText.set(text, name)
      return name
    },
  }
}
