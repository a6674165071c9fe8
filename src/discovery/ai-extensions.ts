import type { Catalogue, CatalogueEntry } from './catalogue/catalogue.ts'

/** Extensions of the catalogue by id: an id is assigned by the store, a name by anybody. */
export interface AiExtensions {
  readonly chromium: ReadonlyMap<string, CatalogueEntry>
  readonly firefox: ReadonlyMap<string, CatalogueEntry>
  readonly vscode: ReadonlyMap<string, CatalogueEntry>
  readonly jetbrains: ReadonlyMap<string, CatalogueEntry>
  /** By the name of the plugin's folder. */
  readonly vim: ReadonlyMap<string, CatalogueEntry>
  /** Programs that extensions speak to, by the names of their native messaging manifests. */
  readonly messagingHosts: ReadonlyMap<string, CatalogueEntry>
}

export function indexExtensions(catalogue: Catalogue): AiExtensions {
  const by = (factsOf: (entry: CatalogueEntry) => readonly { readonly id: string }[] | undefined) =>
    new Map(catalogue.entries.flatMap((entry) => (factsOf(entry) ?? []).map(({ id }) => [id, entry] as const)))
  return {
    chromium: by((entry) => entry.chromium),
    firefox: by((entry) => entry.firefox),
    vscode: by((entry) => entry.vscode),
    jetbrains: by((entry) => entry.jetbrains),
    vim: by((entry) => entry.vim),
    messagingHosts: new Map(
      catalogue.entries.flatMap((entry) =>
        (entry.nativeMessagingHosts ?? []).map(({ name }) => [name, entry] as const),
      ),
    ),
  }
}

/** What every sighting of an extension says of the catalogue. */
export function catalogueFacts(entry: CatalogueEntry | undefined, id: string) {
  if (entry === undefined) return { ai: false, evidence: [] }
  return {
    ai: true,
    catalogueId: entry.id,
    vendor: entry.vendor,
    evidence: [`extension id ${id} is ${entry.name} in the catalogue`],
  }
}

/** As `catalogueFacts`, of an extension that may speak to these programs: one of an agent's says what the extension is for. */
export function browserExtensionFacts(
  known: AiExtensions,
  entry: CatalogueEntry | undefined,
  id: string,
  hosts: readonly string[],
) {
  const facts = catalogueFacts(entry, id)
  const agents = hosts.flatMap((host) => {
    const agent = known.messagingHosts.get(host)
    return agent === undefined ? [] : [`may speak to ${host}, a program of ${agent.name}`]
  })
  return { ...facts, ai: facts.ai || agents.length > 0, evidence: [...facts.evidence, ...agents].slice(0, 16) }
}

/** So many extensions of one profile are told, those of the catalogue first; nobody has more for an honest reason. */
export const MAX_EXTENSIONS = 1_000

/** Puts the ids of the catalogue first, so that a crowd of others cannot hide them. */
export function knownFirst(ids: Iterable<string>, known: ReadonlyMap<string, unknown>): string[] {
  return [...ids].sort((a, b) => Number(known.has(b)) - Number(known.has(a)) || (a < b ? -1 : 1))
}
