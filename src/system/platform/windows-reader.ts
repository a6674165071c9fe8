import { SuretyError } from '../../base/errors.ts'
import { readMark } from '../files/foreign-files.ts'
import { openWindowsFiles, WINDOWS_FILES_FUNCTIONS, type WindowsFilesAddon } from '../files/windows.ts'
import { loadAddon } from '../native/native-addon.ts'
import type { ReaderPlatform } from '../platform.ts'
import { type WindowsAddon, windowsProcesses } from '../processes/windows.ts'

type Addon = WindowsFilesAddon & WindowsAddon

/** @throws `ADDON_UNAVAILABLE`. */
export function windowsReaderPlatform(init: { readonly addon?: Addon } = {}): ReaderPlatform {
  const addon = init.addon ?? loadAddon<Addon>([...WINDOWS_FILES_FUNCTIONS, 'readProcess', 'listProcesses', 'bootTime'])
  return {
    name: 'windows',
    mounts: { hanging: () => new Map(), local: () => undefined, userServed: () => [] },
    openHomeFiles: () => openWindowsFiles(addon),
    readMark,
    becomeUser({ id }) {
      const own = windowsProcesses({ addon }).entry(process.pid)?.userId
      if (own !== id) throw new SuretyError('NOT_PERMITTED', `this process is ${own ?? 'not known'} and not user ${id}`)
    },
  }
}
