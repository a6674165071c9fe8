import { SuretyError } from '../../base/errors.ts'
import { LOCAL_SYSTEM_ID } from '../../base/text/user-id.ts'
import { toPortablePath } from '../files/windows-path.ts'
import type { LocalUser, Users } from './users.ts'

/** See `native/windows/addon/accounts/users.h`. */
export interface WindowsUsersAddon {
  /** All that have a profile, whether local, of a domain or of Entra ID. Texts are empty where nothing is known. */
  userProfiles(): Promise<readonly WindowsProfile[]>
  /** The SIDs of users and groups in Administrators. */
  userAdministrators(): Promise<readonly string[]>
}

export interface WindowsProfile {
  readonly userId: string
  readonly home: string
  readonly name: string
}

export const USERS_FUNCTIONS: readonly (keyof WindowsUsersAddon)[] = ['userProfiles', 'userAdministrators']

/** Accounts of the device, of a domain, and of Entra ID. The rest are services, containers and the system. */
const HUMAN = /^S-1-(?:5-21-|12-1-)/
const SID = /^S-1(?:-\d{1,13}){2,16}$/
/** As on the wire; a name of Windows has at most 256. */
const MAX_NAME = 256

/** Those who have a profile on this device: they logged on once, so they may have a home here. */
export function windowsUsers({ addon }: { readonly addon: Pick<WindowsUsersAddon, 'userProfiles'> }): Users {
  return {
    async list() {
      let profiles: readonly WindowsProfile[]
      try {
        profiles = await addon.userProfiles()
      } catch (cause) {
        throw new SuretyError('FILE_UNREADABLE', 'Windows does not tell its list of profiles', { cause })
      }
      return profiles.flatMap((profile) => (SID.test(profile.userId) ? [localUserOf(profile)] : []))
    },
  }
}

function localUserOf({ userId, home, name }: WindowsProfile): LocalUser {
  const path = toPortablePath(home) ?? ''
  // A domain that is out of reach names nobody.
  const shown = name.slice(0, MAX_NAME) || path.slice(path.lastIndexOf('/') + 1) || userId
  return { id: userId, name: shown, home: path, shell: '', kind: kindOf(userId) }
}

function kindOf(userId: string): LocalUser['kind'] {
  if (userId === LOCAL_SYSTEM_ID) return 'root'
  return HUMAN.test(userId) ? 'human' : 'system'
}
