import type { KeyObject } from 'node:crypto'
import { toBase64Url } from '../../base/bytes.ts'
import type { PublicKeyCache } from '../../crypto/public-key-cache.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { Hello, Welcome } from '../../protocol/messages/frames.ts'
import type { Tier } from '../../protocol/tier.ts'
import type { Device } from '../devices/device.ts'
import type { LiveChallenge } from '../devices/live-challenge.ts'
import type { NamedSender } from '../evidence/evidence-frame.ts'
import type { Challenges } from './challenges.ts'
import type { SessionComponents, SessionInit, WelcomedOrders } from './session-components.ts'
import type { Connection } from './sockets/connection.ts'

/** A connection whose hello was accepted. */
export interface Handshake {
  readonly connection: Connection
  readonly hello: Hello
  readonly challenges: Challenges
}

/** After an accepted hello: room for an attestation and an activation of the largest size. */
const BYTES = { bytes: 3 * LIMITS.handshakeFrameBytes, maxFrameBytes: LIMITS.handshakeFrameBytes }

/** Sends a challenge and waits for the answer as long as a TPM may need. Call it after the cheap checks. */
export function challengeDevice(init: SessionInit, { connection, challenges }: Handshake): Promise<string> {
  connection.allow({ ...BYTES, ms: init.handshakeTimeoutMs + init.tpmAllowanceMs })
  connection.send(challenges.issue())
  return connection.next()
}

/** The content of a welcome for a device, a pending one or its pending re-enrolment. */
export interface Welcomed {
  readonly id: string
  readonly epoch: number
  readonly tier: Tier
  readonly sequence: number
  readonly head: string
  readonly pending: WelcomedOrders
  /** A human has to decide, about this re-enrolment or about a new device. */
  readonly waits?: { readonly reEnrolment?: string }
}

/** Sends the welcome, and behind it the pending orders that are not in it. */
export function welcome(
  { authority, clock }: SessionComponents,
  init: SessionInit,
  {
    connection,
    device,
    challenge,
  }: {
    readonly connection: Connection
    readonly device: Welcomed
    readonly challenge: LiveChallenge
  },
): void {
  const { id, epoch, tier, sequence, head, pending, waits } = device
  const frame: Welcome = {
    type: 'welcome',
    nonce: toBase64Url(challenge.nonce),
    status: waits === undefined ? 'accepted' : 'pending',
    device: id,
    epoch,
    ...waits,
    tier,
    sequence,
    head,
    time: clock.now(),
    order: pending.order,
    orders: [...pending.orders],
    attestEveryMs: init.attestEveryMs,
  }
  connection.send(authority.signAcknowledgement('welcome', frame))
  for (const order of pending.more) connection.send(order)
}

/** A device whose keys were proven on this connection. */
export type Authenticated = NamedSender

/** Keeps as little as possible in memory, because most connected devices are idle. */
export class AuthenticatedDevice implements Authenticated {
  readonly device: string
  readonly epoch: number
  readonly #keys: PublicKeyCache
  readonly applicationKey: string

  constructor(keys: PublicKeyCache, { id, epoch, applicationKey }: Pick<Device, 'id' | 'epoch' | 'applicationKey'>) {
    this.device = id
    this.epoch = epoch
    this.#keys = keys
    this.applicationKey = applicationKey
  }

  get key(): KeyObject {
    return this.#keys(this.applicationKey)
  }
}
