import { Buffer } from 'node:buffer'
import { toNativePath, toPortablePath } from '../../files/windows-path.ts'
import type { ProgramResolver } from '../program-resolver.ts'

/** What the addon offers on Windows; see `native/windows/addon/processes/resolve-program.c`. */
export interface WindowsResolverAddon {
  /**
   * Where the file lies, with links followed, on drives of this computer alone. `folder` is that of its package, empty without one;
   * `bytes` are those of its manifest. Without room for a manifest none is looked for.
   */
  programResolve(
    path: string,
    bytes: Uint8Array,
  ): { readonly path: string; readonly folder: string; readonly bytes: number } | undefined
}

export const WINDOWS_RESOLVER_FUNCTIONS: readonly (keyof WindowsResolverAddon)[] = ['programResolve']

const MANIFEST_BYTES = 64 * 1024
const NO_BYTES = new Uint8Array(0)
/** `\\?\` */
const PREFIX = 4

/** Every process sees the same files, so that the process is not asked. A file of another computer is not resolved. */
export function windowsProgramResolver({ addon }: { readonly addon: WindowsResolverAddon }): ProgramResolver {
  const buffer = Buffer.allocUnsafeSlow(MANIFEST_BYTES)
  return {
    resolve(_, named, { manifest }) {
      const plain = toPortablePath(named)
      if (plain === undefined) return undefined
      const found = addon.programResolve(toNativePath(plain).slice(PREFIX), manifest ? buffer : NO_BYTES)
      const path = found && toPortablePath(found.path)
      if (found === undefined || path === undefined) return undefined
      const folder = found.folder === '' ? undefined : toPortablePath(found.folder)
      return folder === undefined
        ? { path }
        : { path, manifest: { folder, text: buffer.toString('utf8', 0, found.bytes) } }
    },
  }
}
