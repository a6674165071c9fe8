import { SuretyError } from '../../base/errors.ts'
import { checkInclusion } from '../../tlog/check-proofs.ts'
import { parseExportHeader, parseProof } from '../../tlog/proof-files.ts'
import { RangeCheck } from '../../tlog/ranges.ts'
import { leafHash } from '../../tlog/tree-hash.ts'
import { type ExportLine, readExportLines } from '../export-lines.ts'
import type { RecordReport } from './record-report.ts'
import { openTrusted, type RecordTrust, reported, textOf } from './trust.ts'
import { isApprovalEntry, verifyApproval } from './verify-approval.ts'

/** Files of the record that verify offline. */

/**
 * One entry with its proof: C2SP tlog-proof.
 * @param entry its bytes; absent if the file has them as extra data.
 * @param action of an approval: its canonical JSON.
 */
export function verifyEntryFile(
  text: string,
  entry: Uint8Array | undefined,
  trust: RecordTrust,
  action?: string,
): Promise<RecordReport> {
  return reported('entry', trust, async (report) => {
    const { index, proof, checkpoint, extra } = parseProof(text)
    const bytes = entry ?? extra
    if (bytes === undefined) throw new SuretyError('INPUT_MALFORMED', 'the proof has no entry with it: give its file')
    const { size, root } = await openTrusted(checkpoint, trust, report)
    if (index >= size)
      throw new SuretyError('PROOF_INVALID', `the log has ${size} entries, and none with index ${index}`)
    checkInclusion({ leaf: leafHash(bytes), index, size, root, proof })
    report.entries = { from: index, to: index + 1 }
    report.entry = textOf(bytes, 'the entry')
    if (isApprovalEntry(bytes)) {
      verifyApproval(bytes, action)
      report.approvals = 1
    } else if (action !== undefined) throw new SuretyError('INPUT_MALFORMED', 'the entry is not of an approval')
  })
}

/** A range of entries, one a line: first the line that `parseExportHeader` reads. Lines are not kept. */
export function verifyExportFile(chunks: AsyncIterable<Uint8Array>, trust: RecordTrust): Promise<RecordReport> {
  return reported('export', trust, async (report) => {
    const lines = readExportLines(chunks)
    const first = await lines.next()
    const { from, to, proof, checkpoint } = parseExportHeader(headerOf(first.done === true ? undefined : first.value))
    const { size, root } = await openTrusted(checkpoint, trust, report)
    if (from >= to || to > size) {
      throw new SuretyError('PROOF_INVALID', `a log of ${size} entries has none from ${from} to before ${to}`)
    }
    const check = new RangeCheck({ from, to, size }, proof)
    for await (const { number, text, ended } of lines) {
      if (text === undefined) throw new SuretyError('INPUT_TOO_LARGE', `line ${number} is too long`)
      if (!ended) throw new SuretyError('INPUT_MALFORMED', `the file ends in the middle of line ${number}`)
      const bytes = Buffer.from(text, 'latin1')
      check.add(leafHash(bytes))
      if (!isApprovalEntry(bytes)) continue
      verifyApproval(bytes)
      report.approvals = (report.approvals ?? 0) + 1
    }
    check.finish(root)
    report.entries = { from, to }
  })
}

function headerOf(line: ExportLine | undefined): string {
  return textOf(Buffer.from(line?.text ?? '', 'latin1'), 'the first line')
}
