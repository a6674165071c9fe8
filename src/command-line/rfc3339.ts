import { printableJson } from '../base/text/printable.ts'

/** `--rfc3339`: times in documents as `2026-11-28T14:00:00.000Z` instead of milliseconds since 1970. */

/** The members that are times, in every document. A test holds this to the schemas. */
export const TIME_MEMBERS: ReadonlySet<string> = new Set([
  ...[
    'addedAt',
    'answeredAt',
    'appraisedAt',
    'at',
    'attestedAt',
    'backupAt',
    'confirmedAt',
    'createdAt',
    'decidedAt',
    'deviceSeenAt',
  ],
  ...[
    'endsAt',
    'enrolledAt',
    'entered',
    'exemptUntil',
    'expiresAt',
    'exportedAt',
    'firstSeenAt',
    'goneAt',
    'graceUntil',
  ],
  ...['lastAcknowledgedAt', 'lastSeenAt', 'lastUsedAt', 'notAfter', 'orderedAt', 'reportedAt', 'requestedAt'],
  ...['cosignedAt', 'deliveredAt', 'disabledAt', 'failingSince', 'nextAttemptAt', 'oldSecretUntil', 'oldTokenUntil'],
  ...['nextDigestAt', 'quietUntil', 'sentAt', 'settledAt'],
  ...['setAt', 'since', 'startedAt', 'time', 'until', 'usedAt', 'validUntil'],
  ...[
    'authorizationCutoff',
    'changedAt',
    'checkedAt',
    'deactivatedAt',
    'reviewAt',
    'seenAt',
    'stateAt',
    'successorAcceptedAt',
  ],
  ...[
    'allowedUntil',
    'claimedAt',
    'closedAt',
    'doneAt',
    'dueAt',
    'finishedAt',
    'heldAt',
    'receivedAt',
    'scopeUntil',
    'silentSince',
  ],
])

export const RFC3339_OPTION = ['--rfc3339', 'with --json: times as 2026-11-28T14:00:00.000Z'] as const

/** A document, or documents of one line each. Text that is no document stays as it is. */
export function withRfc3339Times(text: string): string {
  const isOneLine = text.indexOf('\n') === text.length - 1
  const whole = converted(text, isOneLine ? undefined : 2)
  if (whole !== undefined) return `${whole}\n`
  return text
    .split('\n')
    .map((line) => converted(line, undefined) ?? line)
    .join('\n')
}

/** Where a command line prints its documents. */
export function documentOutput(out: (text: string) => void, argv: readonly string[]): (text: string) => void {
  return argv.includes(RFC3339_OPTION[0]) ? (text) => out(withRfc3339Times(text)) : out
}

function converted(text: string, indent: number | undefined): string | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    return printableJson(JSON.parse(text, asTime), indent)
  } catch {
    return undefined
  }
}

/** The largest time that a date can have is beyond all that a schema admits. */
function asTime(name: string, value: unknown): unknown {
  if (!TIME_MEMBERS.has(name) || typeof value !== 'number' || !Number.isSafeInteger(value)) return value
  const date = new Date(value)
  return Number.isNaN(date.getTime()) ? value : date.toISOString()
}
