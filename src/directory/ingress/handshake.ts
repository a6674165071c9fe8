import type { KeyObject } from 'node:crypto'
import { toBase64Url } from '../../base/bytes.ts'
import type { PublicKeyCache } from '../../crypto/public-key-cache.ts'
import type { Hello, Welcome } from '../../protocol/frames.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { Tier } from '../../protocol/tier.ts'
import type { Device } from '../devices/device.ts'
import type { LiveChallenge } from '../devices/live-challenge.ts'
import type { NamedSender } from '../evidence/evidence-frame.ts'
import type { Challenges } from './challenges.ts'
import type { Connection } from './connection.ts'
import type { SessionComponents, SessionInit } from './session-components.ts'

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
  readonly lastOrder: number
  readonly orders: readonly string[]
  /** A human has to decide, about this re-enrolment or about a new device. */
  readonly waits?: { readonly reEnrolment?: string }
}

export function welcomeFrame(
  { authority, clock }: SessionComponents,
  init: SessionInit,
  { device, challenge }: { readonly device: Welcomed; readonly challenge: LiveChallenge },
): string {
  const { id, epoch, tier, sequence, head, lastOrder, orders, waits } = device
  const welcome: Welcome = {
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
    order: lastOrder,
    orders: [...orders],
    attestEveryMs: init.attestEveryMs,
  }
  return authority.signAcknowledgement('welcome', welcome)
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
