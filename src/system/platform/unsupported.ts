import { SuretyError } from '../../base/errors.ts'
import type { Platform, PlatformName, ReaderPlatform } from '../platform.ts'

/** Parts that are not built for macOS and Windows. Each throws `NOT_SUPPORTED` when used. */

const TITLES: Readonly<Record<PlatformName, string>> = { linux: 'Linux', darwin: 'macOS', windows: 'Windows' }

const PARTS = {
  homes: 'reading homes with the rights of their users',
  trustedFiles: 'reading files of the system',
  users: 'the list of users',
  mounts: 'the list of mounts',
  peers: 'a local socket that knows its peers',
} as const

/** @throws `NOT_SUPPORTED`; the message names everything that `suretyd run` lacks on this system. */
export function refuseDaemon(name: PlatformName): never {
  const missing = Object.values(PARTS).join(', ')
  throw new SuretyError('NOT_SUPPORTED', `suretyd does not run on ${TITLES[name]} yet: it lacks ${missing}`)
}

export function unsupportedParts(name: PlatformName): Pick<Platform, 'users' | 'trustedFiles' | 'mounts' | 'peers'> {
  const refuseFile = () => Promise.reject(notSupported(name, 'trustedFiles'))
  return {
    users: { list: () => Promise.reject(notSupported(name, 'users')) },
    trustedFiles: {
      ...{ read: refuseFile, readText: refuseFile, list: refuseFile, stat: refuseFile, realPath: refuseFile },
    },
    mounts: unsupportedMounts(name),
    peers: { areKnown: false, of: refusing(name, 'peers') },
  }
}

export function unsupportedReaderPlatform(name: PlatformName): ReaderPlatform {
  const refuse = refusing(name, 'homes')
  return { name, mounts: unsupportedMounts(name), openHomeFiles: refuse, readMark: refuse, becomeUser: refuse }
}

function unsupportedMounts(name: PlatformName): Platform['mounts'] {
  const refuse = refusing(name, 'mounts')
  return { hanging: refuse, local: refuse, userServed: refuse }
}

function refusing(name: PlatformName, part: keyof typeof PARTS): () => never {
  return () => {
    throw notSupported(name, part)
  }
}

function notSupported(name: PlatformName, part: keyof typeof PARTS): SuretyError {
  return new SuretyError('NOT_SUPPORTED', `${PARTS[part]}: not built for ${TITLES[name]} yet`)
}
