import type { Clock } from '../../base/clock.ts'
import type { HealthWarning } from '../../protocol/evidence.ts'

/** What a person must act on, and what they must do. One code per matter; the details are in the log. */
const REMEDIES = {
  KEYS_UNAVAILABLE: 'The device key cannot be used. See the log for the reason; the daemon tries again by itself.',
  TPM_BUSY:
    'The TPM stays busy: another program keeps it. fuser /dev/tpm0 /dev/tpmrm0 names it; the daemon tries again by itself.',
  TPM_GONE:
    'The TPM is gone or does not answer. Look into dmesg and the firmware settings; the daemon goes on by itself once it is back.',
  TPM_LOCKED_OUT:
    'The TPM is locked after too many wrong authorisations. It unlocks with time, or by tpm2_dictionarylockout --clear-lockout.',
  KEYS_CHANGED:
    'The device key is not the one that was enrolled: the TPM was cleared or replaced. Enrol this device again.',
  STATE_DAMAGED:
    'A file in the state folder was damaged and set aside. If the device is no longer enrolled, enrol it again.',
  STATE_FOLDER_OPEN:
    'The state folder could be read by others; its permissions were tightened. Find out who opened it.',
  STATE_UNAVAILABLE:
    'The state folder cannot be read or written: make room, check its disk, end what holds its files. Until then orders wait, and what cannot be kept is not told to the directory; the daemon tries again by itself.',
  KEYS_DAMAGED:
    'The file of the device key is damaged; the log names it. Put a good copy in its place, or remove it and enrol this device again.',
  SPOOL_DAMAGED:
    'The evidence spool was damaged: the log says what was set aside; evidence in it that was not yet delivered is lost. Check the disk.',
  SPOOL_FAILED: 'Evidence cannot be written to disk: make room, or check the disk of the state folder.',
  EVIDENCE_FAILED:
    'Evidence cannot be made: until then the directory learns nothing new. See the log for the reason; the daemon tries again by itself.',
  SPOOL_FULL: 'Evidence was dropped because the directory was away too long. Restore the connection to the directory.',
  CHAIN_FORKED:
    'The directory has other evidence than this device: its state was restored from a backup or copied. Enrol it again.',
  CLOCK_OFF:
    'Set it (timedatectl set-ntp true, or date -s): until then the directory may not be reached. The daemon goes on by itself.',
  NOT_ENROLLED: 'Place an enrolment string where the daemon looks for it (setting enrolmentFile).',
  ENROLMENT_FAILED:
    'The enrolment string cannot be used, or the directory refused it. See the last error; ask for a new string if need be.',
  ENROLMENT_PENDING: 'A person must approve this device in the directory.',
  DIRECTORY_UNTRUSTED: 'What answers at the address of the directory does not hold the pinned keys. Check the network.',
  DEVICE_RETIRED: 'An administrator retired this device. A new enrolment string and an approval let it back.',
  DIRECTORY_REFUSES: 'The directory refuses this device. See the last error for the code.',
  COLLECTION_FAILED: 'A part of the collection failed. See the log.',
  HOME_UNANSWERED:
    'A home was not read in time. If its file system does not answer, bring its server back or unmount it (umount -fl).',
  ITEM_REFUSED: 'Something that was found could not be put into evidence. See the log.',
  ADDON_UNAVAILABLE:
    'The native addon is missing or cannot be loaded: npm run build:native says why. Until then only root and the user the daemon runs as can use the local socket, and descriptors it inherited reach its children.',
  CATALOGUE_REFUSED:
    'The catalogue of agents that the directory hands out cannot be used; the one before stays in use. Set a newer one in the directory that `suretyd check-catalogue FILE` has no fault to find in.',
  ORDERS_REFUSED: 'An order was refused because it was not valid. See the log; the directory may be under attack.',
} as const
export type HealthCode = keyof typeof REMEDIES

/** What evidence has room for. */
const MAX_REMEDY = 512

/** The daemon's own health: typed warnings, each raised and cleared by the part that knows. */
export interface Health {
  /** `detail`: a sentence before the remedy, for what differs each time. A new one replaces the old. */
  raise(code: HealthCode, detail?: string): void
  clear(code: HealthCode): void
  warnings(): readonly HealthWarning[]
}

export interface HealthComponents {
  readonly clock: Clock
  readonly onChange?: (warnings: readonly HealthWarning[]) => void
}

export function createHealth({ clock, onChange }: HealthComponents): Health {
  const raised = new Map<HealthCode, HealthWarning>()
  const warnings = () => [...raised.values()]
  return {
    warnings,
    raise(code, detail) {
      const remedy = (detail === undefined ? REMEDIES[code] : `${detail} ${REMEDIES[code]}`).slice(0, MAX_REMEDY)
      const known = raised.get(code)
      if (known?.remedy === remedy) return
      raised.set(code, { code, remedy, since: known?.since ?? Math.max(0, Math.trunc(clock.now())) })
      onChange?.(warnings())
    },
    clear(code) {
      if (raised.delete(code)) onChange?.(warnings())
    },
  }
}
