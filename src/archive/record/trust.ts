import { fromUtf8 } from '../../base/bytes.ts'
import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import { type OpenedCheckpoint, openCheckpoint } from '../../tlog/checkpoints.ts'
import { toBase64 } from '../../tlog/lines.ts'
import type { NoteKey } from '../../tlog/note-keys.ts'
import type { RecordReport } from './record-report.ts'

/** Whom a verifier believes. Public keys only. */
export interface RecordTrust {
  /** Of the log. They have one name, its origin. At least one. */
  readonly logKeys: readonly NoteKey[]
  readonly witnessKeys: readonly NoteKey[]
  /** How many of the witnesses must have cosigned. */
  readonly quorum: number
}

/** @throws as `openCheckpoint`; `COSIGNATURES_MISSING`. */
export async function openTrusted(note: string, trust: RecordTrust, report: ReportDraft): Promise<OpenedCheckpoint> {
  const opened = await openCheckpoint(note, { ...trust, origin: originOfTrust(trust) })
  const { size, root, cosignatures } = opened
  report.checkpoint = { size, root: toBase64(root) }
  report.witnesses = trust.witnessKeys.map((key) => {
    const time = cosignatures.find((each) => each.key === key)?.time
    return { name: key.name, ...(time === undefined ? {} : { time: time * 1000 }) }
  })
  const count = cosignatures.length
  if (count >= trust.quorum) return opened
  const missing = trust.witnessKeys.filter((key) => !cosignatures.some((each) => each.key === key))
  throw new SuretyError(
    'COSIGNATURES_MISSING',
    `${count} of ${trust.quorum} cosignatures; missing: ${missing.map(({ name }) => name).join(', ')}`,
  )
}

export function originOfTrust({ logKeys }: RecordTrust): string {
  return logKeys[0]?.name ?? ''
}

export type ReportDraft = { -readonly [K in keyof RecordReport]: RecordReport[K] }

/**
 * Verifies, and makes a report of it. What cannot be read or reached is no finding about the record.
 * @throws what `isFinding` is not.
 */
export async function reported(
  kind: RecordReport['kind'],
  trust: RecordTrust,
  verify: (report: ReportDraft) => Promise<void>,
): Promise<RecordReport> {
  const witnesses = trust.witnessKeys.map(({ name }) => ({ name }))
  const report: ReportDraft = { ok: false, kind, origin: originOfTrust(trust), witnesses }
  try {
    await verify(report)
    report.ok = true
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined || !FINDINGS.includes(code)) throw error
    report.problem = { code, message: describeError(error) }
  }
  return report
}

const FINDINGS: readonly string[] = [
  ...['PROOF_INVALID', 'SIGNATURE_INVALID', 'LOG_UNKNOWN', 'LOG_INCONSISTENT', 'COSIGNATURES_MISSING'],
  ...['INPUT_MALFORMED', 'INPUT_TOO_LARGE', 'INPUT_TOO_DEEP', 'INPUT_NOT_CANONICAL', 'NOT_FOUND'],
]

/** @throws `INPUT_MALFORMED` for what is not UTF-8. */
export function textOf(bytes: Uint8Array, what: string): string {
  try {
    return fromUtf8(bytes)
  } catch (cause) {
    throw new SuretyError('INPUT_MALFORMED', `${what} is not UTF-8`, { cause })
  }
}
