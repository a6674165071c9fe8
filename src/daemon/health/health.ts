import type { Clock } from '../../base/clock.ts'
import type { HealthCode } from '../../protocol/health.ts'
import type { HealthWarning } from '../../protocol/messages/evidence.ts'

/**
 * Says what is wrong, what it means and what to do, for each warning. Employees read these in `surety status` and
 * administrators in the directory. Details are in the log.
 */
export const REMEDIES = {
  KEYS_UNAVAILABLE:
    'The device key cannot be used, so no evidence can be signed. The log of suretyd names the reason. The daemon retries automatically.',
  TPM_BUSY:
    'Another program keeps the TPM busy. Find it on Linux with: fuser /dev/tpm0 /dev/tpmrm0. On Windows restart the service TBS. The daemon retries automatically.',
  TPM_GONE:
    'The TPM is missing or does not answer. Check the firmware settings, and dmesg on Linux or tpm.msc on Windows. The daemon continues automatically once the TPM is back.',
  TPM_LOCKED_OUT:
    'The TPM is locked after too many failed authorisations. Wait until it unlocks, or run on Linux: tpm2_dictionarylockout --clear-lockout',
  KEYS_CHANGED:
    'The device key is not the enrolled one: the TPM was cleared or replaced. Enrol this device again with a new enrolment string.',
  STATE_DAMAGED:
    'A file in the state folder was damaged and has been set aside; the log names it. Check the disk. If the device is no longer enrolled, enrol it again.',
  STATE_FOLDER_OPEN:
    'Other users could read the state folder. Its permissions have been corrected. Find out who changed them.',
  STATE_UNAVAILABLE:
    'The state folder cannot be read or written. Free disk space, check the disk, and stop other programs that use the folder. Until then orders wait, and evidence that cannot be stored is not sent. The daemon retries automatically.',
  KEYS_DAMAGED:
    'The file of the device key is damaged; the log names it. Restore a good copy, or delete the file and enrol this device again.',
  SPOOL_DAMAGED:
    'The store of unsent evidence was damaged. The log names what was set aside; evidence in it that the directory does not have is lost. Check the disk.',
  SPOOL_FAILED: 'Evidence cannot be written to disk. Free disk space, or check the disk of the state folder.',
  EVIDENCE_FAILED:
    'Evidence cannot be created, so the directory learns nothing new. The log names the reason. The daemon retries automatically.',
  SPOOL_FULL:
    'The directory was out of reach for so long that the oldest evidence was deleted. Restore the connection to the directory.',
  CHAIN_FORKED:
    'The directory holds other evidence than this device: the device was restored from a backup, or copied. Enrol this device again.',
  CLOCK_OFF:
    'Set the clock: timedatectl set-ntp true, or date -s. Until then the directory may be out of reach. The daemon continues automatically.',
  NOT_ENROLLED:
    'This device is not enrolled. Put an enrolment string into the file that the setting enrolmentFile names (see surety config show).',
  ENROLMENT_FAILED:
    'The enrolment string cannot be used, or the directory refused it. The last error says why. Ask your administrator for a new string if needed.',
  ENROLMENT_PENDING: 'This device waits for approval. An administrator must approve it in the directory.',
  DIRECTORY_UNTRUSTED:
    'The server at the address of the directory does not hold the pinned keys. Check the network for another server or a proxy at that address.',
  DEVICE_RETIRED:
    'An administrator retired this device. To use it again, enrol it with a new enrolment string and have it approved.',
  DIRECTORY_REFUSES: 'The directory refuses this device. The last error names the code. Ask your administrator.',
  COLLECTION_FAILED:
    'Some checks or scans failed, so part of the reported data is old. The log names the reason. The daemon retries automatically.',
  HOME_UNANSWERED:
    'A home folder could not be read in time. If its file server is down, bring it back or unmount the folder: umount -fl',
  ITEM_REFUSED:
    'Something that was found does not fit into evidence and is not reported. The log names it. Please report this as a bug.',
  ADDON_UNAVAILABLE:
    'The native addon is missing or cannot be loaded; npm run build:native shows why. Until then only administrators and the user that runs suretyd can use the local socket, and child processes keep descriptors that suretyd inherited.',
  CATALOGUE_REFUSED:
    'The catalogue of agents that the directory offers cannot be used. The previous one stays in use. Set a newer catalogue in the directory that passes: suretyd check-catalogue FILE',
  GATE_POLICY_REFUSED:
    'The policy of the gate that the directory offers cannot be used. The previous one stays in use. An administrator sets it again in the directory: surety-directory gate-policy set FILE',
  LOG_INCONSISTENT:
    'The record of the directory is not a continuation of what this device saw of it. Both checkpoints are in the evidence of this device. An administrator must find out why: a backup was restored, or the record was changed.',
  SETTINGS_CHANGED:
    'The settings of suretyd have changed since it started, and are not in use yet. See what is set, and where: surety config show',
  SETTINGS_REFUSED:
    'The settings of suretyd have changed, and it would not start with them. Fix them before it is restarted. Until then it runs with the settings from its start.',
  UPDATES_FAILING:
    'Updates cannot be taken from the update repository. The installed or last good version keeps running. The log names the reason; surety status shows it. The daemon retries automatically.',
  UPDATE_ROLLED_BACK:
    'That version did not become healthy on this device, and the one before it runs again. Offer a newer version, or take that one out of the channel.',
  ORDERS_REFUSED:
    'An order was refused because it is not valid. The log names the reason. Check the directory: it may be under attack.',
  SECOND_DAEMON:
    'Another suretyd with another state folder stops agents on this machine, so each may keep frozen what the other one releases. See what it is: ps -p PID -o args. Release its stops and end it. This warning ends within a minute after that.',
  EXEC_NOT_HELD:
    'While a stop was in force, a program could not be held as it started, so an agent may have run until process events or a scan found it. The log names the program or the fault. Find out who started them, or ended surety-exec-gate. The warning ends ten minutes after the last time.',
  GATE_ENDED:
    'The gate ended, which answers the hooks of agents. Until it runs again, agents cannot act. The log says why it ended. The daemon starts it again automatically.',
} as const satisfies Record<HealthCode, string>

/** Longest remedy that evidence accepts, in UTF-16 code units. */
const MAX_REMEDY = 512

/** Warnings about the daemon itself. The part that knows the condition raises its warning and clears it. */
export interface Health {
  /**
   * Raises a warning, or replaces its text. The time it was first raised stays.
   *
   * @param detail a sentence with the particulars, put before the remedy.
   */
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
