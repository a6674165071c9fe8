import type { LocalUser } from '../../../src/system/users/users.ts'

/** A person whose home is read for real; with our own ids where none are given. */
export function localUser(init: {
  readonly name: string
  readonly home: string
  readonly uid?: number
  readonly gid?: number
}): LocalUser {
  const { name, home, uid = process.getuid?.() ?? 0, gid = process.getgid?.() ?? 0 } = init
  return { id: String(uid), name, home, shell: '/bin/sh', kind: 'human', posix: { uid, gid } }
}

/** Our own user id, as the sources spell it. */
export const OWN_ID = String(process.getuid?.() ?? 0)
