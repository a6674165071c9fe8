import { factsOf } from '../../../system/mounts/file-system-types.ts'
import { type Mount, superOptionsOf } from '../../../system/mounts/mountinfo.ts'
import { STATE_QUERIES } from '../../../system/program/query-commands.ts'
import type { PostureComponents } from '../../components.ts'
import { parseZfsEncryption, parseZpoolDevices } from '../../parsers/disk/zfs.ts'
import { listOptional } from '../../read-optional.ts'
import { combine, deviceName, type Protection, protectionOfDevice, protectionOfNode } from './volume-protection.ts'

/** A mounted file system or swap device whose bytes lie on a disk of this machine. */
export interface Volume {
  /** How a person calls it: its mount points, or `swap on …`. */
  readonly name: string
  readonly protection: Protection
}

/**
 * Whether `mount` may hold bytes on a disk here: FUSE without a device below it does not. A squashfs (each snap is one)
 * is a file with software in it, and the file system that holds the file is looked at itself.
 */
export function isOnDisk(mount: Mount): boolean {
  if (mount.type === 'squashfs' && mount.mountPoint !== '/') return false
  if (!mount.device.startsWith('0:')) return true
  return factsOf(mount.type).onDisk !== false
}

export async function protectionOfMount(
  components: Pick<PostureComponents, 'files' | 'commands'>,
  mount: Mount,
  context: { signal: AbortSignal; timeoutMs: number },
): Promise<Protection> {
  if (mount.type === 'zfs') return protectionOfDataset(components, mount.source, context)
  const { files } = components
  const below =
    mount.type === 'btrfs'
      ? await protectionOfBtrfs(components, mount)
      : await protectionOfPlainMount(components, mount)
  // XFS and ext4 may keep a log or file data on a second device.
  const further = superOptionsOf(mount).flatMap(
    (option) => /^(?:logdev|rtdev|journal_path)=(.+)$/.exec(option)?.[1] ?? [],
  )
  const others: Protection[] = []
  for (const path of further) others.push(await protectionOfNode(files, path))
  return combine([below, ...others])
}

async function protectionOfPlainMount(components: Pick<PostureComponents, 'files'>, mount: Mount): Promise<Protection> {
  if (!mount.device.startsWith('0:')) return protectionOfDevice(components.files, mount.device)
  return { kind: 'unclear', reason: `file system ${mount.type} names no device that this check can follow` }
}

/** Btrfs mounts under a number of its own and may span devices; /sys/fs/btrfs names them all. */
async function protectionOfBtrfs(components: Pick<PostureComponents, 'files'>, mount: Mount): Promise<Protection> {
  const { files } = components
  const name = await deviceName(files, mount.source)
  if (name === undefined) return { kind: 'unclear', reason: `${mount.source}, the device of this btrfs, was not found` }
  for (const { name: uuid } of (await listOptional(files, '/sys/fs/btrfs')) ?? []) {
    const devices = (await listOptional(files, `/sys/fs/btrfs/${uuid}/devices`)) ?? []
    if (!devices.some((device) => device.name === name)) continue
    const parts: Protection[] = []
    for (const device of devices) parts.push(await protectionOfNode(files, `/dev/${device.name.replaceAll('!', '/')}`))
    return combine(parts)
  }
  const seen = await protectionOfNode(files, mount.source)
  return seen.kind === 'plain'
    ? seen
    : { kind: 'unclear', reason: 'the kernel does not list the devices of this btrfs' }
}

/** Makes sure that a btrfs or ZFS, which mount under numbers of their own, is looked at once. */
export function volumeKey(mount: Mount): string {
  return mount.device.startsWith('0:') ? `${mount.type} ${mount.source}` : mount.device
}

/** Encryption of a mounted ZFS dataset: by ZFS itself, or else by what its pool lies on. */
export async function protectionOfDataset(
  components: Pick<PostureComponents, 'files' | 'commands'>,
  dataset: string,
  { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number },
): Promise<Protection> {
  const { commands, files } = components
  const [zfs, ...datasets] = STATE_QUERIES.encryptedDatasets
  const got = await commands.run(zfs, datasets, { timeoutMs, signal })
  const encryption = got.exitCode === 0 ? parseZfsEncryption(got.stdout)?.get(dataset)?.encryption : undefined
  if (encryption === undefined || encryption === '-') {
    return { kind: 'unclear', reason: `zfs did not say whether ${dataset} is encrypted` }
  }
  if (encryption !== 'off') return { kind: 'encrypted', how: [`ZFS ${encryption}`] }

  const [pool = ''] = dataset.split('/', 1)
  const [zpool, ...pools] = STATE_QUERIES.pools
  const list = await commands.run(zpool, pools, { timeoutMs, signal })
  const devices = list.exitCode === 0 ? parseZpoolDevices(list.stdout, pool) : []
  if (devices.length === 0) return { kind: 'unclear', reason: `zpool did not name the devices of ${pool}` }
  const parts: Protection[] = []
  for (const path of devices) parts.push(await protectionOfNode(files, path))
  return combine(parts)
}
