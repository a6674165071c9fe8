import type { Clock } from '../base/clock.ts'
import type { HealthWarning } from '../protocol/evidence.ts'

/** What a person must act on, and what they must do. One code per matter; the details are in the log. */
const REMEDIES = {
  KEYS_UNAVAILABLE: 'The device key cannot be used. See the log for the reason; the daemon tries again by itself.',
  KEYS_CHANGED:
    'The device key is not the one that was enrolled: the TPM was cleared or replaced. Enrol this device again.',
  STATE_DAMAGED:
    'A file in the state folder was damaged and set aside. If the device is no longer enrolled, enrol it again.',
  STATE_FOLDER_OPEN:
    'The state folder could be read by others; its permissions were tightened. Find out who opened it.',
  SPOOL_DAMAGED: 'The evidence spool was damaged and set aside; evidence not yet delivered is lost. Check the disk.',
  SPOOL_FAILED: 'Evidence cannot be written to disk: make room, or check the disk of the state folder.',
  SPOOL_FULL: 'Evidence was dropped because the directory was away too long. Restore the connection to the directory.',
  CHAIN_FORKED:
    'The directory has other evidence than this device: its state was restored from a backup or copied. Enrol it again.',
  NOT_ENROLLED: 'Place an enrolment string where the daemon looks for it (setting enrolmentFile).',
  ENROLMENT_FAILED:
    'The enrolment string cannot be used, or the directory refused it. See the last error; ask for a new string if need be.',
  ENROLMENT_PENDING: 'A person must approve this device in the directory.',
  DIRECTORY_UNTRUSTED: 'What answers at the address of the directory does not hold the pinned keys. Check the network.',
  DIRECTORY_REFUSES: 'The directory refuses this device. See the last error for the code.',
  COLLECTION_FAILED: 'A part of the collection failed. See the log.',
  ITEM_REFUSED: 'Something that was found could not be put into evidence. See the log.',
  ADDON_UNAVAILABLE:
    'The native addon is missing or cannot be loaded: npm run build:native says why. Until then only root and the user the daemon runs as can use the local socket, and descriptors it inherited reach its children.',
  ORDERS_REFUSED: 'An order was refused because it was not valid. See the log; the directory may be under attack.',
} as const
export type HealthCode = keyof typeof REMEDIES

/** The daemon's own health: typed warnings, each raised and cleared by the part that knows. */
export interface Health {
  raise(code: HealthCode): void
  clear(code: HealthCode): void
  warnings(): readonly HealthWarning[]
}

export interface HealthComponents {
  readonly clock: Clock
  readonly onChange?: (warnings: readonly HealthWarning[]) => void
}

export function createHealth({ clock, onChange }: HealthComponents): Health {
  const since = new Map<HealthCode, number>()
  const warnings = () => [...since].map(([code, time]) => ({ code, remedy: REMEDIES[code], since: time }))
  return {
    warnings,
    raise(code) {
      if (since.has(code)) return
      since.set(code, Math.max(0, Math.trunc(clock.now())))
      onChange?.(warnings())
    },
    clear(code) {
      if (since.delete(code)) onChange?.(warnings())
    },
  }
}
