import { SuretyError } from '../../base/errors.ts'
import { dictionaryOf, listIn, parsePropertyList } from '../../base/property-lists/property-list.ts'
import type { PropertyListDictionary } from '../../base/property-lists/property-list-value.ts'
import { userIdOf } from '../../base/text/user-id.ts'
import { type RealHomesComponents, withRealHomes } from './real-homes.ts'
import type { LocalUser, Users } from './users.ts'

const MAX_USERS = 4_096
/** Accounts of services have lower numbers, or a name that begins with an underscore. */
const FIRST_HUMAN_UID = 500
const NO_LOGIN = /\/(?:nologin|false)$/
/** What `id` names: the two numbers of a process without an account. */
const NOBODY = 4_294_967_294

export interface DarwinUsersComponents {
  /** The answer of Directory Services to `dscl -plist . -readall /Users`. @throws as `CommandRunner.run`, `FILE_UNREADABLE`. */
  readonly readAll: () => Promise<string>
  readonly homes: RealHomesComponents
}

/** The accounts of the local node of Directory Services. Accounts of a network that log in as mobile accounts are among them. */
export function darwinUsers({ readAll, homes }: DarwinUsersComponents): Users {
  return {
    async list(isHomeRead) {
      const users = parseDirectoryUsers(await readAll())
      if (users === undefined) throw new SuretyError('FILE_UNREADABLE', 'the answer of dscl was not understood')
      return withRealHomes(homes, users.slice(0, MAX_USERS), isHomeRead)
    },
  }
}

/** @returns undefined unless the answer is a list of records; records without a name or a number are left out. */
export function parseDirectoryUsers(text: string): readonly LocalUser[] | undefined {
  const value = parsePropertyList(new TextEncoder().encode(text))
  if (!Array.isArray(value)) return undefined
  return value.flatMap((record) => userOf(dictionaryOf(record)) ?? [])
}

function userOf(record: PropertyListDictionary | undefined): LocalUser | undefined {
  if (record === undefined) return undefined
  const name = first(record, 'RecordName')
  const uid = numberOf(first(record, 'UniqueID'))
  const gid = numberOf(first(record, 'PrimaryGroupID'))
  if (name === undefined || uid === undefined || gid === undefined) return undefined
  const home = first(record, 'NFSHomeDirectory') ?? ''
  const shell = first(record, 'UserShell') ?? ''
  const isPlain = home.startsWith('/') && !home.split('/').includes('..')
  return {
    id: userIdOf(uid),
    name,
    home: isPlain ? home : '',
    shell,
    kind: kindOf(uid, name, shell),
    posix: { uid, gid },
  }
}

/** Attributes are lists; a record may have several names, and the first one is its own. */
function first(record: PropertyListDictionary, attribute: string): string | undefined {
  const [value] = listIn(record, `dsAttrTypeStandard:${attribute}`)
  return typeof value === 'string' ? value : undefined
}

/** Directory Services writes `-2` for nobody. */
function numberOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^-?\d{1,10}$/.test(text)) return undefined
  const number = Number(text) >>> 0
  return Math.abs(Number(text)) <= 0xffff_ffff ? number : undefined
}

function kindOf(uid: number, name: string, shell: string): LocalUser['kind'] {
  if (uid === 0) return 'root'
  const isHuman = uid >= FIRST_HUMAN_UID && uid < NOBODY && !name.startsWith('_') && !NO_LOGIN.test(shell)
  return isHuman ? 'human' : 'system'
}
