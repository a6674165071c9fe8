import type { Catalogue, CatalogueEntry } from '../catalogue/catalogue.ts'
import { endOf } from '../catalogue/reported-kind.ts'

/** Extensions of the catalogue by id: the store assigns an id, while anyone can choose a name. */
export interface AiExtensions {
  readonly chromium: ReadonlyMap<string, CatalogueEntry>
  readonly firefox: ReadonlyMap<string, CatalogueEntry>
  readonly vscode: ReadonlyMap<string, CatalogueEntry>
  readonly jetbrains: ReadonlyMap<string, CatalogueEntry>
  /** By the name of the plugin's folder. */
  readonly vim: ReadonlyMap<string, CatalogueEntry>
  /** Programs that extensions speak to, by the names of their native messaging manifests. */
  readonly messagingHosts: ReadonlyMap<string, CatalogueEntry>
  /** Hosts that answer for models and for nothing else. */
  readonly modelHosts: ReadonlySet<string>
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
    modelHosts: new Set((catalogue.modelHosts ?? []).map(({ host }) => host)),
  }
}

/** What every sighting of an extension says of the catalogue. */
export function catalogueFacts(entry: CatalogueEntry | undefined, id: string) {
  if (entry === undefined) return { ai: false, evidence: [] }
  return {
    ai: true,
    catalogueId: entry.id,
    vendor: entry.vendor,
    ...endOf(entry),
    evidence: [`extension id ${id} is ${entry.name} in the catalogue`],
  }
}

/**
 * As `catalogueFacts`, of an extension of a browser: what it may reach says what it is for, a name never does.
 *
 * @param may names of programs it may speak to, and match patterns of sites.
 */
export function browserExtensionFacts(
  known: AiExtensions,
  entry: CatalogueEntry | undefined,
  id: string,
  may: { readonly nativeMessagingHosts?: readonly string[]; readonly hostPermissions: readonly string[] },
) {
  const facts = catalogueFacts(entry, id)
  const programs = (may.nativeMessagingHosts ?? []).flatMap((host) => {
    const agent = known.messagingHosts.get(host)
    return agent === undefined ? [] : [`may speak to ${host}, a program of ${agent.name}`]
  })
  const models = may.hostPermissions
    .filter((pattern) => known.modelHosts.has(hostOf(pattern)))
    .map((pattern) => `asks for the model at ${hostOf(pattern)}`)
  const evidence = [...facts.evidence, ...programs, ...new Set(models)].slice(0, 16)
  return { ...facts, ai: evidence.length > 0, evidence }
}

/** Of a match pattern; a star in it stands for more than one host. */
function hostOf(pattern: string): string {
  return /^(?:\*|https?|wss?):\/\/([^/:]+)/.exec(pattern)?.[1]?.toLowerCase() ?? ''
}

/** Limit of reported extensions of one profile, those of the catalogue first. Far above what people use. */
export const MAX_EXTENSIONS = 1_000

/** Puts the ids of the catalogue first, so that a crowd of others cannot hide them. */
export function knownFirst(ids: Iterable<string>, known: ReadonlyMap<string, unknown>): string[] {
  return [...ids].sort((a, b) => Number(known.has(b)) - Number(known.has(a)) || (a < b ? -1 : 1))
}
