import { registeredMessagingHosts } from '../facts/messaging-hosts.ts'
import { type WindowsRegistryAddon, windowsRegistry } from '../facts/registry.ts'
import { readMark } from '../files/foreign/foreign-files.ts'
import { openWindowsFiles, WINDOWS_FILES_FUNCTIONS, type WindowsFilesAddon } from '../files/foreign/windows.ts'
import { DRIVES_FUNCTIONS, type WindowsDrivesAddon, windowsMounts } from '../mounts/windows.ts'
import { loadAddon } from '../native/native-addon.ts'
import type { ReaderPlatform } from '../platform.ts'
import { becomeWindowsUser, type WindowsRightsAddon } from '../privileges/windows.ts'

type Addon = WindowsFilesAddon & WindowsDrivesAddon & WindowsRightsAddon & WindowsRegistryAddon

/** @throws `ADDON_UNAVAILABLE`. */
export function windowsReaderPlatform(): ReaderPlatform {
  const addon = loadAddon<Addon>([
    ...WINDOWS_FILES_FUNCTIONS,
    ...DRIVES_FUNCTIONS,
    'restrictedEnter',
    'registryRead',
    'registryKeys',
  ])
  return {
    name: 'windows',
    mounts: windowsMounts({ addon }),
    openHomeFiles: () => openWindowsFiles(addon),
    readMark,
    messagingHosts: (userId) => registeredMessagingHosts(windowsRegistry(addon), userId),
    becomeUser: (user) => becomeWindowsUser(addon, user),
  }
}
