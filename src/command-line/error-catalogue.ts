import type { ErrorCode } from '../base/errors.ts'
import { ENROLMENT_ERROR_TEXTS } from './enrolment-error-texts.ts'
import { SCIM_ERROR_TEXTS } from './scim-error-texts.ts'
import { TPM_ERROR_TEXTS } from './tpm-error-texts.ts'
import { UPDATE_ERROR_TEXTS } from './update-error-texts.ts'

/** What `explain CODE` prints, and the rows of docs/reference/errors.md. */

export interface ErrorText {
  /** One sentence: what has happened. */
  readonly meaning: string
  /** One sentence: what a person does about it. */
  readonly act: string
}

/** The same for all codes that only a defect, an attack or another version of a program can cause. */
const OTHER_VERSION =
  'Update the directory first, then the devices; if both are of one version, look for a proxy or another program in between.'
const OWN_DEFECT = 'Nobody has to act: it is recorded, and a device that is honest retries automatically.'

export const ERROR_TEXTS: Readonly<Record<ErrorCode, ErrorText>> = {
  ...ENROLMENT_ERROR_TEXTS,
  ...SCIM_ERROR_TEXTS,
  ...TPM_ERROR_TEXTS,
  ...UPDATE_ERROR_TEXTS,
  STOP_INCOMPLETE: {
    meaning: 'Every device has answered the stop, and on some of them it failed.',
    act: 'See which with surety-directory stops show, and cut these devices off until it is fixed.',
  },
  NOT_CONFIRMED: {
    meaning: 'The command asked before it acted, and the answer was not yes, so nothing was changed.',
    act: 'Answer y, or give --yes where no terminal can be asked.',
  },
  DIFFERENCES_FOUND: {
    meaning: 'The directory is not as the files say, and nothing was changed.',
    act: 'Bring the directory to the files with surety-directory apply, or the files to the directory with export.',
  },
  USAGE_INVALID: {
    meaning: 'The command line has a word, an option or a value that the program does not know.',
    act: 'Compare it with the help page that the message names.',
  },
  INPUT_TOO_LARGE: {
    meaning: 'A file, a text or an answer is larger than its limit.',
    act: 'Give less at once; the message names the limit.',
  },
  INPUT_MALFORMED: {
    meaning: 'A value, a file or an answer does not have the form that it must have.',
    act: 'Change what the message names; for an answer of a program, bring both programs to one version.',
  },
  INPUT_NOT_CANONICAL: {
    meaning: 'Signed JSON is not spelled in its one canonical way.',
    act: OTHER_VERSION,
  },
  INPUT_TOO_DEEP: {
    meaning: 'A document is nested more deeply than its limit.',
    act: 'Make it flatter; the message names the place.',
  },
  CONFIG_INVALID: {
    meaning: 'A setting, a configuration file, a profile or a context cannot be used.',
    act: 'Change what the message names: the place, and what is expected there.',
  },
  SIGNATURE_INVALID: {
    meaning: 'A signature does not fit its text or its key.',
    act: 'Find out who changed the text; an unchanged export can be made again from the directory.',
  },
  SIGNATURE_HEADER_REFUSED: {
    meaning: 'A signed message has another header than its kind must have.',
    act: OTHER_VERSION,
  },
  PROOF_INVALID: {
    meaning: 'An entry is not in the log at this place, or the log does not begin with what it was before.',
    act: 'Keep the file and the checkpoint as evidence: somebody changed the record, or made the proof for another one.',
  },
  LOG_UNKNOWN: {
    meaning: 'A checkpoint is of another log than the one that is expected.',
    act: 'Compare the origin in the message with the one that the directory shows to its administrators.',
  },
  LOG_INCONSISTENT: {
    meaning: 'The log went back, or has other entries than it had when its earlier checkpoint was signed.',
    act: 'Keep both checkpoints: together they prove that the log was rewritten or that two views of it are shown.',
  },
  COSIGNATURES_MISSING: {
    meaning: 'Fewer witnesses have cosigned the checkpoint than are required.',
    act: 'Take a newer checkpoint; if a witness refuses for long, ask who runs it what it saw.',
  },
  KEY_MALFORMED: {
    meaning: 'A key file is damaged, or a key is not of the right form.',
    act: 'Restore the file that the message names from its backup.',
  },
  KEY_UNSUPPORTED: {
    meaning: 'A key is of a kind or size that Surety does not use.',
    act: 'Use a P-256 key, or another TPM or token.',
  },
  KEY_NOT_FOUND: {
    meaning: 'The key of this device is no longer where it was made.',
    act: 'Enrol the device again with a new enrolment string.',
  },
  KEY_PROVIDER_UNAVAILABLE: {
    meaning: 'The TPM or token that holds the key of this device cannot be reached.',
    act: 'Look for the TPM (/dev/tpmrm0, on Windows tpm.msc), or plug in the token; no weaker key takes its place.',
  },
  KEY_CLOSED: {
    meaning: 'A key was used while the program ended.',
    act: 'Start the program again.',
  },
  KEY_AUTHORISATION_FAILED: {
    meaning: 'A passphrase or PIN is wrong, or a token is locked or locks at the next wrong PIN.',
    act: 'Give the right one: for keys of updates by --passphrase-file, for a token in the file of pkcs11.pinFile.',
  },
  CERTIFICATE_MALFORMED: {
    meaning: 'A certificate cannot be read, or lacks what it must have.',
    act: "Get the certificate again from its maker's page.",
  },
  CERTIFICATE_CHAIN_INVALID: {
    meaning: 'A certificate does not lead to a trusted one, or is not the certificate of a CA.',
    act: "Add the maker's root and intermediate certificates: surety-directory anchors add FILE",
  },
  CERTIFICATE_EXPIRED: {
    meaning: 'A certificate is past its end, or not valid yet.',
    act: 'Check the clock; if it is right, get a new certificate.',
  },
  DELEGATION_REFUSED: {
    meaning: "The root key's statement about another key of the directory is missing, wrong or past its end.",
    act: 'Put keys/root.key.pem back into the data folder and start the directory again.',
  },
  TPM_STRUCTURE_MALFORMED: {
    meaning: 'A structure of a TPM cannot be read.',
    act: 'Update the firmware of the TPM; a device that sends one on purpose is refused.',
  },
  ATTESTATION_BINDING_MISMATCH: {
    meaning: 'An attestation belongs to another connection, device or position in the chain.',
    act: 'Look for a proxy that ends TLS between device and directory.',
  },
  ATTESTATION_QUOTE_INVALID: {
    meaning: 'The quote of the TPM is not signed by the key of this device or not over the challenge.',
    act: 'Restart suretyd; if it stays, treat the device as tampered with.',
  },
  ATTESTATION_PCR_MISMATCH: {
    meaning: 'The quoted boot measurements do not fit the log of the boot.',
    act: 'Restart the device; if it stays, treat the device as tampered with.',
  },
  ATTESTATION_COUNTER_REGRESSED: {
    meaning: 'The counters of the TPM went back: it was cleared, or a snapshot was restored.',
    act: 'Find out who cleared or restored it, then enrol the device again.',
  },
  ATTESTATION_KEY_ATTRIBUTES: {
    meaning: 'A key lacks the attributes that bind it to the TPM.',
    act: 'Remove the state folder of suretyd and enrol the device again.',
  },
  ATTESTATION_CERTIFY_INVALID: {
    meaning: 'The TPM does not vouch for the key that the device uses.',
    act: 'Remove the state folder of suretyd and enrol the device again.',
  },
  ATTESTATION_EK_MISMATCH: {
    meaning: 'The endorsement certificate is for another endorsement key.',
    act: 'Treat the device as tampered with, unless its TPM was replaced.',
  },
  ATTESTATION_CREDENTIAL_WRONG: {
    meaning: 'The device could not open what only its TPM can open.',
    act: 'Treat the device as tampered with: its key is not in that TPM.',
  },
  PROTOCOL_UNSUPPORTED: {
    meaning: 'Device and directory speak no common version of the protocol.',
    act: OTHER_VERSION,
  },
  FRAME_TOO_LARGE: { meaning: 'A message on the stream is larger than its limit.', act: OWN_DEFECT },
  FRAME_UNEXPECTED: { meaning: 'A message came on the stream where another one had to come.', act: OWN_DEFECT },
  FRAME_MALFORMED: {
    meaning: 'A message on the stream does not have the form of its kind.',
    act: OTHER_VERSION,
  },
  NONCE_UNKNOWN: {
    meaning: 'An attestation answers a challenge that was not given, is old, or was answered before.',
    act: OWN_DEFECT,
  },
  DEVICE_UNKNOWN: {
    meaning: 'The directory does not know this device, or a name could mean several devices.',
    act: 'Look it up with: surety-directory devices list',
  },
  DEVICE_RETIRED: {
    meaning: 'The device was retired and is refused.',
    act: 'To take it back, give it a new enrolment string and approve its re-enrolment.',
  },
  EPOCH_MISMATCH: {
    meaning: 'The device speaks with the key of an earlier enrolment.',
    act: 'Enrol the device again, unless it does so within a minute.',
  },
  EVIDENCE_OUT_OF_ORDER: {
    meaning: 'A batch of evidence does not follow the one before it.',
    act: OWN_DEFECT,
  },
  EVIDENCE_FORKED: {
    meaning: 'Two machines speak with one key, or the device was set back to an old state.',
    act: 'Find the copy, retire the device and enrol it again.',
  },
  EVIDENCE_GAP_UNPROVEN: {
    meaning: 'Batches of evidence are missing without a signed gap.',
    act: OWN_DEFECT,
  },
  SESSION_SUPERSEDED: {
    meaning: 'The device connected again, and its older connection was ended.',
    act: 'If it repeats, look for two machines with one key: surety-directory events list',
  },
  RATE_LIMITED: {
    meaning: 'The same was asked too often in a short time.',
    act: 'Wait a minute and try again.',
  },
  SESSION_LIMIT: {
    meaning: 'There are as many open connections as one user or device may have.',
    act: 'End some of them, such as surety commands with --watch, and try again.',
  },
  SESSION_TIMEOUT: {
    meaning: 'An answer or request did not come within its time.',
    act: 'Try again; if it repeats, look at the load of the machine and the network.',
  },
  QUOTA_EXCEEDED: {
    meaning: 'A bound is reached, such as evidence that waits, requests that failed, or stops of one user of a device.',
    act: 'Release or remove what the message names, or try again later.',
  },
  ORDER_REFUSED: {
    meaning: 'A device cannot or may not carry out the order.',
    act: 'Update the device, or give another order.',
  },
  ORDER_EXPIRED: {
    meaning: 'An order reached the device after its end.',
    act: 'Give the order again; if it repeats, compare the clocks of device and directory.',
  },
  ORDER_REPLAYED: {
    meaning: 'An order has a number that the device has seen.',
    act: 'Look for an older copy of the directory; a new order gets a new number.',
  },
  PIN_MISMATCH: {
    meaning: 'The server that answers has other keys than those that were pinned.',
    act: 'Look at the network first; if the directory was set up again, take a new profile or enrolment string.',
  },
  CLOCK_OFF: {
    meaning: 'The clock of this machine and that of the directory differ by more than five minutes.',
    act: 'Set the clock that is wrong; devices continue within seconds.',
  },
  FILE_ABSENT: { meaning: 'A file is not there.', act: 'Check the path that the message names.' },
  FILE_UNREADABLE: {
    meaning: 'A file is there and cannot be read.',
    act: 'Run the command as root or as the user that owns the file.',
  },
  FILE_NOT_REGULAR: {
    meaning: 'A name leads to a folder, device or pipe and not to a file.',
    act: 'Give the path of a file.',
  },
  FILE_IS_LINK: { meaning: 'A file is a link, which is not followed.', act: 'Name the file itself.' },
  FILE_TOO_LARGE: {
    meaning: 'A file is larger than its limit.',
    act: 'Give a smaller file; the message names the limit.',
  },
  COMMAND_NOT_ALLOWED: {
    meaning: 'A check wanted to run a program that is not on the list.',
    act: 'Report it as a defect, with the output of surety flare.',
  },
  COMMAND_ABSENT: {
    meaning: 'A program that a check needs is not installed.',
    act: 'Install the program that the message names, or leave the check as it is.',
  },
  COMMAND_FAILED: {
    meaning: 'A program ended with an error.',
    act: 'Run the program that the message names by hand, and fix what it reports.',
  },
  COMMAND_TIMED_OUT: {
    meaning: 'A program or check took longer than its time.',
    act: 'Look at the load of the machine; the next run may pass.',
  },
  COMMAND_OUTPUT_TOO_LARGE: {
    meaning: 'A program printed more than its limit.',
    act: 'Run the program that the message names by hand, and see why it prints so much.',
  },
  ADDON_UNAVAILABLE: {
    meaning: 'The native addon is not built, or does not fit this system.',
    act: 'Run in the checkout: npm run build:native',
  },
  NOT_SUPPORTED: {
    meaning: 'This system or version cannot do it.',
    act: 'Update the program, or use Linux: docs/platforms.md lists what works where.',
  },
  SOCKET_IN_USE: {
    meaning: 'Another program listens at this address or socket, or it cannot be used.',
    act: 'End that program, or give another address with the option that the message names.',
  },
  STORE_CORRUPT: {
    meaning: 'Stored data is damaged, or something that belongs to it is missing.',
    act: 'Restore the data folder and its keys from the backup.',
  },
  STORE_FAILED: {
    meaning: 'A file or folder cannot be written, or another user can tamper with it.',
    act: 'Fix what the message names: a full or failing disk, a missing folder, or a mode that is too open.',
  },
  SPOOL_FULL: {
    meaning: 'The evidence that waits on the device has reached its limit.',
    act: 'Bring the device back to its directory, or raise spool.maxBytes.',
  },
  DAEMON_UNREACHABLE: {
    meaning: 'suretyd does not run, or not at this socket.',
    act: 'Start suretyd, or give its socket with --socket PATH.',
  },
  DAEMON_SILENT: {
    meaning: 'suretyd is there and does not answer: it is stopped, frozen or stuck.',
    act: 'Resume it with kill -CONT PID, or restart it.',
  },
  DAEMON_UNTRUSTED: {
    meaning: 'A program of another user listens in the place of suretyd, and nothing was sent to it.',
    act: 'End that program and start suretyd, or ask the administrator of this device.',
  },
  DIRECTORY_UNREACHABLE: {
    meaning: 'No directory answers at this address.',
    act: 'Check that it runs (surety-directory serve), the address, the port and the firewall.',
  },
  NOT_PERMITTED: {
    meaning: 'This user or role may not do it, or a secret can be read by others.',
    act: 'Use another account or profile, or run the chmod that the message names.',
  },
  NOT_YET_PERMITTED: {
    meaning: 'A rule of two persons allows it later: the message says from when.',
    act: 'Wait until then, or do what the message names.',
  },
  NOT_FOUND: {
    meaning: 'What was named does not exist.',
    act: 'Check the spelling; the list command of the same noun shows what there is.',
  },
  CONFLICT: {
    meaning: 'Something is there already, was decided before, or is in use by another program.',
    act: 'Nothing was changed: look at what the message names first.',
  },
  VERSION_STALE: {
    meaning: 'Another person or program changed it after it was read.',
    act: 'Nothing was changed: read it again, and decide with its new state.',
  },
  TRANSITION_REFUSED: {
    meaning:
      'The lifecycle of a registered agent has no such step, for example from retired to active; the attempt is on the record.',
    act: 'Nothing was changed: the message says what the agent can become; for one that has ended, create a new registration.',
  },
  OWNER_REQUIRED: {
    meaning: 'An active agent needs an owner who is an active person, and this one has none.',
    act: 'Give --owner HUMAN, or for one that is registered: surety-directory registrations transfer ID --owner HUMAN',
  },
  IDEMPOTENCY_KEY_REUSED: {
    meaning: 'The client sent another request with an Idempotency-Key of the last 24 hours.',
    act: 'Nothing was changed: make a new key for each thing to create.',
  },
  IDEMPOTENCY_KEY_BUSY: {
    meaning: 'The first request with this Idempotency-Key still runs.',
    act: 'Send the request again after a moment, with the same key.',
  },
  ANSWER_NOT_KEPT: {
    meaning:
      'A request with this Idempotency-Key was carried out, and its answer had a secret or was too large to keep.',
    act: 'Look at what the message names; if its secret is lost, revoke it and create another one with a new key.',
  },
  WEBHOOK_FAILED: {
    meaning: 'The receiver of a webhook did not take the message.',
    act: 'The message says what it answered; look at: surety-directory webhooks deliveries WEBHOOK.',
  },
  MESSAGE_FAILED: {
    meaning: 'The mail server or the channel did not take the test message.',
    act: 'The message says what it answered; compare the settings messages.* with docs/admin/messages.md.',
  },
  STEP_UP_REQUIRED: {
    meaning: 'The console asks for a sign-in of the last five minutes before this act.',
    act: 'Show the passkey, or sign in at the identity provider, and repeat the act.',
  },
  UNAUTHENTICATED: {
    meaning: 'The directory does not know the token, or it was revoked or is past its end.',
    act: 'Ask an administrator for a new profile, or run on the server: surety-directory administrator reset',
  },
}

/**
 * Codes with one cause and one way out. The messages of all other codes say what to do, because it differs from place to place:
 * there the text of the catalogue is for `explain CODE` only.
 */
const ADVISED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...(['KEY_PROVIDER_UNAVAILABLE', 'KEY_CLOSED', 'KEY_UNSUPPORTED'] as const),
  ...(['TPM_UNAVAILABLE', 'TPM_BUSY', 'TPM_LOCKED_OUT', 'TPM_IDENTITY_LOST', 'TPM_COMMAND_FAILED'] as const),
  ...(['TPM_STRUCTURE_MALFORMED', 'DELEGATION_REFUSED', 'PROTOCOL_UNSUPPORTED', 'COMMAND_NOT_ALLOWED'] as const),
  ...(['TOKEN_UNKNOWN', 'TOKEN_EXPIRED', 'TOKEN_REVOKED', 'TOKEN_SERIAL_MISMATCH', 'TIER_TOO_LOW'] as const),
  ...(['ENROLMENT_PENDING', 'ENROLMENT_DENIED', 'ENROLMENT_STRING_INVALID', 'EVIDENCE_FORKED'] as const),
  ...(['DEVICE_RETIRED', 'SESSION_LIMIT', 'RATE_LIMITED', 'ORDER_REFUSED', 'ORDER_EXPIRED', 'SPOOL_FULL'] as const),
  ...(['COMMAND_TIMED_OUT', 'DAEMON_UNTRUSTED'] as const),
])

/** What to do about any error of this code, where there is one such thing. */
export function generalAdvice(code: ErrorCode | undefined): string | undefined {
  return code !== undefined && ADVISED.has(code) ? ERROR_TEXTS[code].act : undefined
}
