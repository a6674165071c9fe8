import { pathKey } from '../../base/absolute-path.ts'
import { SuretyError } from '../../base/errors.ts'
import { toPortablePath } from '../files/windows-path.ts'
import type { ForeignMount, LocalMounts, Mounts } from './mounts.ts'

/** See `native/windows/addon/files/drives.h`. */
export interface WindowsDrivesAddon {
  drives(): readonly WindowsDrive[]
}

export interface WindowsDrive {
  /** `C:\`, or a folder that a volume is mounted at. */
  readonly path: string
  /** What GetDriveType says. */
  readonly kind: number
  /** What a letter stands for, such as `\Device\HarddiskVolume3`; the name of a volume for a folder. */
  readonly device: string
}

export const DRIVES_FUNCTIONS: readonly (keyof WindowsDrivesAddon)[] = ['drives']

/** `DRIVE_*` of winbase.h. */
const TYPES: Readonly<Record<number, string>> = {
  1: 'no drive',
  2: 'removable',
  3: 'fixed',
  4: 'network',
  5: 'cdrom',
  6: 'ramdisk',
}
/** Asked for each file that is read, so that a list serves for a moment. */
const KEPT_MS = 1_000

export interface WindowsMountsComponents {
  readonly addon: WindowsDrivesAddon
  readonly nowMs?: () => number
}

/**
 * Drives and mounted folders. All but fixed drives may never answer: networks, what can be pulled out, and what a program serves
 * (WSL, WinFsp, Dokan, `subst`), which is recognised by the device behind the letter. A program that has a driver of its own for
 * disks is taken for a disk.
 */
export function windowsMounts({ addon, nowMs = () => performance.now() }: WindowsMountsComponents): Mounts {
  let kept: { readonly mounts: readonly ForeignMount[]; readonly untilMs: number } | undefined
  const foreign = () => {
    const now = nowMs()
    if (kept === undefined || now >= kept.untilMs) kept = { mounts: foreignMounts(addon), untilMs: now + KEPT_MS }
    return kept.mounts
  }
  return {
    hanging: () => new Map(foreign().map(({ mountPoint, type }) => [mountPoint, type])),
    local() {
      try {
        return localMounts(foreign())
      } catch (error) {
        if (error instanceof SuretyError) return undefined
        throw error
      }
    },
    userServed() {
      try {
        return foreign().filter(({ type }) => type === 'user-served')
      } catch (error) {
        if (error instanceof SuretyError) return []
        throw error
      }
    },
  }
}

/** @throws `FILE_UNREADABLE`. */
function foreignMounts(addon: WindowsDrivesAddon): readonly ForeignMount[] {
  let drives: readonly WindowsDrive[]
  try {
    drives = addon.drives()
  } catch (cause) {
    throw new SuretyError('FILE_UNREADABLE', 'Windows does not tell its drives', { cause })
  }
  return drives
    .flatMap((drive) => {
      const type = typeOf(drive)
      const path = toPortablePath(drive.path)
      return type === 'fixed' || path === undefined ? [] : [{ mountPoint: path.replace(/\/$/, ''), type }]
    })
    .toSorted((a, b) => (a.mountPoint < b.mountPoint ? -1 : 1))
}

function typeOf({ path, kind, device }: WindowsDrive): string {
  const isLetter = /^[A-Z]:\\$/i.test(path)
  if (/^\\Device\\P9Rdr\\|\\wsl(?:\$|\.localhost)\\/i.test(device)) return 'wsl'
  // `subst`: the folder behind it may lie anywhere.
  if (isLetter && device.startsWith('\\??\\')) return 'substituted'
  const type = TYPES[kind] ?? 'unknown'
  // WinFsp and Dokan name their devices after a GUID.
  if (isLetter && /^\\Device\\Volume\{/i.test(device)) return 'user-served'
  return type
}

function localMounts(mounts: readonly ForeignMount[]): LocalMounts {
  const keyed = mounts.map((mount) => ({ mount, key: `${pathKey(`${mount.mountPoint}/`)}` }))
  return {
    onWayTo(path) {
      const key = `${pathKey(path)}/`
      return keyed.find((each) => key.startsWith(each.key))?.mount
    },
    below(path) {
      const start = pathKey(path.endsWith('/') ? path : `${path}/`)
      return keyed.filter(({ key }) => key.startsWith(start) && key !== start).map(({ mount }) => mount)
    },
  }
}
