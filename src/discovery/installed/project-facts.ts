import type { Folders } from '../files/folders.ts'

/** Facts of the catalogue about files of a project (`./…`), by the name in its folder that each begins with, or by how that ends. */
export class ProjectFacts<T extends { readonly path: string }> {
  readonly #byName = new Map<string, T[]>()
  /** For systems on which letters have no case. */
  readonly #byUpperName = new Map<string, T[]>()
  readonly #byEnd: { readonly end: string; readonly fact: T }[] = []

  constructor(facts: Iterable<T>) {
    for (const fact of facts) {
      if (!fact.path.startsWith('./')) continue
      const name = fact.path.slice(2).split('/', 1)[0] ?? ''
      if (name.startsWith('*')) this.#byEnd.push({ end: name.slice(1), fact })
      for (const [map, key] of [
        [this.#byName, name],
        [this.#byUpperName, name.toUpperCase()],
      ] as const) {
        const others = map.get(key)
        if (others === undefined) map.set(key, [fact])
        else others.push(fact)
      }
    }
  }

  /** Those that this folder may have something for: projects are many, and each has little of what there is. */
  async in(folders: Folders, workspace: string): Promise<readonly T[]> {
    const found: T[] = []
    const byName = folders.layout === 'linux' ? this.#byName : this.#byUpperName
    const names = (await folders.list(workspace)).map(({ name }) => folders.nameKey(name))
    for (const name of names) found.push(...(byName.get(name) ?? []))
    for (const { end, fact } of this.#byEnd) {
      const key = folders.nameKey(end)
      if (names.some((name) => name.endsWith(key))) found.push(fact)
    }
    return found
  }
}
