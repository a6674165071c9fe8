import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { equalBytes } from '../../../../src/base/bytes.ts'
import { systemClock } from '../../../../src/base/clock.ts'
import { openLog } from '../../../../src/directory/record/open-log.ts'
import { rootOf, sequenceSome } from '../../../../src/directory/record/sequencer.ts'
import { parseEnrolmentString } from '../../../../src/protocol/messages/enrolment-string.ts'
import { parseCheckpoint } from '../../../../src/tlog/checkpoints.ts'
import { parseNote } from '../../../../src/tlog/notes.ts'
import type { Line } from '../said.ts'
import { type Acting, openActing, refusalOf } from './actions.ts'

/** A register with the key of its log, and nothing in it. */
export async function makeRecord(folder: string): Promise<Line[]> {
  mkdirSync(join(folder, 'keys'), { mode: 0o700 })
  using acting = await openActing(folder)
  await openLogIn(folder, acting, true)
  return []
}

type LogKey = Parameters<typeof sequenceSome>[0]['logKey']

export function openLogIn(folder: string, { store }: Acting, mayFound = false): Promise<LogKey> {
  return openLog({ store, clock: systemClock }, { dataFolder: folder, mayFound })
}

/** @returns what is wrong with the record of a directory whose power was cut while it recorded and signed. */
export async function checkRecord(folder: string, said: readonly Line[]): Promise<string[]> {
  using acting = await openActing(folder)
  const { database, store } = acting
  const wrong: string[] = []
  const count = (sql: string, ...values: string[]) => Number(database.prepare(sql).get(...values)?.count)
  const rows = count('SELECT count(*) AS count FROM tokens')
  const entries = count("SELECT count(*) AS count FROM record_entries WHERE act = 'token-created'")
  if (rows !== entries) wrong.push(`half-written: ${rows} tokens with ${entries} entries`)
  for (const { what, text = '' } of said) {
    if (what !== 'token') continue
    const { token: id } = parseEnrolmentString(text)
    const found = count('SELECT count(*) AS count FROM record_entries WHERE subject = ?', id)
    if (found !== 1) wrong.push(`lost: the entry of token ${id}`)
  }
  const refusal = await refusalOf(openLogIn(folder, acting))
  if (refusal !== undefined) return [...wrong, `lost: the log does not open (${refusal})`]
  wrong.push(...(await forks(acting, said, 'as it was found')))
  const logKey = await openLogIn(folder, acting)
  while (await sequenceSome({ store, clock: systemClock, logKey }));
  const waiting = count('SELECT count(*) AS count FROM record_entries WHERE position IS NULL')
  if (waiting > 0) wrong.push(`half-written: ${waiting} entries without an index`)
  return [...wrong, ...(await forks(acting, said, 'as it goes on'))]
}

/** Each checkpoint that others may have seen is of a log that begins as this one does. */
async function forks({ store: { record } }: Acting, said: readonly Line[], when: string): Promise<string[]> {
  const wrong: string[] = []
  for (const { what, text = '' } of said) {
    if (what !== 'checkpoint') continue
    const { size, root } = parseCheckpoint(parseNote(text).text)
    const present = await record.size()
    if (present < size) wrong.push(`lost: ${size - present} entries of a checkpoint, ${when}`)
    else if (!equalBytes(await rootOf(record, size), root)) wrong.push(`lost: other entries of ${size}, ${when}`)
  }
  return wrong
}
