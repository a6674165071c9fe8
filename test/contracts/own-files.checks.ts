import { equal, ok } from 'node:assert/strict'
import { closeSync, linkSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf, describeError } from '../../src/base/errors.ts'
import { errnoOf } from '../../src/system/files/file-errors.ts'
import { readIfPresent, writeDurably } from '../../src/system/files/own/durable-file.ts'
import { makeFolderDurably, syncFolder } from '../../src/system/files/own/durable-folder.ts'
import { newFile } from '../../src/system/files/own/new-file.ts'
import { preparePrivateFolder } from '../../src/system/files/own/prepare-folder.ts'
import { requireClosedParents, requirePrivateFolder } from '../../src/system/files/own/private-folder.ts'
import { setAside } from '../../src/system/files/own/quarantine.ts'
import { requireTrustedCode } from '../../src/system/files/own/trusted-code.ts'
import { ownRights } from '../../src/system/files/this-system.ts'
import { rotatingFile } from '../../src/system/logging/rotating-file.ts'
import { openWitness } from '../../src/system/sqlite/commit-watermark.ts'
import { copyDatabase } from '../../src/system/sqlite/online-copy.ts'
import { openDatabase } from '../../src/system/sqlite/sqlite.ts'
import { readDatabaseAt } from '../../src/system/sqlite/sqlite-copy.ts'

/** What our own files keep to on every system, whatever keeps their rights. Free of Jest, so that Wine can run it. */

export interface OwnFilesUnderTest {
  /** Empty, ours, with nothing above it that others may write to. */
  readonly root: string
  /** Lets every user read, or read and write. */
  openToAll(path: string, rights: 'read' | 'write'): void
}

export interface OwnFilesCheck {
  readonly name: string
  run(underTest: OwnFilesUnderTest): Promise<void>
}

const CLOSED = { isOurs: true, canOthersRead: false, canOthersWrite: false, isClosed: true }
const STATE = { name: 'state folder', depth: 1, readable: 'closed' } as const

function check(
  name: string,
  work: (at: (...names: readonly string[]) => string, open: OwnFilesUnderTest['openToAll']) => Promise<void>,
): OwnFilesCheck {
  return {
    name,
    async run({ root, openToAll }) {
      // One for each check, so that none sees what another left.
      const folder = join(root, name.replaceAll(/\W+/g, '-'))
      mkdirSync(folder)
      await work((...names) => join(folder, ...names), openToAll)
    },
  }
}

function rightsOf(path: string) {
  const { isOurs, canOthersRead, canOthersWrite, isClosed } = ownRights().of(path, statSync(path))
  return { isOurs, canOthersRead, canOthersWrite, isClosed }
}

/** By their JSON: under Jest, arrays of Node are of another realm. */
function same(seen: unknown, expected: unknown): void {
  equal(JSON.stringify(seen), JSON.stringify(expected))
}

function textOf(read: Uint8Array | undefined): string {
  return Buffer.from(read ?? []).toString()
}

const bytes = (text: string) => new TextEncoder().encode(text)

async function refusalOf(work: () => unknown): Promise<string> {
  try {
    await work()
    return 'nothing was refused'
  } catch (error) {
    return `${codeOf(error) ?? errnoOf(error)}: ${describeError(error)}`
  }
}

async function refuses(work: () => unknown, expected: RegExp): Promise<void> {
  const seen = await refusalOf(work)
  ok(expected.test(seen), `${seen} is not ${expected}`)
}

export const OWN_FILES_CHECKS: readonly OwnFilesCheck[] = [
  check('creates a folder closed, with the missing ones above it', async (at) => {
    await makeFolderDurably(at('a', 'b'), { mode: 0o700 })
    same([rightsOf(at('a')), rightsOf(at('a', 'b'))], [CLOSED, CLOSED])
    await makeFolderDurably(at('a', 'b'), { mode: 0o700 })
    writeFileSync(at('file'), '')
    await refuses(() => makeFolderDurably(at('file', 'below'), { mode: 0o700 }), /E(NOTDIR|NOENT|EXIST)/)
  }),
  check('a file is replaced whole, closed, and nothing is left beside it', async (at) => {
    await writeDurably(at('key'), bytes('longer before'), { mode: 0o600 })
    await writeDurably(at('key'), bytes('second'), { mode: 0o600 })
    equal(textOf(await readIfPresent(at('key'), { maxBytes: 6, ownerOnly: true })), 'second')
    same([readdirSync(at()), rightsOf(at('key'))], [['key'], CLOSED])
    equal(await readIfPresent(at('absent'), { maxBytes: 1 }), undefined)
    await refuses(() => writeDurably(at('absent', 'x'), bytes('x'), { mode: 0o600 }), /^STORE_FAILED: .*ENOENT/)
    await refuses(() => readIfPresent(at('key'), { maxBytes: 5 }), /^FILE_TOO_LARGE/)
    await refuses(() => readIfPresent(at(), { maxBytes: 5 }), /^FILE_NOT_REGULAR/)
  }),
  check('a file is replaced while another program looks at it', async (at) => {
    await writeDurably(at('key'), bytes('first'), { mode: 0o600 })
    const held = openSync(at('key'), 'r')
    const timer = setTimeout(() => closeSync(held), 100)
    await writeDurably(at('key'), bytes('second'), { mode: 0o600 })
    equal(readFileSync(at('key'), 'utf8'), 'second')
    clearTimeout(timer)
    // Unless the timer did.
    await refusalOf(() => closeSync(held))
  }),
  check('a file that others may read or write is refused as a secret', async (at, open) => {
    for (const rights of ['read', 'write'] as const) {
      writeFileSync(at(rights), 'x')
      open(at(rights), rights)
      await refuses(() => readIfPresent(at(rights), { maxBytes: 9, ownerOnly: true }), /^NOT_PERMITTED: .*by others/)
    }
  }),
  check('a new file is closed, is never an old one, and goes when it is not filled', async (at) => {
    {
      await using file = await newFile(at('token'))
      await file.fill(bytes('secret'))
    }
    {
      await using _ = await newFile(at('unfilled'))
    }
    same([readdirSync(at()), rightsOf(at('token'))], [['token'], CLOSED])
    await refuses(() => newFile(at('token')), /^CONFLICT: .*token" exists already/)
    equal(readFileSync(at('token'), 'utf8'), 'secret')
  }),
  check('paths of more than 260 characters are used like others', async (at) => {
    const folder = at('x'.repeat(100), 'y'.repeat(100), 'z'.repeat(100))
    await makeFolderDurably(folder, { mode: 0o700 })
    await writeDurably(join(folder, 'file'), bytes('far'), { mode: 0o600 })
    equal(textOf(await readIfPresent(join(folder, 'file'), { maxBytes: 3 })), 'far')
  }),
  check('a folder that others could read is closed with what is in it, once', async (at, open) => {
    mkdirSync(at('state'))
    writeFileSync(at('state', 'left'), 'x')
    for (const path of [at('state', 'left'), at('state')]) open(path, 'read')
    same(await preparePrivateFolder(at('state'), STATE), { tightened: true })
    same(await preparePrivateFolder(at('state'), STATE), { tightened: false })
    same([rightsOf(at('state')), rightsOf(at('state', 'left'))], [CLOSED, CLOSED])
  }),
  check('a folder that others can write to is refused, and all that lies below it', async (at, open) => {
    mkdirSync(at('open'))
    open(at('open'), 'write')
    const refusal = /^STORE_FAILED: folder .*open" .*can be written by others: (chmod|icacls) /
    await refuses(() => requirePrivateFolder(at('open')), refusal)
    await refuses(() => preparePrivateFolder(at('open', 'below'), STATE), refusal)
    await refuses(() => requireClosedParents(at('open', 'x', 'y'), 'log file'), refusal)
    same(readdirSync(at('open')), [])
    requireClosedParents(at('closed', 'x'), 'log file')
  }),
  check('refuses a folder with a file that others can write or that has a second name', async (at, open) => {
    for (const name of ['written', 'linked']) mkdirSync(at(name))
    writeFileSync(at('written', 'file'), 'x')
    open(at('written', 'file'), 'write')
    writeFileSync(at('elsewhere'), 'x')
    linkSync(at('elsewhere'), at('linked', 'file'))
    await refuses(() => preparePrivateFolder(at('written'), STATE), /^STORE_FAILED: .*file" can be written by others/)
    await refuses(() => preparePrivateFolder(at('linked'), STATE), /^STORE_FAILED: .*file" has another name elsewhere/)
  }),
  check('names in a folder are put on disk, and a folder that is missing is an error', async (at) => {
    await syncFolder(at())
    await refuses(() => syncFolder(at('absent')), /ENOENT/)
  }),
  check('a damaged file is put aside', async (at) => {
    writeFileSync(at('spool.db'), 'x')
    equal(setAside(at('spool.db'), { now: 7 }), at('spool.db.damaged-7'))
    same(readdirSync(at()), ['spool.db.damaged-7'])
  }),
  check('a database keeps what was committed, and has one writer at a time', async (at) => {
    {
      using database = openDatabase(at('data.sqlite'))
      database.exec('CREATE TABLE t (x TEXT) STRICT')
      database.transaction(() => database.prepare('INSERT INTO t VALUES (?)').run('kept'))
      using other = openDatabase(at('data.sqlite'), { busyTimeoutMs: 0 })
      database.exec('BEGIN IMMEDIATE')
      await refuses(() => other.exec('BEGIN IMMEDIATE'), /^STORE_FAILED: .*locked/)
      database.exec('ROLLBACK')
    }
    using again = openDatabase(at('data.sqlite'))
    same(again.prepare('SELECT x FROM t').all(), [{ x: 'kept' }])
    same(rightsOf(at('data.sqlite')), CLOSED)
  }),
  check('a database lies at a path of more than 260 characters, with any sign in it', async (at) => {
    const folder = at('x'.repeat(100), 'y'.repeat(100), 'a#b%41')
    await makeFolderDurably(folder, { mode: 0o700 })
    const path = join(folder, 'data.sqlite')
    using database = openDatabase(path)
    database.exec("CREATE TABLE t (x TEXT) STRICT; INSERT INTO t VALUES ('far'); PRAGMA wal_checkpoint(TRUNCATE)")
    await writeDurably(join(folder, 'copy.sqlite'), new Uint8Array(), { mode: 0o600 })
    const options = { progress: () => undefined, signal: new AbortController().signal }
    await copyDatabase(path, join(folder, 'copy.sqlite'), options)
    const readable = ownRights().plainPath(join(folder, 'copy.sqlite'))
    same(readDatabaseAt(readable, 'SELECT x FROM t'), [{ x: 'far' }])
  }),
  check('a database is refused that is none, or that others can write to', async (at, open) => {
    writeFileSync(at('foreign.sqlite'), 'x'.repeat(4096))
    await refuses(() => openDatabase(at('foreign.sqlite')), /^STORE_CORRUPT/)
    writeFileSync(at('shared.sqlite'), '')
    open(at('shared.sqlite'), 'write')
    await refuses(() => openDatabase(at('shared.sqlite')), /^STORE_FAILED: .* can be written by others/)
  }),
  check('a watermark says what was written last', async (at) => {
    using witness = openWitness(at('witness'))
    same([witness.read(), witness.write('seven'), witness.sync(), witness.read()], [undefined, true, true, 'seven'])
    witness.remove()
    equal(witness.read(), undefined)
  }),
  check('a log is closed, and put aside before it grows too large', async (at) => {
    const file = rotatingFile({ path: at('x.log'), maxBytes: 40, maxFiles: 2, fallback: { write: () => undefined } })
    for (const line of ['one\n', `${'two'.repeat(9)}\n`, `${'three'.repeat(7)}\n`]) {
      await new Promise((resolve) => file.write(line, resolve))
    }
    await new Promise((resolve) => file.end(resolve))
    same(readdirSync(at()).toSorted(), ['x.log', 'x.log.1'])
    same(rightsOf(at('x.log')), CLOSED)
  }),
  check('code that others can write to is not run', async (at, open) => {
    for (const name of ['good.js', 'bad.js']) writeFileSync(at(name), '')
    open(at('bad.js'), 'write')
    requireTrustedCode(at('good.js'), 'CONFIG_INVALID')
    const refusal = /^CONFIG_INVALID: .*bad.js" is not safe from other users: .* may write it.*: (chmod|icacls) /
    await refuses(() => requireTrustedCode(at('bad.js'), 'CONFIG_INVALID'), refusal)
    await refuses(() => requireTrustedCode(at('absent.js'), 'CONFIG_INVALID'), /^CONFIG_INVALID: .*: ENOENT$/)
  }),
]
