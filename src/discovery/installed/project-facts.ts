import type { Folders } from './folders.ts'

/** Facts of the catalogue about files of a project (`./…`), by the name in its folder that each begins with. */
export class ProjectFacts<T extends { readonly path: string }> {
  readonly #byName = new Map<string, T[]>()

  constructor(facts: Iterable<T>) {
    for (const fact of facts) {
      if (!fact.path.startsWith('./')) continue
      const name = fact.path.slice(2).split('/', 1)[0] ?? ''
      const others = this.#byName.get(name)
      if (others === undefined) this.#byName.set(name, [fact])
      else others.push(fact)
    }
  }

  /** Those that this folder may have something for: projects are many, and each has little of what there is. */
  async in(folders: Folders, workspace: string): Promise<readonly T[]> {
    const found: T[] = []
    for (const { name } of await folders.list(workspace)) found.push(...(this.#byName.get(name) ?? []))
    return found
  }
}
