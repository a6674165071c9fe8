import { SuretyError } from '../../base/errors.ts'
import type { TokenBucket } from '../../base/token-bucket.ts'
import type { AttestationResult } from '../../protocol/attestation-result.ts'
import type { Share } from './intake.ts'

/** An authenticated device that is connected. */
export interface LiveSession {
  readonly device: string
  readonly epoch: number
  sendResult(result: AttestationResult): void
  sendOrder(compact: string): void
  end(error: SuretyError): void
}

/** A device that waits for a human. */
export interface Waiting {
  /** Called once, when it was decided either way. */
  decided(): void
  end(error: SuretyError): void
}

/** What a device may send, whichever of its connections it comes by. */
export interface Account {
  readonly bucket: TokenBucket
  readonly share: Share
}

/** Who is connected now: at most one session a device. */
export interface Sessions {
  /** The newer session wins; the older is told. */
  enter(session: LiveSession): void
  /** Only if it is still the one that counts. */
  leave(session: LiveSession): void
  get(device: string): LiveSession | undefined
  /** Waits for a human, one at a time for each decision: who waited before is told. */
  wait(decision: string, waiting: Waiting): void
  stopWaiting(decision: string, waiting: Waiting): void
  decided(decision: string): void
  /** The device's; it stays what it was when the device comes again. */
  account(device: string, make: () => Account): Account
  readonly size: number
}

/** A device whose account is forgotten for others has its burst again. */
const MAX_ACCOUNTS = 65_536

export function sessions(): Sessions {
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
      older?.end(superseded())
    },
    leave(session) {
      if (live.get(session.device) === session) live.delete(session.device)
    },
    get: (device) => live.get(device),
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
