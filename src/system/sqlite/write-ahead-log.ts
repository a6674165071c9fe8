import { SuretyError } from '../../base/errors.ts'

/**
 * The write-ahead log of SQLite (sqlite.org/fileformat2.html, section 4): a header, then frames, each a page as a transaction
 * left it. What counts ends at the last frame that is whole and ends a transaction.
 *
 * The newest rows of another program's database lie here. Opening it as SQLite does would take locks and could create files
 * beside it, so both files are read as bytes.
 */
export const LOG_HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24
/** The last bit says that sums are made of big-endian words. */
const MAGIC = 0x377f0682
const VERSION = 3_007_000
const MIN_PAGE = 512
const MAX_PAGE = 65_536

/**
 * A database as it is with its log: what a program that has it open sees. A log that SQLite would take for none changes nothing.
 *
 * @param database the whole file.
 * @param log the whole file beside it.
 * @throws `INPUT_MALFORMED` when the log speaks of pages that are nowhere.
 */
export function withLog(database: Uint8Array, log: Uint8Array): Uint8Array {
  const head = readHead(log)
  if (head === undefined || (database.length > 0 && pageSizeOf(database) !== head.pageBytes)) return database
  const { pages, pageCount } = readFrames(log, head)
  if (pageCount === 0) return database
  const { pageBytes } = head
  // Each page lies in one of the two files; more would be a claim that costs memory.
  if (pageCount * pageBytes > database.length + log.length) {
    throw new SuretyError('INPUT_MALFORMED', 'a write-ahead log of pages that are nowhere')
  }
  const whole = new Uint8Array(pageCount * pageBytes)
  whole.set(database.subarray(0, whole.length))
  for (const [page, start] of pages) {
    if (page <= pageCount) whole.set(log.subarray(start, start + pageBytes), (page - 1) * pageBytes)
  }
  return whole
}

/** Do both begin the same log? One that was begun again has other salts. */
export function isSameLog(one: Uint8Array, other: Uint8Array): boolean {
  for (let at = 0; at < LOG_HEADER_BYTES; at++) if (one[at] !== other[at]) return false
  return true
}

interface LogHead {
  readonly pageBytes: number
  readonly littleEndian: boolean
  readonly sum: Sum
}

type Sum = readonly [number, number]

function readHead(log: Uint8Array): LogHead | undefined {
  if (log.length < LOG_HEADER_BYTES) return undefined
  const view = viewOf(log)
  const magic = view.getUint32(0)
  const pageBytes = view.getUint32(8)
  const isPage = pageBytes >= MIN_PAGE && pageBytes <= MAX_PAGE && (pageBytes & (pageBytes - 1)) === 0
  if ((magic & ~1) !== MAGIC || view.getUint32(4) !== VERSION || !isPage) return undefined
  const littleEndian = (magic & 1) === 0
  const sum = summed(view, 0, 24, littleEndian, [0, 0])
  return isSum(view, 24, sum) ? { pageBytes, littleEndian, sum } : undefined
}

/** Where the last version of each page begins, and how many pages the database has. */
function readFrames(log: Uint8Array, { pageBytes, littleEndian, sum: first }: LogHead) {
  const view = viewOf(log)
  const pages = new Map<number, number>()
  const pending = new Map<number, number>()
  let pageCount = 0
  let sum = first
  for (
    let at = LOG_HEADER_BYTES;
    at + FRAME_HEADER_BYTES + pageBytes <= log.length;
    at += FRAME_HEADER_BYTES + pageBytes
  ) {
    const start = at + FRAME_HEADER_BYTES
    const page = view.getUint32(at)
    const isOfLog = view.getUint32(at + 8) === view.getUint32(16) && view.getUint32(at + 12) === view.getUint32(20)
    sum = summed(view, start, pageBytes, littleEndian, summed(view, at, 8, littleEndian, sum))
    if (page === 0 || !isOfLog || !isSum(view, at + 16, sum)) break
    pending.set(page, start)
    const count = view.getUint32(at + 4)
    if (count === 0) continue
    for (const [each, where] of pending) pages.set(each, where)
    pending.clear()
    pageCount = count
  }
  return { pages, pageCount }
}

function summed(view: DataView, start: number, length: number, littleEndian: boolean, [a, b]: Sum): Sum {
  let first = a
  let second = b
  for (let at = start; at < start + length; at += 8) {
    first = (first + view.getUint32(at, littleEndian) + second) >>> 0
    second = (second + view.getUint32(at + 4, littleEndian) + first) >>> 0
  }
  return [first, second]
}

function isSum(view: DataView, at: number, [first, second]: Sum): boolean {
  return view.getUint32(at) === first && view.getUint32(at + 4) === second
}

/** Of a header: 1 stands for the largest. */
function pageSizeOf(database: Uint8Array): number | undefined {
  if (database.length < 18) return undefined
  const said = viewOf(database).getUint16(16)
  return said === 1 ? MAX_PAGE : said
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
