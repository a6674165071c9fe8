import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { codeOf, SuretyError } from '../../base/errors.ts'
import { closed, counter, reader, type Static, Type } from '../../base/schema.ts'
import { errnoOf } from '../../system/files/file-errors.ts'
import { openWitness } from '../../system/sqlite/commit-watermark.ts'

/**
 * What `directory.sqlite-witness` says about the database beside it. A database that lost its log must not pass for whole:
 * without its last commits, used tokens would be unused and retired devices active again.
 */
const contentSchema = closed({
  /** Transactions so far, as the database counts them itself. */
  commits: counter(),
  /** The file at its last clean close, when its log was empty. Absent while it is in use. */
  seal: Type.Optional(closed({ sizeBytes: counter(), sha256: Type.String({ maxLength: 43 }) })),
})
type Content = Static<typeof contentSchema>
const contentReader = reader(contentSchema, { name: 'watermark of the database' })

export interface DatabaseWatermark extends Disposable {
  /**
   * Compares the file with the seal. Call it before the database is opened.
   *
   * @returns true if the file is known to be whole. False: it was not closed cleanly, or there is no watermark.
   * @throws `STORE_CORRUPT` if it is gone, empty or not what was closed.
   */
  compareFile(): boolean
  /**
   * Breaks the seal, because the database may change from here on.
   *
   * @throws `STORE_CORRUPT` if it has fewer commits than the watermark; `STORE_FAILED` if the seal can neither be overwritten
   * nor removed.
   */
  begin(commits: number): void
  committed(commits: number): void
  /** Seals the file after a clean close. */
  seal(): void
}

/** Larger databases are neither sealed nor checked: reading them would delay each start and end too much. */
export const CHECKED_BYTES = 4 * 1024 ** 3

export function databaseWatermark(path: string): DatabaseWatermark {
  const watermarkPath = `${path}-witness`
  const file = openWitness(watermarkPath)
  const content = readContent(file.read())
  let commits = content?.commits ?? 0
  const damaged = (what: string) =>
    new SuretyError(
      'STORE_CORRUPT',
      `the database ${JSON.stringify(path)} ${what}: restore it from a backup; or, to continue with the present data as after such a restore, remove ${JSON.stringify(watermarkPath)}`,
    )
  return {
    compareFile() {
      if (content === undefined) return false
      if (sizeOf(path) === 0) throw damaged('is missing or empty, but was in use before')
      if (content.seal === undefined || sizeOf(`${path}-wal`) > 0) return false
      if (sizeOf(path) !== content.seal.sizeBytes || digestOf(path) !== content.seal.sha256) {
        throw damaged('has changed since it was closed: it is damaged')
      }
      return true
    },
    begin(present) {
      if (present < commits) throw damaged(`has lost its last ${commits - present} commits`)
      commits = present
      const isWritten = file.write(JSON.stringify({ commits })) && file.sync()
      // With an old seal the next start would take new data for damage.
      if (!isWritten && content?.seal !== undefined) file.remove()
    },
    committed(now) {
      commits = now
      file.write(JSON.stringify({ commits }))
    },
    seal() {
      const sizeBytes = sizeOf(path)
      if (sizeBytes > CHECKED_BYTES || sizeOf(`${path}-wal`) > 0) return
      try {
        file.write(JSON.stringify({ commits, seal: { sizeBytes, sha256: digestOf(path) } } satisfies Content))
        file.sync()
      } catch (error) {
        // Without a seal the next start checks the database.
        if (codeOf(error) !== 'STORE_FAILED') throw error
      }
    },
    [Symbol.dispose]: () => file[Symbol.dispose](),
  }
}

/**
 * Says which database must be at `path` from now on. Without `file` it says only that there is one.
 *
 * @throws `STORE_FAILED`.
 */
export function announceDatabase(
  path: string,
  {
    commits,
    file,
  }: { readonly commits: number; readonly file?: { readonly sizeBytes: number; readonly sha256: string } },
): void {
  using watermark = openWitness(`${path}-witness`)
  const isSealed = file !== undefined && file.sizeBytes <= CHECKED_BYTES
  const content: Content = { commits, ...(isSealed ? { seal: file } : {}) }
  if (watermark.write(JSON.stringify(content)) && watermark.sync()) return
  throw new SuretyError('STORE_FAILED', `cannot write the watermark of ${JSON.stringify(path)} (check the disk)`)
}

function readContent(text: string | undefined): Content | undefined {
  // Content that does not fit is of a newer program: there is nothing to compare.
  try {
    return text === undefined ? undefined : contentReader.readJson(text)
  } catch {
    return undefined
  }
}

/** 0 if there is no file. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

const CHUNK_BYTES = 1024 * 1024

/** @throws `STORE_FAILED` if it cannot be read. */
function digestOf(path: string): string {
  try {
    return digestOfBytes(path)
  } catch (cause) {
    const message = `the database ${JSON.stringify(path)} cannot be read: ${errnoOf(cause)} (check the disk)`
    throw new SuretyError('STORE_FAILED', message, { cause })
  }
}

function digestOfBytes(path: string): string {
  const fd = openSync(path, 'r')
  try {
    const digest = createHash('sha256')
    const chunk = Buffer.alloc(CHUNK_BYTES)
    for (let got = readSync(fd, chunk); got > 0; got = readSync(fd, chunk)) digest.update(chunk.subarray(0, got))
    return digest.digest('base64url')
  } finally {
    closeSync(fd)
  }
}
