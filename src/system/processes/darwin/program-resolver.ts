import { Buffer } from 'node:buffer'
import { posix } from 'node:path'
import { codeOf } from '../../../base/errors.ts'
import { type DarwinFilesAddon, linkTargetOf, readRegular, statOf } from '../../files/foreign/darwin.ts'
import type { LocalMounts, Mounts } from '../../mounts/mounts.ts'
import type { ProgramResolver, ResolvedFile } from '../program-resolver.ts'

export interface DarwinResolverComponents {
  readonly addon: DarwinFilesAddon
  readonly mounts: Pick<Mounts, 'local'>
}

/** As the kernel of macOS: MAXSYMLINKS. */
const MAX_LINKS = 32
const MANIFEST_BYTES = 64 * 1024

/**
 * Links are followed here and one at a time, so that no name is asked of a mount that may not answer. Every process sees the same
 * files: few ever call chroot(2) on macOS.
 */
export function darwinProgramResolver({ addon, mounts }: DarwinResolverComponents): ProgramResolver {
  return {
    resolve(_, named, { manifest }) {
      const local = mounts.local()
      if (local === undefined || !named.startsWith('/')) return undefined
      return unlessUnreadable(() => {
        const path = follow(addon, local, named)
        if (path === undefined || statOf(addon, path).kind !== 'file') return undefined
        const found = manifest ? unlessUnreadable(() => nearestManifest(addon, local, path)) : undefined
        return found === undefined ? { path } : { path, manifest: found }
      })
    },
  }
}

function follow(addon: DarwinFilesAddon, local: LocalMounts, named: string): string | undefined {
  let reached = ''
  let links = 0
  const left = namesIn(named)
  for (let name = left.shift(); name !== undefined; name = left.shift()) {
    if (name === '..') {
      reached = reached.slice(0, Math.max(reached.lastIndexOf('/'), 0))
      continue
    }
    const path = `${reached}/${name}`
    if (local.onWayTo(path) !== undefined) return undefined
    if (statOf(addon, path).kind !== 'link') {
      reached = path
      continue
    }
    links += 1
    if (links > MAX_LINKS) return undefined
    const target = linkTargetOf(addon, path)
    if (target.startsWith('/')) reached = ''
    left.unshift(...namesIn(target))
  }
  return reached
}

const namesIn = (path: string) => path.split('/').filter((name) => name !== '' && name !== '.')

/** One without a name tells how the files below it are to be read, and no more. */
function nearestManifest(addon: DarwinFilesAddon, local: LocalMounts, path: string): ResolvedFile['manifest'] {
  for (let folder = posix.dirname(path); ; folder = posix.dirname(folder)) {
    if (posix.basename(folder) === 'node_modules') return undefined
    const text = textAt(addon, local, posix.join(folder, 'package.json'))
    if (text?.includes('"name"') === true) return { folder, text }
    if (folder === '/') return undefined
  }
}

/** Undefined where there is none. @throws as `readRegular`. */
function textAt(addon: DarwinFilesAddon, local: LocalMounts, path: string): string | undefined {
  if (local.onWayTo(path) !== undefined) return undefined
  try {
    return Buffer.from(readRegular(addon, path, MANIFEST_BYTES)).toString('utf8')
  } catch (error) {
    if (codeOf(error) === 'FILE_ABSENT') return undefined
    throw error
  }
}

function unlessUnreadable<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return undefined
  }
}
