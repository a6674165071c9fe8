/** Runs on Windows (under Wine): uses files of our own below the folder `argv[2]` and prints what it saw. */
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf, describeError } from '../../../src/base/errors.ts'
import { findAddon, requireAddon } from '../../../src/system/files/addon-file.ts'
import { readIfPresent, writeDurably } from '../../../src/system/files/durable-file.ts'
import { makeFolderDurably, syncFolder } from '../../../src/system/files/durable-folder.ts'
import { newFile } from '../../../src/system/files/new-file.ts'
import { preparePrivateFolder } from '../../../src/system/files/prepare-folder.ts'
import { requireClosedParents, requirePrivateFolder } from '../../../src/system/files/private-folder.ts'
import { setAside } from '../../../src/system/files/quarantine.ts'
import { parseSecurityDescriptor } from '../../../src/system/files/security-descriptor.ts'
import {
  builtAddonName,
  isAdministrator,
  ownRights,
  ownUserId,
  windowsFolder,
} from '../../../src/system/files/this-system.ts'
import { requireTrustedCode, requireTrustedProgramFile } from '../../../src/system/files/trusted-code.ts'
import { WINDOWS_SECURITY_FUNCTIONS, type WindowsSecurityAddon } from '../../../src/system/files/windows-rights.ts'
import { rotatingFile } from '../../../src/system/logging/rotating-file.ts'
import { openWitness } from '../../../src/system/sqlite/commit-watermark.ts'
import { openDatabase } from '../../../src/system/sqlite/sqlite.ts'

const root = process.argv[2] ?? ''
const at = (...names: readonly string[]) => join(root, ...names)
const addonPath = findAddon(join(import.meta.dirname, '../../../src/system/files'), builtAddonName())
const addon = requireAddon<WindowsSecurityAddon>(addonPath, WINDOWS_SECURITY_FUNCTIONS)
const bytes = (text: string) => new TextEncoder().encode(text)

/** For the test alone: `icacls` does nothing here. */
function openToAll(path: string, rights: string): void {
  addon.securityWrite(`\\\\?\\${path}`, `D:P(A;OICI;FA;;;${ownUserId()})(A;OICI;${rights};;;WD)`)
}

async function outcome(work: () => unknown): Promise<unknown> {
  try {
    return (await work()) ?? 'done'
  } catch (error) {
    return `${codeOf(error) ?? 'UNKNOWN'}: ${describeError(error).replaceAll(JSON.stringify(root).slice(1, -1), 'ROOT')}`
  }
}

function rightsOf(path: string) {
  const { isOurs, canOthersRead, canOthersWrite, isClosed } = ownRights().of(path, statSync(path))
  return { isOurs, canOthersRead, canOthersWrite, isClosed }
}

async function folders() {
  const folder = at('made', 'state')
  await makeFolderDurably(folder, { mode: 0o700 })
  mkdirSync(at('plain'))
  mkdirSync(at('open'))
  openToAll(at('open'), 'FA')
  mkdirSync(at('open', 'inner'))
  writeFileSync(at('plain', 'left'), 'x')
  const init = { name: 'state folder', depth: 1, readable: 'closed' } as const
  return {
    made: [rightsOf(at('made')), rightsOf(folder)],
    madeAgain: await outcome(() => makeFolderDurably(folder, { mode: 0o700 })),
    plain: rightsOf(at('plain')),
    open: rightsOf(at('open')),
    prepared: await outcome(() => preparePrivateFolder(at('plain'), init)),
    preparedAgain: await outcome(() => preparePrivateFolder(at('plain'), init)),
    preparedEntry: rightsOf(at('plain', 'left')),
    preparedOpen: await outcome(() => preparePrivateFolder(at('open'), init)),
    preparedBelowOpen: await outcome(() => preparePrivateFolder(at('open', 'below'), init)),
    private: await outcome(() => requirePrivateFolder(at('open'))),
    parents: await outcome(() => requireClosedParents(at('open', 'x', 'y'), 'log file')),
    closedParents: await outcome(() => requireClosedParents(at('made', 'x', 'y'), 'log file')),
    inTheWay: await outcome(() => makeFolderDurably(at('plain', 'left', 'below'), { mode: 0o700 })),
    share: await outcome(() => makeFolderDurably('\\\\server\\share\\x', { mode: 0o700 })),
    reserved: await outcome(() => makeFolderDurably(at('NUL', 'x'), { mode: 0o700 })),
  }
}

async function files() {
  const folder = at('made', 'state')
  const path = join(folder, 'key.json')
  await writeDurably(path, bytes('first'), { mode: 0o600 })
  await writeDurably(path, bytes('second'), { mode: 0o600 })
  const read = await readIfPresent(path, { maxBytes: 100, ownerOnly: true })
  writeFileSync(at('readable'), 'x')
  writeFileSync(at('writable'), 'x')
  openToAll(at('writable'), 'FA')
  const long = join(folder, 'x'.repeat(200), 'y'.repeat(200))
  await makeFolderDurably(long, { mode: 0o700 })
  await writeDurably(join(long, 'file'), bytes('far'), { mode: 0o600 })
  {
    await using file = await newFile(at('token'))
    await file.fill(bytes('secret'))
  }
  {
    await using _ = await newFile(at('unfilled'))
  }
  const held = openSync(path, 'r')
  setTimeout(() => closeSync(held), 100)
  await writeDurably(path, bytes('third'), { mode: 0o600 })
  return {
    read: Buffer.from(read ?? []).toString(),
    rights: rightsOf(path),
    replacedWhileOpen: readFileSync(path, 'utf8'),
    left: readdirSync(folder).filter((name) => name.endsWith('.tmp')),
    absent: await readIfPresent(join(folder, 'absent'), { maxBytes: 1 }),
    readable: await outcome(() => readIfPresent(at('readable'), { maxBytes: 10, ownerOnly: true })),
    writable: await outcome(() => readIfPresent(at('writable'), { maxBytes: 10, ownerOnly: true })),
    folder: await outcome(() => readIfPresent(folder, { maxBytes: 10 })),
    far: readFileSync(join(long, 'file'), 'utf8'),
    token: [readFileSync(at('token'), 'utf8'), rightsOf(at('token')).isClosed],
    tokenAgain: await outcome(() => newFile(at('token'))),
    unfilled: readdirSync(root).includes('unfilled'),
    upperCase: readFileSync(path.toUpperCase(), 'utf8'),
    synced: await outcome(() => syncFolder(folder)),
    syncedAbsent: await outcome(() => syncFolder(at('absent'))),
    noFolder: await outcome(() => writeDurably(at('absent', 'x'), bytes('x'), { mode: 0o600 })),
    aside: setAside(path, { now: 7 }).endsWith('key.json.damaged-7'),
  }
}

async function databases() {
  const path = at('made', 'state', 'data.sqlite')
  {
    using database = openDatabase(path)
    database.exec('CREATE TABLE t (x TEXT) STRICT')
    database.transaction(() => database.prepare('INSERT INTO t VALUES (?)').run('kept'))
    using other = openDatabase(path, { busyTimeoutMs: 0 })
    database.exec('BEGIN IMMEDIATE')
    expectLocked(await outcome(() => other.exec('BEGIN IMMEDIATE')))
    database.exec('ROLLBACK')
  }
  using witness = openWitness(at('made', 'state', 'witness'))
  const witnessed = [witness.write('seven'), witness.sync(), witness.read()]
  writeFileSync(at('made', 'state', 'foreign.sqlite'), 'x'.repeat(4096))
  writeFileSync(at('shared.sqlite'), '')
  openToAll(at('shared.sqlite'), 'FA')
  using again = openDatabase(path)
  return {
    rows: again.prepare('SELECT x FROM t').all(),
    rights: rightsOf(path).isClosed,
    witnessed,
    foreign: await outcome(() => openDatabase(at('made', 'state', 'foreign.sqlite'))),
    shared: await outcome(() => openDatabase(at('shared.sqlite'))),
  }
}

function expectLocked(seen: unknown): void {
  if (!String(seen).includes('locked')) throw new Error(`a second writer was let in: ${seen}`)
}

async function logs() {
  const path = at('made', 'log', 'daemon.log')
  await makeFolderDurably(join(path, '..'), { mode: 0o700 })
  const file = rotatingFile({ path, maxBytes: 40, maxFiles: 2, fallback: { write: () => undefined } })
  for (const line of ['one\n', `${'two'.repeat(9)}\n`, `${'three'.repeat(7)}\n`]) {
    await new Promise((resolve) => file.write(line, resolve))
  }
  await new Promise((resolve) => file.end(resolve))
  return { names: readdirSync(join(path, '..')).toSorted(), rights: rightsOf(path).isClosed }
}

async function trust() {
  writeFileSync(at('code.js'), '')
  writeFileSync(at('bad.js'), '')
  openToAll(at('bad.js'), 'FA')
  return {
    addon: await outcome(() => requireTrustedProgramFile(addonPath, 'ADDON_UNAVAILABLE')),
    code: await outcome(() => requireTrustedCode(at('code.js'), 'CONFIG_INVALID')),
    bad: await outcome(() => requireTrustedCode(at('bad.js'), 'CONFIG_INVALID')),
    absent: await outcome(() => requireTrustedCode(at('absent.js'), 'CONFIG_INVALID')),
  }
}

async function calls() {
  const parsed = parseSecurityDescriptor(addon.securityRead('\\\\?\\C:\\'))
  const thrown = (call: () => unknown) => {
    try {
      call()
      return 'nothing'
    } catch (error) {
      return error instanceof TypeError ? 'TypeError' : String(error)
    }
  }
  return {
    own: [ownUserId(), isAdministrator(), windowsFolder()],
    owner: parsed.owner,
    noPath: thrown(() => addon.securityRead(7 as never)),
    nul: thrown(() => addon.securityRead('C:\\x\0y')),
    tooLong: thrown(() => addon.securityRead('x'.repeat(40_000))),
    noRights: thrown(() => addon.securityWrite('C:\\', 'nonsense')),
    noList: thrown(() => addon.securityWrite('C:\\', 'O:BA')),
    absent: thrown(() => addon.securityRead('C:\\absent')),
  }
}

const seen = {
  folders: await outcome(folders),
  files: await outcome(files),
  databases: await outcome(databases),
  logs: await outcome(logs),
  trust: await outcome(trust),
  calls: await outcome(calls),
}
process.stdout.write(JSON.stringify(seen))
