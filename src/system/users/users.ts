import { userIdOf } from '../../base/user-id.ts'
import type { TrustedFileReader } from '../files/files.ts'

/** One line of the device's own account database. */
export interface LocalUser {
  /** As in `base/user-id.ts`. */
  readonly id: string
  readonly name: string
  /** Absolute; may not exist. Empty when what stands there is no plain absolute path. */
  readonly home: string
  /** As the account database spells `home`, where links that root placed lead there. */
  readonly namedHome?: string
  readonly shell: string
  /** `human`: an ordinary user id and a shell to log in with. */
  readonly kind: 'human' | 'root' | 'system'
  /** What a process needs to become this user; absent on Windows. */
  readonly posix?: PosixIds
}

/** The numbers that setuid(2) and setgid(2) take. */
export interface PosixIds {
  readonly uid: number
  /** The primary group. */
  readonly gid: number
}

const MAX_BYTES = 1024 * 1024
const MAX_USERS = 4096
const FIELDS = 7
/** Debian's and Red Hat's UID_MIN and UID_MAX; 65534 is `nobody`. */
const HUMAN_UIDS = { minimum: 1000, maximum: 60_000 }
const NO_LOGIN = /\/(nologin|false|sync|shutdown|halt)$/

/** @throws as `TrustedFileReader.readText`. */
export async function readLocalUsers(files: TrustedFileReader): Promise<readonly LocalUser[]> {
  return parsePasswd(await files.readText('/etc/passwd', { maxBytes: MAX_BYTES }))
}

/** Reads passwd(5); lines that do not fit are left out. */
export function parsePasswd(text: string): readonly LocalUser[] {
  return text
    .split('\n')
    .flatMap((line) => parseLine(line) ?? [])
    .slice(0, MAX_USERS)
}

function parseLine(line: string): LocalUser | undefined {
  const fields = line.split(':')
  const [name = '', , uidText = '', gidText = '', , home = '', shell = ''] = fields
  const numbers = /^\d{1,10}$/
  if (name === '' || fields.length !== FIELDS || !numbers.test(uidText) || !numbers.test(gidText)) return undefined
  const plain = home.startsWith('/') && !home.split('/').includes('..')
  const uid = Number(uidText)
  return {
    ...{ id: userIdOf(uid), name, home: plain ? home : '', shell, kind: kindOf(uid, shell) },
    posix: { uid, gid: Number(gidText) },
  }
}

function kindOf(uid: number, shell: string): LocalUser['kind'] {
  if (uid === 0) return 'root'
  const human = uid >= HUMAN_UIDS.minimum && uid <= HUMAN_UIDS.maximum && !NO_LOGIN.test(shell)
  return human ? 'human' : 'system'
}
