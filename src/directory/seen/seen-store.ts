import type { Deviation, SeenState } from '../../protocol/nouns/agents/seen-agents.ts'
import type { Signal } from '../../protocol/sighting.ts'

/** One product of one user on one device. */
export interface SeenKey {
  readonly device: string
  /** The catalogue entry, or `unknown/NAME`, as everywhere in the fleet. */
  readonly item: string
  /** Empty for an agent of no user. */
  readonly userId: string
}

/** What one present sighting says that a registration is compared with. */
export interface Instance {
  readonly sighting: string
  readonly running: boolean
  readonly name: string
  readonly userName: string | undefined
  readonly version: string | undefined
  /** Of the process, or where it is installed. */
  readonly executable: string | undefined
  readonly workspaces: readonly string[]
  readonly autonomy: 'asks' | 'autonomous' | 'unknown'
  readonly evidence: readonly string[]
}

/** The present sightings of a seen agent. */
export interface Presence {
  readonly present: number
  readonly running: number
  readonly autonomous: number
  /** Running ones first. At most 100; the counts are of all. */
  readonly instances: readonly Instance[]
}

export interface Ignored {
  readonly by: string
  readonly at: number
  readonly reason: string
  /** It is unknown again from then on. */
  readonly until?: number | undefined
}

/** A seen agent as stored. */
export interface StoredSeen extends SeenKey {
  readonly number: number
  readonly id: string
  /** As a stop selects it. */
  readonly product: string
  readonly userName: string | undefined
  /** Whose account it is, confirmed or proposed. */
  readonly human: string | undefined
  readonly name: string
  /** A running sighting, or one of those that are present; the last one if none is. */
  readonly sighting: string
  readonly state: SeenState
  readonly registration: string | undefined
  /** Of the state: `match`, the id of a principal, a rule or a stop. */
  readonly decidedBy: string | undefined
  readonly decidedAt: number | undefined
  readonly ignored: Ignored | undefined
  readonly present: number
  readonly running: number
  readonly autonomous: number
  readonly version: string | undefined
  readonly executable: string | undefined
  readonly workspace: string | undefined
  /** Of running ones, without versions, as first seen or registered. */
  readonly executables: readonly string[]
  /** MCP servers that start something else than then: the launch hash of that time by sighting. */
  readonly launches: Readonly<Record<string, string>>
  readonly deviations: readonly Deviation[]
  readonly firstSeen: number
  readonly lastSeen: number
}

export type NewSeen = Omit<StoredSeen, 'number'>

/** Writes of evidence and of the loop that matches again. */
export interface SeenStore {
  /** Seen agents of a device whose sightings changed since `untouch`. */
  touched(device: string, limit: number): Promise<readonly SeenKey[]>
  untouch(keys: readonly SeenKey[]): Promise<void>
  presence(key: SeenKey): Promise<Presence>
  at(key: SeenKey): Promise<StoredSeen | undefined>
  get(id: string): Promise<StoredSeen | undefined>
  byNumber(number: number): Promise<StoredSeen | undefined>
  /** @returns its number. */
  add(seen: NewSeen): Promise<number>
  update(seen: StoredSeen): Promise<void>
  /** Forgets those that ended longest ago until a device has at most `most`. */
  forgetEnded(device: string, most: number): Promise<void>
  /** The human whose account it is: confirmed, or proposed as the owner of the device. */
  humanOf(device: string, userId: string): Promise<string | undefined>
  /** The oldest stop in force that selects the product on this device, for all users or for this one. */
  blockingStop(seen: Pick<StoredSeen, 'product' | 'device' | 'userName'>): Promise<string | undefined>
  /** Names of MCP servers that the client of this key has. At most 500. */
  mcpServers(key: SeenKey): Promise<readonly string[]>
  /** Notes that an MCP server of a client starts something else than before, for all seen agents that use it. */
  launchChanged(
    key: SeenKey,
    launch: { readonly sighting: string; readonly before: string; readonly now: string },
  ): Promise<void>
  /** Running sightings under a registration, without those of one seen agent. If there are more than one, at least 2. */
  runningElsewhere(registration: string, except: SeenKey): Promise<number>
  /** Only one instance runs any more. */
  clearSecondInstances(registration: string): Promise<void>
  /** It differs from its registration in a new way. */
  putNews(number: number): Promise<void>
  news(limit: number): Promise<readonly number[]>
  dropNews(number: number): Promise<void>
  /** The next ones to match again, and how to note that they are done. */
  nextRematch(limit: number): Promise<Rematch | undefined>
  rematched(rematch: Rematch): Promise<void>
  /** Ignored ones whose end has come. */
  pastIgnored(now: number, limit: number): Promise<readonly StoredSeen[]>
}

export interface Rematch {
  readonly number: number
  readonly after: number
  readonly keys: readonly SeenKey[]
  /** Nothing is left after these. */
  readonly last: boolean
}

/** What the API reads. */
export interface SeenQueries {
  view(id: string): Promise<ListedSeen | undefined>
  /** Newest first; with `search` by name, with `onAtMost` the rarest first. A page may be shorter than its limit and continue. */
  list(
    question: SeenQuestion,
  ): Promise<{ readonly items: readonly ListedSeen[]; readonly next?: SeenPosition | undefined }>
  /** Of MCP servers that start something else: name and launch hash now, by sighting. */
  launchesNow(
    device: string,
    sightings: readonly string[],
  ): Promise<ReadonlyMap<string, { name: string; launchHash: string }>>
  counts(): Promise<SeenCounts>
  activeDevices(): Promise<number>
}

export interface SeenCounts {
  readonly seen: Readonly<Record<SeenState, number>>
  readonly deviating: number
}

export interface SeenQuestion {
  readonly limit: number
  readonly after?: SeenPosition | undefined
  readonly state?: SeenState | undefined
  readonly item?: string | undefined
  readonly device?: string | undefined
  readonly human?: string | undefined
  readonly registration?: string | undefined
  readonly autonomous?: boolean | undefined
  readonly deviating?: boolean | undefined
  readonly onAtMost?: number | undefined
  readonly firstSeenSince?: number | undefined
  /** The beginning of a folded name. */
  readonly search?: string | undefined
  /** The beginning of an id. */
  readonly named?: string | undefined
}

/** A position in a list: the values that it is sorted by. */
export type SeenPosition = readonly (string | number)[]

/** A seen agent with what the fleet knows of it. */
export interface ListedSeen {
  readonly seen: StoredSeen
  readonly hostname: string | undefined
  readonly deviceOwner: string
  /** Devices that have it, and since when the fleet does. */
  readonly devices: number
  readonly fleetFirstSeen: number | undefined
  /** Of its sighting. Empty once that is forgotten. */
  readonly shown: {
    readonly lastSeen: number | undefined
    readonly autonomy: 'asks' | 'autonomous' | 'unknown'
    readonly evidence: readonly string[]
    readonly score: number | undefined
    readonly signals: readonly Signal[] | undefined
  }
  /** Of the JSON of the sighting, which was read. */
  readonly characters: number
  /** Its running sightings that a stop holds. */
  readonly frozen: number
  readonly human: { readonly name: string; readonly isActive: boolean } | undefined
  /** An administrator said that it is the account of this human. */
  readonly accountConfirmed: boolean
  readonly registrationName: string | undefined
  /** Names of the principals who decided and who ignored it. */
  readonly decidedByName: string | undefined
  readonly ignoredByName: string | undefined
}
