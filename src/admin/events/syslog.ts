import { printable } from '../../base/text/printable.ts'
import type { DirectoryEvent } from '../../protocol/api/events.ts'

/** One event as one line of RFC 5424. */

/** Log audit. */
const FACILITY = 13
const SEVERITY = { error: 3, warning: 4, informational: 6 } as const
export type Severity = keyof typeof SEVERITY

/** Room for header and text in the 8 KB that receivers commonly take. */
const MAX_VALUE = 512
const MAX_MESSAGE = 4096

export interface SyslogInit {
  /** Of the directory. */
  readonly host: string
  readonly severity: Severity
  /** What happened, for a human. */
  readonly message: string
}

export function syslogLine(event: DirectoryEvent, { host, severity, message }: SyslogInit): string {
  const { id, time, kind, device, actor, actorName } = event
  const priority = FACILITY * 8 + SEVERITY[severity]
  const header = `<${priority}>1 ${new Date(time).toISOString()} ${word(host, 255)} surety-directory - ${word(kind, 32)}`
  const parameters = Object.entries({ id: `${id}`, device, actor, actorName })
    .map(([name, value]) => (value === undefined ? '' : ` ${name}="${escaped(value)}"`))
    .join('')
  // 32473 is the enterprise number that RFC 5612 reserves for examples: Surety has none of its own.
  return `${header} [surety@32473${parameters}] ${printable(`${kind} ${message}`.trim()).slice(0, MAX_MESSAGE)}`
}

/** A member of the header is printable ASCII without spaces. */
function word(text: string, length: number): string {
  return text.replace(/[^!-~]/g, '?').slice(0, length) || '-'
}

function escaped(value: string): string {
  return printable(value.slice(0, MAX_VALUE)).replace(/["\\\]]/g, '\\$&')
}
