import { readMark } from '../files/foreign-files.ts'
import { openWindowsFiles, WINDOWS_FILES_FUNCTIONS, type WindowsFilesAddon } from '../files/windows.ts'
import { DRIVES_FUNCTIONS, type WindowsDrivesAddon, windowsMounts } from '../mounts/windows.ts'
import { loadAddon } from '../native/native-addon.ts'
import type { ReaderPlatform } from '../platform.ts'
import { becomeWindowsUser, type WindowsRightsAddon } from '../privileges/windows.ts'

type Addon = WindowsFilesAddon & WindowsDrivesAddon & WindowsRightsAddon

/** @throws `ADDON_UNAVAILABLE`. */
export function windowsReaderPlatform(): ReaderPlatform {
  const addon = loadAddon<Addon>([...WINDOWS_FILES_FUNCTIONS, ...DRIVES_FUNCTIONS, 'restrictedEnter'])
  return {
    name: 'windows',
    mounts: windowsMounts({ addon }),
    openHomeFiles: () => openWindowsFiles(addon),
    readMark,
    becomeUser: (user) => becomeWindowsUser(addon, user),
  }
}
