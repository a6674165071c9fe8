import { SuretyError } from '../../base/errors.ts'
import { REGISTRY_FUNCTIONS, type WindowsRegistryAddon, windowsRegistry } from '../facts/registry.ts'
import type { Registry } from '../facts/windows-facts.ts'
import { loadAddon } from '../native/native-addon.ts'
import type { Platform, PlatformComponents, PlatformInit, PlatformName, ReaderPlatform } from '../platform.ts'
import type { ConnectLocal } from '../socket/local-listener.ts'
import { connectToUnixSocket } from '../socket/unix-socket.ts'
import { DEFAULT_PATHS, type DefaultPaths } from './default-paths.ts'

/**
 * Chooses the implementation of `Platform`. Nothing else in `src/` tests `process.platform`, except `files/this-system.ts` for rights of
 * our own files. Implementations are loaded on demand. A bundle contains only its own, because the build replaces `process.platform`.
 */

/** @throws `NOT_SUPPORTED` on any other system. */
export function platformName(): PlatformName {
  if (process.platform === 'linux') return 'linux'
  if (process.platform === 'darwin') return 'darwin'
  if (process.platform === 'win32') return 'windows'
  throw new SuretyError('NOT_SUPPORTED', `Surety does not know the system ${process.platform}`)
}

/** Call it before any child starts: it marks inherited descriptors close-on-exec. */
export async function openPlatform(components: PlatformComponents, init: PlatformInit = {}): Promise<Platform> {
  if (process.platform === 'linux') return (await import('./linux.ts')).linuxPlatform(components, init)
  if (process.platform === 'darwin') return (await import('./darwin.ts')).darwinPlatform(components)
  if (process.platform === 'win32') return (await import('./windows.ts')).windowsPlatform(components)
  throw new SuretyError('NOT_SUPPORTED', `Surety does not know the system ${process.platform}`)
}

/** As the system's programs reach the daemon. */
export const connectLocal: ConnectLocal = async (path, options) => {
  if (process.platform !== 'win32') return connectToUnixSocket(path, options)
  return await (await import('./windows-client.ts')).connectToDaemon(path, options)
}

/** What the reader child uses. @throws `NOT_SUPPORTED` on any other system; `ADDON_UNAVAILABLE`. */
export async function readerPlatform(): Promise<ReaderPlatform> {
  if (process.platform === 'linux') return (await import('./linux-reader.ts')).linuxReaderPlatform()
  if (process.platform === 'win32') return (await import('./windows-reader.ts')).windowsReaderPlatform()
  if (process.platform === 'darwin') return (await import('./darwin-reader.ts')).darwinReaderPlatform()
  throw new SuretyError('NOT_SUPPORTED', `Surety does not know the system ${process.platform}`)
}

/** True where SO_REUSEPORT spreads new connections over all sockets of a port; macOS hands them to one. */
export function spreadsConnections(): boolean {
  return process.platform === 'linux'
}

/** How another version of the daemon can be started in its place: in its process, by the service host of Windows, or not at all. */
export function programReplacement({ isHosted }: { readonly isHosted: boolean }): 'process' | 'host' | undefined {
  if (process.platform === 'win32') return isHosted ? 'host' : undefined
  return process.execve === undefined ? undefined : 'process'
}

/** Other Unix systems use those of Linux. */
export function defaultPaths(): DefaultPaths {
  if (process.platform === 'darwin') return DEFAULT_PATHS.darwin
  return process.platform === 'win32' ? DEFAULT_PATHS.windows : DEFAULT_PATHS.linux
}

/** The registry of Windows; undefined on other systems. @throws `ADDON_UNAVAILABLE`. */
export function systemRegistry(): Registry | undefined {
  if (process.platform !== 'win32') return undefined
  return windowsRegistry(loadAddon<WindowsRegistryAddon>(REGISTRY_FUNCTIONS))
}
