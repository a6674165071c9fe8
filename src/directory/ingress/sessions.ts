import { SuretyError } from '../../base/errors.ts'
import type { AttestationResult } from '../../protocol/attestation-result.ts'

/** An authenticated device that is connected. */
export interface LiveSession {
  readonly device: string
  readonly epoch: number
  sendResult(result: AttestationResult): void
  sendOrder(compact: string): void
  end(error: SuretyError): void
}

/** Who is connected now: at most one session a device. */
export interface Sessions {
  /** The newer session wins; the older is told. */
  enter(session: LiveSession): void
  /** Only if it is still the one that counts. */
  leave(session: LiveSession): void
  get(device: string): LiveSession | undefined
  /** Waits for a human; `decided` is called once. */
  wait(decision: string, decided: () => void): void
  stopWaiting(decision: string, decided: () => void): void
  decided(decision: string): void
  readonly size: number
}

export function sessions(): Sessions {
  const live = new Map<string, LiveSession>()
  const waiting = new Map<string, Set<() => void>>()
  return {
    get size() {
      return live.size
    },
    enter(session) {
      const older = live.get(session.device)
      live.set(session.device, session)
      older?.end(new SuretyError('SESSION_SUPERSEDED', 'the device has connected anew'))
    },
    leave(session) {
      if (live.get(session.device) === session) live.delete(session.device)
    },
    get: (device) => live.get(device),
    wait(decision, decided) {
      const all = waiting.get(decision) ?? new Set()
      waiting.set(decision, all.add(decided))
    },
    stopWaiting(decision, decided) {
      const all = waiting.get(decision)
      all?.delete(decided)
      if (all?.size === 0) waiting.delete(decision)
    },
    decided(decision) {
      const all = waiting.get(decision)
      waiting.delete(decision)
      for (const decided of all ?? []) decided()
    },
  }
}
