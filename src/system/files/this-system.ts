import { ROOT_ID, userIdOf } from '../../base/text/user-id.ts'
import { findAddon, requireAddon } from './addon-file.ts'
import type { OwnRights } from './own-rights.ts'
import { posixRights } from './posix-rights.ts'
import {
  WINDOWS_OWNERS,
  WINDOWS_SECURITY_FUNCTIONS,
  type WindowsSecurityAddon,
  windowsRights,
} from './windows-rights.ts'

/**
 * Chooses how rights of our own files are kept, before any platform is opened. `system/platform/this-platform.ts` chooses everything
 * else. A bundle contains one of them, because the build replaces `process.platform`.
 */

let addon: WindowsSecurityAddon | undefined
let windows: OwnRights | undefined

/** @throws `ADDON_UNAVAILABLE` on Windows, where only the addon can read rights. */
export function ownRights(): OwnRights {
  if (process.platform !== 'win32') return posixRights
  windows ??= windowsRights(securityAddon())
  return windows
}

/** The user that this process runs as. @throws as `ownRights`. */
export function ownUserId(): string {
  return process.platform === 'win32' ? securityAddon().ownToken().userId : userIdOf(process.geteuid?.() ?? 0)
}

/** Root, or a user with the rights of an administrator now. @throws as `ownRights`. */
export function isAdministrator(): boolean {
  return process.platform === 'win32' ? securityAddon().ownToken().isAdministrator : process.geteuid?.() === 0
}

/** User ids of those whom the system denies nothing. */
export function systemOwners(): readonly string[] {
  return process.platform === 'win32' ? WINDOWS_OWNERS : [ROOT_ID]
}

/** Where Windows lies; undefined on other systems. @throws as `ownRights`. */
export function windowsFolder(): string | undefined {
  return process.platform === 'win32' ? securityAddon().securityWindowsFolder() : undefined
}

/** How the build names the addon of this system. */
export function builtAddonName(): string {
  return process.platform === 'linux' ? 'surety-native' : `surety-native-${process.platform}-${process.arch}`
}

/**
 * Not checked before it is loaded, because only the addon reads rights there. It lies beside the program: another user who could
 * replace it could replace the program too. `loadAddon` looks at its rights once it is loaded.
 */
function securityAddon(): WindowsSecurityAddon {
  addon ??= requireAddon<WindowsSecurityAddon>(
    findAddon(import.meta.dirname, builtAddonName()),
    WINDOWS_SECURITY_FUNCTIONS,
  )
  return addon
}
