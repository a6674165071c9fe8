import { readMark } from '../files/foreign/foreign-files.ts'
import { openFiles } from '../files/foreign/linux.ts'
import { linuxMounts } from '../mounts/linux.ts'
import type { ReaderPlatform } from '../platform.ts'
import { becomeLinuxUser } from '../privileges/linux.ts'

export function linuxReaderPlatform(): ReaderPlatform {
  return {
    name: 'linux',
    mounts: linuxMounts(),
    openHomeFiles: openFiles,
    readMark,
    becomeUser(user) {
      becomeLinuxUser(user)
      return 'user'
    },
  }
}
