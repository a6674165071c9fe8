import { SuretyError } from '../../base/errors.ts'
import { LOCAL_SYSTEM_ID } from '../../base/text/user-id.ts'
import type { LocalUser } from '../users/users.ts'
import type { ReaderRights } from './reader-rights.ts'

/** What is left of the rights of a process; see `native/windows/addon/rights/restricted.h`. */
export interface RightsLeft {
  readonly userId: string
  /** Whether the membership in Administrators counts. */
  readonly isAdministrator: boolean
  /** Besides the right to pass folders. */
  readonly privileges: number
  /** 0x1000 is low, 0x2000 that of ordinary programs. */
  readonly integrity: number
}

export interface WindowsRightsAddon {
  /** Gives up privileges and lowers the integrity of this process, for good. */
  restrictedEnter(): RightsLeft
}

const LOW = 0x1000

/**
 * Gives up for good what the reader of a home does not need, then verifies what Windows says is left. A process cannot become
 * another user: `startRestricted` starts it as that user if that can be had. Else it is LocalSystem without privileges, and must be
 * of low integrity, so that it can write to nothing.
 *
 * @throws `NOT_PERMITTED`; the caller must then read nothing.
 */
export function becomeWindowsUser(addon: WindowsRightsAddon, { id }: Pick<LocalUser, 'id'>): ReaderRights {
  let left: RightsLeft
  try {
    left = addon.restrictedEnter()
  } catch (cause) {
    throw new SuretyError('NOT_PERMITTED', 'privileges were not given up', { cause })
  }
  const isOwner = left.userId === id
  if (!isOwner && left.userId !== LOCAL_SYSTEM_ID) {
    throw new SuretyError('NOT_PERMITTED', `user ${left.userId} may not read the home of user ${id}`)
  }
  const faults = [
    left.isAdministrator ? ['the membership in Administrators'] : [],
    left.privileges > 0 ? ['privileges'] : [],
    // The owner may write there anyway.
    isOwner || left.integrity <= LOW ? [] : ['integrity'],
  ].flat()
  if (faults.length > 0) throw new SuretyError('NOT_PERMITTED', `rights were not given up: ${faults.join(', ')}`)
  return isOwner ? 'user' : 'reduced'
}
