import type { Bytes } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { LIMITS } from '../protocol/limits.ts'
import type { PendingSetting } from './enrolment/why-pending.ts'
import type { MessagesInit } from './messages/read-settings.ts'
import type { Policy } from './policy/policy.ts'
import type { TokenInit } from './record/token-key.ts'
import type { ScimInit } from './scim/scim-services.ts'
import type { StopsInit } from './stops/two-persons.ts'
import type { ReceiverInit } from './webhooks/receivers.ts'

/** What a directory is started with. */

export interface DirectoryComponents {
  readonly clock: Clock
  readonly log: Log
  /** Absent: the operating system's. */
  readonly random?: (bytes: number) => Bytes
}

/** Bounds that a test or a bench may change; see `protocol/limits.ts`. */
type DirectoryLimits = Partial<Record<keyof typeof LIMITS, number>>

export interface DirectoryInit {
  /** For keys and database. Made with mode 0700 if it is missing. */
  readonly dataFolder: string
  readonly devices: {
    readonly host: string
    /** 0: any free port. */
    readonly port: number
    readonly channelBinding: 'required' | 'off'
    /** The URL in enrolment strings. Absent: the first of `names`, and the port. */
    readonly url?: string | undefined
  }
  /** DNS names and IP addresses for the certificates of the listeners, at least one. */
  readonly names: readonly string[]
  readonly trustAnchorsFolder?: string | undefined
  readonly attestEveryMs: number
  /** Which new devices wait for a human whatever their token says. Absent: the default of the setting. */
  readonly pendingDevices?: PendingSetting | undefined
  /** Absent: the defaults of the settings. */
  readonly stops?: StopsInit | undefined
  readonly scim?: ScimInit | undefined
  /** Absent: no private addresses. */
  readonly webhooks?: ReceiverInit | undefined
  /** Absent: nobody gets messages. */
  readonly messages?: MessagesInit | undefined
  /** The trust domain in the SPIFFE ids of agents. Absent: the default of the setting. */
  readonly organisation?: string | undefined
  /** What follows when an agent differs from its registration. Absent: only a record. */
  readonly onDeviation?: 'record' | 'suspend' | undefined
  /** Name of the log of the record. Absent: its key gives one. */
  readonly recordOrigin?: string | undefined
  /** Token with the key of the log of the record. Absent: the key is in a file. */
  readonly recordToken?: TokenInit | undefined
  /** Each a public key and an address: `readWitness`. */
  readonly recordWitnesses?: readonly string[] | undefined
  /** Where every entry of the record is sent, each as `readOutlets` takes it. */
  readonly recordForward?: readonly string[] | undefined
  /** Days for which content of the record is kept. 0 or absent: without end. */
  readonly recordKeepDays?: number | undefined
  readonly policy?: Policy
  /** How long a result is valid without new attestation or findings. Absent: only the policy limits it. */
  readonly resultValidForMs?: number
  readonly limits?: DirectoryLimits
}
