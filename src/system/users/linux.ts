import { userIdOf } from '../../base/text/user-id.ts'
import { type Account, parsePasswd, parseSubordinateIds } from '../files/account-files.ts'
import type { TrustedFileReader } from '../files/files.ts'
import { type RealHomesComponents, withRealHomes } from './real-homes.ts'
import type { IdRange, LocalUser, Users } from './users.ts'

const MAX_BYTES = 1024 * 1024
const MAX_USERS = 4096
/** UID_MIN and UID_MAX of Debian and Red Hat; 65534 is `nobody`. */
const HUMAN_UIDS = { minimum: 1000, maximum: 60_000 }
const NO_LOGIN = /\/(nologin|false|sync|shutdown|halt)$/

export interface LinuxUsersComponents {
  readonly files: Pick<TrustedFileReader, 'readText'>
  readonly homes: RealHomesComponents
}

/** The accounts in /etc/passwd, with their ids in /etc/subuid; those of a directory service are not listed there. */
export function linuxUsers({ files, homes }: LinuxUsersComponents): Users {
  return {
    async list(isHomeRead) {
      const { accounts } = parsePasswd(await files.readText('/etc/passwd', { maxBytes: MAX_BYTES }))
      const ranges = await readSubordinateIds(files, accounts)
      const users = accounts.slice(0, MAX_USERS).map((account) => ({ ...localUserOf(account), ...ranges(account) }))
      return withRealHomes(homes, users, isHomeRead)
    },
  }
}

/**
 * A range that holds an account's id is no one's, so that no processes of an account become another user's. Accounts of a directory
 * service are not known here.
 */
async function readSubordinateIds({ readText }: LinuxUsersComponents['files'], accounts: readonly Account[]) {
  const text = await readText('/etc/subuid', { maxBytes: MAX_BYTES }).catch(() => '')
  const holdsNoAccount = ({ first, count }: IdRange) =>
    first > HUMAN_UIDS.maximum && count > 0 && accounts.every(({ uid }) => uid < first || uid >= first + count)
  const ranges = parseSubordinateIds(text).filter(holdsNoAccount)
  return ({ name, uid }: Account): Pick<LocalUser, 'subordinateIds'> => {
    const own = ranges.filter(({ owner }) => owner === name || owner === String(uid))
    return own.length === 0 ? {} : { subordinateIds: own.map(({ first, count }) => ({ first, count })) }
  }
}

export function localUserOf({ name, uid, gid, home, shell }: Account): LocalUser {
  const isPlain = home.startsWith('/') && !home.split('/').includes('..')
  const kind = kindOf(uid, shell)
  return { id: userIdOf(uid), name, home: isPlain ? home : '', shell, kind, posix: { uid, gid } }
}

function kindOf(uid: number, shell: string): LocalUser['kind'] {
  if (uid === 0) return 'root'
  const isHuman = uid >= HUMAN_UIDS.minimum && uid <= HUMAN_UIDS.maximum && !NO_LOGIN.test(shell)
  return isHuman ? 'human' : 'system'
}
