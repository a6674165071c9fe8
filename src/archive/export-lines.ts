import { LIMITS } from '../protocol/limits.ts'

/** One line of an export. */
export interface ExportLine {
  /** From 1. */
  readonly number: number
  /** One character per byte. Undefined for a line that is too long. */
  readonly text: string | undefined
  /** A newline follows. Only the end of a cut file has a line without one. */
  readonly ended: boolean
}

/** A batch is one frame, and everything else in an export is shorter. */
const MAX_LINE_BYTES = LIMITS.frameBytes

/** Splits an export into lines. Nothing is decoded, and a line that is too long is not kept. */
export async function* readExportLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ExportLine, undefined> {
  let number = 0
  let rest = ''
  let tooLong = false
  const line = (text: string, ended: boolean): ExportLine => {
    const kept = tooLong || text.length > MAX_LINE_BYTES ? undefined : text
    tooLong = false
    return { number: ++number, text: kept, ended }
  }
  for await (const chunk of chunks) {
    const parts = (rest + Buffer.from(chunk).toString('latin1')).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) yield line(part, true)
    if (rest.length > MAX_LINE_BYTES) {
      tooLong = true
      rest = ''
    }
  }
  if (rest !== '' || tooLong) yield line(rest, false)
  return undefined
}
