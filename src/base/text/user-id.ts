/** A user's id as text: the decimal uid on Linux and macOS, the SID on Windows. */

/** root on Linux and macOS. */
export const ROOT_ID = '0'
/** LocalSystem on Windows. */
export const LOCAL_SYSTEM_ID = 'S-1-5-18'

/** Bounds the table: a user namespace can hold four billion ids. */
const MAX_INTERNED = 4_096
const interned = new Map<number, string>()

/** The id of a numeric user or group. Interned, because thousands of process records hold the same few ids. */
export function userIdOf(uid: number): string {
  const known = interned.get(uid)
  if (known !== undefined) return known
  if (interned.size >= MAX_INTERNED) interned.clear()
  const id = String(uid)
  interned.set(uid, id)
  return id
}

/**
 * True for the user whom the system denies nothing. Administrators of Windows have ids of their own, and not each of their
 * programs may do everything: see `isAdministrator` of `Peer`.
 */
export function isRootId(id: string): boolean {
  return id === ROOT_ID || id === LOCAL_SYSTEM_ID
}

/** For a person: `uid 1000`, or the SID. */
export function userIdText(id: string): string {
  return /^\d+$/.test(id) ? `uid ${id}` : id
}
