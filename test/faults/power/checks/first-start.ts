import { randomBytes, X509Certificate } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../../src/base/clock.ts'
import { silentLog } from '../../../../src/base/log.ts'
import { openAuthority } from '../../../../src/directory/authority/authority.ts'
import { tokens } from '../../../../src/directory/enrolment/tokens.ts'
import {
  administratorFile,
  keepAdministratorFile,
  readAdministratorFile,
} from '../../../../src/directory/principals/administrator-file.ts'
import { principalOf } from '../../../../src/directory/principals/principals.ts'
import { sqliteDatabase } from '../../../../src/directory/sql/sqlite.ts'
import { type DirectoryStore, directoryStore } from '../../../../src/directory/store/directory-store.ts'
import { isInUse, openStore } from '../../../../src/directory/store/open-store.ts'
import { parseEnrolmentString } from '../../../../src/protocol/messages/enrolment-string.ts'
import { type Line, lastDone } from '../said.ts'
import { refusalOf } from './actions.ts'

export const DIRECTORY_NAMES = ['directory.example']

/** Two folders deep: the directory makes both. */
export function dataFolderOf(folder: string): string {
  return join(folder, 'lib', 'surety-directory')
}

const random = (size: number) => new Uint8Array(randomBytes(size))

/** @returns what is wrong with the data folder of a directory whose power was cut at its first start, or its second. */
export async function checkFirstStart(folder: string, said: readonly Line[]): Promise<string[]> {
  const dataFolder = dataFolderOf(folder)
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
  const parts = { clock: systemClock, log: silentLog, random }
  using database = openStore(join(dataFolder, 'directory.sqlite'))
  const open = () => openAuthority(parts, { dataFolder, names: DIRECTORY_NAMES, mayFound: !isInUse(database) })
  const [authority, again] = [await open(), await open()]
  const wrong: string[] = []
  const pins = JSON.stringify(authority.pins)
  if (JSON.stringify(again.pins) !== pins) wrong.push('half-written: the next start has other keys')
  const ca = new X509Certificate(authority.caCertificate)
  if (!new X509Certificate(authority.tls().cert).verify(ca.publicKey)) wrong.push('half-written: CA')
  if (Object.values(authority.delegations()).length !== 3) wrong.push('half-written: delegations')
  if (said.some(({ what, text }) => what === 'pins' && text !== pins)) wrong.push('lost: the keys that devices pin')

  const store = directoryStore(sqliteDatabase(database))
  await keepAdministratorFile(
    { ...parts, store },
    { dataFolder, url: 'https://127.0.0.1:7444', ca: authority.caCertificate },
  )
  const administrator = await readAdministratorFile(administratorFile(dataFolder))
  const told = lastDone(said, 'administrator').done
  if (told !== undefined && administrator?.token !== told.text) wrong.push('lost: the administrator')
  if ((await principalOf(store.principals, `Bearer ${administrator?.token}`, Date.now())) === undefined) {
    wrong.push('half-written: the administrator of the file is not that of the database')
  }
  wrong.push(...(await tokenProblems(store, said, authority.pins)))
  return wrong
}

async function tokenProblems(
  store: DirectoryStore,
  said: readonly Line[],
  pins: { ca: string; root: string },
): Promise<string[]> {
  const held = tokens({ store, clock: systemClock, random }, { url: () => 'wss://x', pins, knowsMakers: false })
  const revoked = said.filter(({ what, word }) => what === 'revoke' && word === 'did').map(({ text }) => text)
  const maybe = said.filter(({ what }) => what === 'revoke').map(({ text }) => text)
  const problems: string[] = []
  for (const { what, text } of said) {
    if (what !== 'token' || text === undefined) continue
    const { token, secret, ca, root } = parseEnrolmentString(text)
    if (ca !== pins.ca || root !== pins.root) {
      problems.push('lost: the keys that an enrolment string pins')
      continue
    }
    const state = await refusalOf(held.admit({ id: token, secret }))
    if (state === 'TOKEN_UNKNOWN') problems.push(`lost: ${token}`)
    if (state === undefined && revoked.includes(token)) problems.push(`lost: the revocation of ${token}`)
    if (state === 'TOKEN_REVOKED' && !maybe.includes(token)) problems.push(`half-written: ${token} is revoked`)
  }
  return problems
}
