import { userIdOf } from '../../base/text/user-id.ts'
import type { IdRange, LocalUser } from './users.ts'

/** Numbers of users; a range is that of a user's containers. */
export type Uids = readonly (number | IdRange)[]

const NUMBER = /^(0|[1-9]\d{0,9})$/

/** The numbers of the accounts of that name, or of that id. A user without an account is called by the number. */
export function uidsOf(users: readonly LocalUser[], who: { readonly name: string } | { readonly id: string }): Uids {
  const found = users.filter((user) => ('name' in who ? user.name === who.name : user.id === who.id))
  if (found.length > 0)
    return found.flatMap(({ posix, subordinateIds = [] }) => [...numberOf(posix), ...subordinateIds])
  const text = 'name' in who ? who.name : who.id
  const isWithoutAccount = NUMBER.test(text) && !users.some(({ id }) => id === userIdOf(Number(text)))
  return isWithoutAccount ? [Number(text)] : []
}

function numberOf(posix: LocalUser['posix']): Uids {
  return posix === undefined ? [] : [posix.uid]
}
