import { DARWIN_FILES_FUNCTIONS, type DarwinFilesAddon, openDarwinFiles } from '../files/foreign/darwin.ts'
import { readMark } from '../files/foreign/foreign-files.ts'
import { type DarwinMountsAddon, darwinMounts } from '../mounts/darwin.ts'
import { loadAddon } from '../native/native-addon.ts'
import type { ReaderPlatform } from '../platform.ts'
import { becomeDarwinUser } from '../privileges/darwin.ts'

type Addon = DarwinFilesAddon & DarwinMountsAddon

/** @throws `ADDON_UNAVAILABLE`. */
export function darwinReaderPlatform(init: { readonly addon?: Addon } = {}): ReaderPlatform {
  const addon = init.addon ?? loadAddon<Addon>([...DARWIN_FILES_FUNCTIONS, 'listMounts'])
  return {
    name: 'darwin',
    mounts: darwinMounts({ addon }),
    openHomeFiles: () => openDarwinFiles(addon),
    readMark,
    becomeUser(user) {
      becomeDarwinUser(user)
      return 'user'
    },
  }
}
