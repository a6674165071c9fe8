import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { codeOf, SuretyError } from '../../base/errors.ts'
import { closed, counter, reader, type Static, Type } from '../../base/schema.ts'
import { errnoOf } from '../../system/files/file-errors.ts'
import { openWitness } from '../../system/sqlite/commit-watermark.ts'

/**
 * What the register had come to, kept beside it: `directory.sqlite-witness`. A damaged register must never pass for a
 * shorter one or for a new one: with what a lost log held, tokens would be unused and devices unretired again.
 */
const saidSchema = closed({
  /** Transactions so far, as the register counts them itself. */
  commits: counter(),
  /** The file as it was when it was closed cleanly, its log then being empty. Absent while it is in use. */
  seal: Type.Optional(closed({ sizeBytes: counter(), sha256: Type.String({ maxLength: 43 }) })),
})
type Said = Static<typeof saidSchema>
const saidReader = reader(saidSchema, { name: 'witness of the register' })

export interface RegisterWitness extends Disposable {
  /**
   * Before the register is opened.
   *
   * @returns whether the file is known to be whole. False: it was not closed cleanly, or nothing is known of it.
   * @throws `STORE_CORRUPT` when it is gone, empty or not what was closed.
   */
  compareFile(): boolean
  /**
   * From here on it may change.
   *
   * @throws `STORE_CORRUPT` when it has fewer commits than there have been, `STORE_FAILED` when the seal can be neither
   * written over nor removed.
   */
  begin(commits: number): void
  committed(commits: number): void
  /** It was closed cleanly and will not change any more. */
  seal(): void
}

/** Larger ones are neither sealed nor checked: reading them would take too long at each end and start. */
export const CHECKED_BYTES = 4 * 1024 ** 3

export function registerWitness(path: string): RegisterWitness {
  const witnessPath = `${path}-witness`
  const witness = openWitness(witnessPath)
  const said = readSaid(witness.read())
  let commits = said?.commits ?? 0
  const damaged = (what: string) =>
    new SuretyError(
      'STORE_CORRUPT',
      `the register ${JSON.stringify(path)} ${what}: restore it from a backup; or, to go on with what is there as after such a restore, remove ${JSON.stringify(witnessPath)}`,
    )
  return {
    compareFile() {
      if (said === undefined) return false
      if (sizeOf(path) === 0) throw damaged('is gone or empty, though it has been in use')
      if (said.seal === undefined || sizeOf(`${path}-wal`) > 0) return false
      if (sizeOf(path) !== said.seal.sizeBytes || digestOf(path) !== said.seal.sha256) {
        throw damaged('is not as it was when it was closed: it is damaged')
      }
      return true
    },
    begin(present) {
      if (present < commits) throw damaged(`has lost its last ${commits - present} commits`)
      commits = present
      const says = witness.write(JSON.stringify({ commits })) && witness.sync()
      // A seal that stays would have what is written from now on taken for damage.
      if (!says && said?.seal !== undefined) witness.remove()
    },
    committed(now) {
      commits = now
      witness.write(JSON.stringify({ commits }))
    },
    seal() {
      const sizeBytes = sizeOf(path)
      if (sizeBytes > CHECKED_BYTES || sizeOf(`${path}-wal`) > 0) return
      try {
        witness.write(JSON.stringify({ commits, seal: { sizeBytes, sha256: digestOf(path) } } satisfies Said))
        witness.sync()
      } catch (error) {
        // Nothing is lost: it is only not known to be whole.
        if (codeOf(error) !== 'STORE_FAILED') throw error
      }
    },
    [Symbol.dispose]: () => witness[Symbol.dispose](),
  }
}

function readSaid(text: string | undefined): Said | undefined {
  // It was written by a newer program, if it does not fit: nothing can be compared.
  try {
    return text === undefined ? undefined : saidReader.readJson(text)
  } catch {
    return undefined
  }
}

/** 0 when it is not there. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

const CHUNK_BYTES = 1024 * 1024

/** @throws `STORE_FAILED` when it cannot be read. */
function digestOf(path: string): string {
  try {
    return digestOfBytes(path)
  } catch (cause) {
    const message = `the register ${JSON.stringify(path)} cannot be read: ${errnoOf(cause)} (check the disk)`
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
