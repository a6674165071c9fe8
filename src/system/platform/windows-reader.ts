import { readMark } from '../files/foreign-files.ts'
import { openWindowsFiles, WINDOWS_FILES_FUNCTIONS, type WindowsFilesAddon } from '../files/windows.ts'
import { loadAddon } from '../native/native-addon.ts'
import type { ReaderPlatform } from '../platform.ts'
import { becomeWindowsUser, type WindowsRightsAddon } from '../privileges/windows.ts'

type Addon = WindowsFilesAddon & WindowsRightsAddon

/** @throws `ADDON_UNAVAILABLE`. */
export function windowsReaderPlatform(init: { readonly addon?: Addon } = {}): ReaderPlatform {
  const addon = init.addon ?? loadAddon<Addon>([...WINDOWS_FILES_FUNCTIONS, 'restrictedEnter'])
  return {
    name: 'windows',
    mounts: { hanging: () => new Map(), local: () => undefined, userServed: () => [] },
    openHomeFiles: () => openWindowsFiles(addon),
    readMark,
    becomeUser: (user) => becomeWindowsUser(addon, user),
  }
}
