import { orAborted } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { apiAnswer, countedPageOf } from '../../protocol/noun/answers.ts'
import { type EntryView, entries, entryViewSchema } from '../../protocol/nouns/directory/record.ts'
import { queryOf } from '../command/command-line.ts'
import type { ApiClient, ReadAtRoot } from '../connection/api-client.ts'
import { call } from '../nouns/call.ts'

export interface RecordSource {
  readonly api: ApiClient
  readonly readAtRoot: ReadAtRoot
  readonly interrupted: AbortSignal
}

/** The log as it was when an export began. Its size bounds the export. */
export interface LogThen {
  readonly origin: string
  readonly size: number
  /** A signed note. */
  readonly checkpoint: string
}

/** @throws `NOT_FOUND` before the first checkpoint. */
export async function logNow({ api, interrupted }: RecordSource): Promise<LogThen> {
  const { origin, size, checkpoint } = await orAborted(call(api, entries, 'log'), interrupted)
  if (checkpoint === undefined || size === 0) {
    throw new SuretyError('NOT_FOUND', 'the record has no entry with a proof yet: ask again in a moment')
  }
  return { origin, size, checkpoint }
}

const pageReader = apiAnswer(countedPageOf(entryViewSchema), 'list of entries')
const PAGE = 500

/** Oldest first, and none that the log did not have. One page is held at a time. */
export async function* entryPages(
  { api, interrupted }: RecordSource,
  { size }: Pick<LogThen, 'size'>,
  filters: Readonly<Record<string, string | number | undefined>>,
): AsyncGenerator<readonly EntryView[]> {
  let cursor: string | undefined
  do {
    const query = queryOf({ ...filters, order: 'ascending', limit: PAGE, cursor })
    const asked = api.ask('GET', `${entries.path}${query}`, pageReader)
    const page: Awaited<typeof asked> = await orAborted(asked, interrupted)
    const covered = page.items.filter(({ index = size }) => index < size)
    if (covered.length > 0) yield covered
    // Those that came meanwhile are last.
    if (covered.length === 0 && page.items.length > 0) return
    cursor = page.next
  } while (cursor !== undefined)
}
