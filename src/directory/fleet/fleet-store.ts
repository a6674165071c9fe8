import type { FleetAgent, McpConflict, Presence } from '../../protocol/nouns/devices/fleet.ts'
import type { Risk } from '../../protocol/risks.ts'
import type { Sighting } from '../../protocol/sighting.ts'

/** Questions about the sightings of all devices. Each is answered from an index. */
export interface FleetStore {
  /** Present sightings of devices that are not retired, by device and id. */
  seen(question: FleetQuestion): Promise<SeenPage>
  /** How many there are, whatever their presence is: at most one more than `most`. */
  count(question: FleetQuestion, most: number): Promise<number>
  agent(key: string): Promise<FleetAgent | undefined>
  /** True if a device has such a thing, or had it as long ago as the store remembers. */
  knows(kind: Sighting['kind'], key: string): Promise<boolean>
  /** By name, after `after`. */
  mcpConflicts(page: { readonly after?: string | undefined; readonly limit: number }): Promise<readonly McpConflict[]>
}

export interface FleetQuestion {
  readonly kind: Sighting['kind']
  readonly limit: number
  readonly after?: SeenPosition | undefined
  readonly device?: string | undefined
  readonly key?: string | undefined
  /** Part of the key, in any case. */
  readonly search?: string | undefined
  /** The name of an account on the device. */
  readonly user?: string | undefined
  /** Who owns the device, in any spelling of a person. */
  readonly owner?: string | undefined
  readonly state?: 'running' | 'installed' | undefined
  readonly presence?: 'now' | 'last-reported' | undefined
  readonly isConnected: (device: string) => boolean
  readonly unknown?: boolean | undefined
  readonly autonomous?: boolean | undefined
  /** A stop holds it, by the newest report of its device. */
  readonly frozen?: boolean | undefined
  readonly ai?: boolean | undefined
  /** Has this risk, and is not switched off. */
  readonly risk?: Risk | undefined
  /** No registration matches it: it waits for a decision, or is ignored or blocked. */
  readonly unregistered?: boolean | undefined
  /** Appeared on its device since then, after the device's first full snapshot. */
  readonly newSince?: number | undefined
  /** On at most this many devices. */
  readonly onAtMost?: number | undefined
  /** The maker's support ends on this day or before: `YYYY-MM-DD`. */
  readonly endedBy?: string | undefined
  /** Does not run, and has neither run nor left a trace since then. */
  readonly idleSince?: number | undefined
}

/** A position in a list by device and id. */
export interface SeenPosition {
  readonly device: string
  readonly id: string
}

export interface SeenPage {
  readonly items: readonly Seen[]
  /** The list continues: a page is bounded in items and in bytes. */
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
