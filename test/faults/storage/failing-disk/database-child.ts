/**
 * `database-child.ts PATH [alone]`: does with a database what each line of its input says, and tells how it went: with the
 * number of rows, or the code of the error. It ends with its input and leaves open what is open then.
 */
import { createInterface } from 'node:readline'
import { codeOf } from '../../../../src/base/errors.ts'
import { type Database, openDatabase } from '../../../../src/system/sqlite/sqlite.ts'

const [path = '', alone] = process.argv.slice(2)
let database: Database | undefined

function opened(): Database {
  if (database === undefined) throw new TypeError('open it first')
  return database
}

function write(rows: number): void {
  const insert = opened().prepare('INSERT INTO row VALUES (?)')
  opened().transaction(() => {
    for (let row = 0; row < rows; row++) insert.run('x'.repeat(5_000))
  })
}

const CALLS: Readonly<Record<string, () => unknown>> = {
  open() {
    database = openDatabase(path)
    if (alone !== undefined) database.exec('PRAGMA locking_mode=EXCLUSIVE; BEGIN IMMEDIATE; COMMIT')
    database.exec('CREATE TABLE IF NOT EXISTS row (text TEXT NOT NULL) STRICT')
  },
  write: () => write(1),
  /** More than the log holds. */
  fill: () => write(1_100),
  close: () => opened().close(),
  count: () => opened().prepare('SELECT count(*) AS rows FROM row').get()?.rows,
}

function said(call: string): unknown {
  try {
    return CALLS[call]?.() ?? 'done'
  } catch (error) {
    return codeOf(error)
  }
}

for await (const call of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(said(call))}\n`)
}
process.exitCode = 7
