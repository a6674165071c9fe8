import type { FleetAgent, McpConflict, Presence } from '../../protocol/api-fleet.ts'
import type { Sighting } from '../../protocol/sighting.ts'

/** What the API reads of all devices at once. Each question is answered from an index: see `store/fleet-queries.ts`. */
export interface FleetStore {
  /** What is there, or what was there when its device was last heard, by device and id; never of retired devices. */
  seen(question: FleetQuestion): SeenPage
  agent(key: string): FleetAgent | undefined
  /** Has any device one, or had it as far back as anything is remembered? */
  knows(kind: Sighting['kind'], key: string): boolean
  /** By name, after `after`. */
  mcpConflicts(page: { readonly after?: string | undefined; readonly limit: number }): readonly McpConflict[]
}

export interface FleetQuestion {
  readonly kind: Sighting['kind']
  readonly limit: number
  readonly after?: SeenPlace | undefined
  readonly device?: string | undefined
  readonly key?: string | undefined
  readonly state?: 'running' | 'installed' | undefined
  readonly presence?: 'now' | 'last-told' | undefined
  /** Of devices that are connected. */
  readonly isConnected: (device: string) => boolean
  readonly unknown?: boolean | undefined
  readonly autonomous?: boolean | undefined
  readonly ai?: boolean | undefined
  /** Came to a device since then, and was not there when all of it was first told. */
  readonly newSince?: number | undefined
  /** On at most so many devices. */
  readonly onAtMost?: number | undefined
  /** The maker ends it on this day or before: `YYYY-MM-DD`. */
  readonly endedBy?: string | undefined
  /** Does not run, and neither ran nor left a trace since then. */
  readonly idleSince?: number | undefined
}

export interface SeenPlace {
  readonly device: string
  readonly id: string
}

export interface SeenPage {
  readonly items: readonly Seen[]
  /** There are more: a page holds so many items, and so many bytes. */
  readonly more: boolean
}

export interface Seen {
  readonly device: string
  readonly hostname?: string
  readonly owner: string
  readonly presence: Presence
  readonly deviceSeenAt?: number
  readonly firstSeenAt: number
  readonly lastSeenAt: number
  readonly goneAt?: number
  readonly item?: {
    readonly key: string
    readonly devices: number
    readonly firstSeenAt: number
    readonly isNew: boolean
    readonly usedAt: number
  }
  readonly sighting: Sighting
}
