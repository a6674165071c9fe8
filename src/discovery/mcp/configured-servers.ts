import { closed, type Static, Type, text } from '../../base/schema.ts'
import type { McpServerSighting, Sighting } from '../../protocol/sighting.ts'
import { launchForms, launchFormsSchema } from '../launch/launch-forms.ts'
import type { ProcessRecord } from '../matching/process-record.ts'

/** How one configured server is started; told to the daemon, and no further. */
export const serverLaunchSchema = closed({
  server: text(32),
  forms: launchFormsSchema,
  /** Clients that read the same configuration besides the one that is told. */
  alsoOf: Type.Optional(Type.Array(text(64), { maxItems: 16 })),
})
export type ServerLaunch = Static<typeof serverLaunchSchema>

/** So many launches of one home are told. */
export const MAX_LAUNCHES = 4_000

export interface WhoStarts {
  /** The catalogue's entry of the agent. */
  readonly client: string
  readonly userId: string
  /** The folder it works in. */
  readonly workspace?: string | undefined
}

export interface HomeServers {
  readonly sightings: readonly Sighting[]
  readonly launches?: readonly ServerLaunch[]
}

/** Of a sighting only what choosing takes: these are kept. */
interface Configured {
  readonly id: string
  readonly clients: readonly string[]
  readonly scope: McpServerSighting['scope']
  readonly userId: string | undefined
  readonly workspace: string | undefined
  readonly exactForm: string
}

const STRICTNESS = ['exact', 'loose', 'program'] as const
const SCOPES: readonly McpServerSighting['scope'][] = ['project', 'user', 'plugin', 'managed']

/** The MCP servers that agents are configured with, as the last look into homes found them, by how they are started. */
export class ConfiguredServers {
  readonly #byForm = new Map<string, Configured[]>()
  readonly #key: string

  /** @param homes each on its own: what one home says of the servers of another counts for nothing. */
  constructor(homes: readonly HomeServers[], key: string) {
    this.#key = key
    for (const home of homes) this.#addHome(home)
  }

  /** Those of one person as they are now; those of others stay. */
  replace(userId: string, home: HomeServers): void {
    for (const [form, configured] of this.#byForm) {
      const others = configured.filter((each) => each.userId !== userId)
      if (others.length === 0) this.#byForm.delete(form)
      else this.#byForm.set(form, others)
    }
    this.#addHome(home)
  }

  #addHome({ sightings, launches = [] }: HomeServers): void {
    const servers = new Map(sightings.flatMap((each) => (each.kind === 'mcp-server' ? [[each.id, each] as const] : [])))
    for (const launch of launches) {
      const sighting = servers.get(launch.server)
      if (sighting !== undefined) this.#add(sighting, launch)
    }
  }

  /** What is off for the client it is told of may be on for others that read the same file. */
  #add(sighting: McpServerSighting, { forms, alsoOf = [] }: ServerLaunch): void {
    const { id, client, enabled, scope, user, workspace } = sighting
    const clients = enabled === false ? alsoOf : [client, ...alsoOf]
    if (clients.length === 0) return
    const configured: Configured = { id, clients, scope, userId: user?.id, workspace, exactForm: forms.exact }
    for (const level of STRICTNESS) {
      const form = forms[level]
      if (form === undefined) continue
      const others = this.#byForm.get(form)
      if (others === undefined) this.#byForm.set(form, [configured])
      else others.push(configured)
    }
  }

  /** As `find`, of a program or of the wrapper that gave way to it: whichever is the whole of an entry, then what it runs now. */
  startedBy({ argv, firstArgv }: Pick<ProcessRecord, 'argv' | 'firstArgv'>, who: WhoStarts) {
    const now = this.find(argv, who)
    if (firstArgv === undefined || now?.exact === true) return now
    const first = this.find(firstArgv, who)
    return first?.exact === true ? first : (now ?? first)
  }

  /**
   * The entry that made `who` run this command line. Only its own configuration counts, and that of the whole machine; of
   * equal entries the project's comes first, as it does for agents. Undefined when none fits, or several of one rank do
   * that differ.
   */
  find(argv: readonly string[], who: WhoStarts): { readonly id: string; readonly exact: boolean } | undefined {
    if (this.#byForm.size === 0) return undefined
    const forms = launchForms(argv, this.#key)
    if (forms === undefined) return undefined
    for (const level of STRICTNESS) {
      const form = forms[level]
      const found = form === undefined ? undefined : choose(this.#byForm.get(form) ?? [], who)
      if (found !== undefined) return { id: found.id, exact: level === 'exact' }
    }
    return undefined
  }
}

function choose(configured: readonly Configured[], who: WhoStarts): Configured | undefined {
  const usable = configured.filter((each) => mayStart(each, who))
  for (const scope of SCOPES) {
    const ofScope = usable.filter((each) => each.scope === scope)
    const [first] = ofScope.toSorted((a, b) => depthOf(b) - depthOf(a))
    if (first === undefined) continue
    const rivals = ofScope.filter((each) => depthOf(each) === depthOf(first))
    return rivals.every(({ exactForm }) => exactForm === first.exactForm) ? first : undefined
  }
  return undefined
}

function mayStart({ clients, userId, workspace }: Configured, who: WhoStarts): boolean {
  if (!clients.includes(who.client) || (userId !== undefined && userId !== who.userId)) return false
  return workspace === undefined || who.workspace === undefined || isWithin(who.workspace, workspace)
}

export function isWithin(folder: string, above: string): boolean {
  return folder === above || folder.startsWith(above.endsWith('/') ? above : `${above}/`)
}

/** The nearest project wins. */
function depthOf({ workspace }: Configured): number {
  return workspace?.length ?? 0
}
