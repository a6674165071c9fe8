import { Buffer } from 'node:buffer'
import type { NativeAddon } from '../../native/native-addon.ts'
import type { ProgramResolver, ResolvedFile } from '../program-resolver.ts'

/** Two paths and a manifest; see `native/linux/addon/files/resolve-program.c`. */
const TEXT_BYTES = 72 * 1024
const ASK_AGAIN = -2

/** Through the addon: in this thread a folder that becomes a link meanwhile could hold us up for ever. */
export function linuxProgramResolver({
  addon,
}: {
  readonly addon: Pick<NativeAddon, 'resolveProgram'>
}): ProgramResolver {
  const buffer = Buffer.allocUnsafeSlow(TEXT_BYTES)
  return {
    resolve({ pid, startTicks, userId }, path, { kind, manifest }) {
      if (path.includes('\0')) return undefined
      const bytes = addon.resolveProgram(pid, startTicks, Number(userId), path, kind === 'executable', manifest, buffer)
      if (bytes === ASK_AGAIN) return 'late'
      return bytes < 0 ? undefined : fileIn(buffer.subarray(0, bytes))
    },
  }
}

/** Path, folder and text, with a NUL behind each of the first two. */
function fileIn(bytes: Buffer): ResolvedFile | undefined {
  const pathEnd = bytes.indexOf(0)
  const folderEnd = bytes.indexOf(0, pathEnd + 1)
  if (pathEnd <= 0 || folderEnd < 0) return undefined
  const path = bytes.toString('utf8', 0, pathEnd)
  const text = bytes.toString('utf8', folderEnd + 1)
  return text === '' ? { path } : { path, manifest: { folder: bytes.toString('utf8', pathEnd + 1, folderEnd), text } }
}
