import { SuretyError } from '../../base/errors.ts'
import type { TokenBucket } from '../../base/token-bucket.ts'
import type { AttestationResult } from '../../protocol/messages/attestation-result.ts'
import type { DeviceInFlight } from './in-flight-limiter.ts'

/** An authenticated device that is connected. */
export interface LiveSession {
  readonly device: string
  readonly epoch: number
  sendResult(result: AttestationResult): Promise<void>
  sendOrder(compact: string): void
  end(error: SuretyError): void
}

/** A device that waits for a human. */
export interface Waiting {
  /** Called once, when the human approved or denied. */
  decided(): void
  end(error: SuretyError): void
}

/** Limits of a device over all its connections. */
export interface Account {
  readonly bucket: TokenBucket
  readonly share: DeviceInFlight
}

/** The connected devices. Each has at most one session. */
export interface Sessions {
  /** Adds a session. An older one of the device is ended with `SESSION_SUPERSEDED`. */
  enter(session: LiveSession): void
  /** Removes the session, unless a newer one has replaced it. */
  leave(session: LiveSession): void
  get(device: string): LiveSession | undefined
  /** Waits for a human's decision. An older connection that waits for it is ended. */
  wait(decision: string, waiting: Waiting): void
  stopWaiting(decision: string, waiting: Waiting): void
  decided(decision: string): void
  /** The device's account. It outlives its connections. */
  account(device: string, make: () => Account): Account
  /** Ids of the connected devices. */
  devices(): Iterable<string>
  readonly size: number
}

/** Beyond this the oldest account is dropped. Its device then has a full burst again. */
const MAX_ACCOUNTS = 65_536

export interface SessionsInit {
  /** Called when a device has its first session, and when it has none any more. */
  readonly entered?: (device: string) => void
  readonly left?: (device: string) => void
}

export function sessions({ entered, left }: SessionsInit = {}): Sessions {
  const live = new Map<string, LiveSession>()
  const waiting = new Map<string, Waiting>()
  const accounts = new Map<string, Account>()
  return {
    get size() {
      return live.size
    },
    enter(session) {
      const older = live.get(session.device)
      live.set(session.device, session)
      if (older === undefined) entered?.(session.device)
      older?.end(superseded())
    },
    leave(session) {
      if (live.get(session.device) !== session) return
      live.delete(session.device)
      left?.(session.device)
    },
    get: (device) => live.get(device),
    devices: () => live.keys(),
    account(device, make) {
      const account = accounts.get(device) ?? make()
      accounts.delete(device)
      accounts.set(device, account)
      const oldest = accounts.size > MAX_ACCOUNTS ? accounts.keys().next().value : undefined
      if (oldest !== undefined) accounts.delete(oldest)
      return account
    },
    wait(decision, one) {
      const older = waiting.get(decision)
      waiting.set(decision, one)
      older?.end(superseded())
    },
    stopWaiting(decision, one) {
      if (waiting.get(decision) === one) waiting.delete(decision)
    },
    decided(decision) {
      const one = waiting.get(decision)
      waiting.delete(decision)
      one?.decided()
    },
  }
}

function superseded(): SuretyError {
  return new SuretyError('SESSION_SUPERSEDED', 'the device has connected anew')
}
