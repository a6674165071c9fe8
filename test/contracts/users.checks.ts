import { equal, match, ok } from 'node:assert/strict'
import { isAbsolutePath } from '../../src/base/absolute-path.ts'
import { isRootId } from '../../src/base/text/user-id.ts'
import type { LocalUser, Users } from '../../src/system/users/users.ts'

/** What every list of users keeps to, whatever accounts this device has. Free of Jest, so that Wine can run it. */

export interface UsersUnderTest {
  readonly users: Users
  /** Of an account that the list has. */
  readonly knownId: string
}

export interface UsersCheck {
  readonly name: string
  run(underTest: UsersUnderTest): Promise<void>
}

function check(name: string, work: (all: readonly LocalUser[], underTest: UsersUnderTest) => void): UsersCheck {
  return { name, run: async (underTest) => work(await underTest.users.list(() => true), underTest) }
}

export const USERS_CHECKS: readonly UsersCheck[] = [
  check('lists each account once, with a name', (all) => {
    equal(new Set(all.map(({ id, name }) => `${id} ${name}`)).size, all.length)
    for (const { name } of all) ok(name !== '')
  }),
  check('ids are uids in decimal or SIDs', (all) => {
    for (const { id } of all) match(id, /^(?:\d{1,10}|S-1(?:-\d{1,13}){2,16})$/)
  }),
  check('homes are absolute paths as the wire has them, or empty', (all) => {
    for (const { home } of all)
      ok(home === '' || (isAbsolutePath(home) && !home.includes('\\') && !home.includes('/../')))
  }),
  check('the user who may do everything, and no other, is of the kind root', (all) => {
    for (const { id, kind } of all) equal(kind === 'root', isRootId(id))
  }),
  check('an account that is there is found', (all, { knownId }) => {
    ok(all.some(({ id }) => id === knownId))
  }),
  check('numbers for setuid(2) are those of the id, and only where ids are numbers', (all) => {
    for (const { id, posix } of all)
      equal(posix === undefined ? undefined : String(posix.uid), /^\d/.test(id) ? id : undefined)
  }),
]
