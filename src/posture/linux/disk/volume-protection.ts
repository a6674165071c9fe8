import { codeOf } from '../../../base/errors.ts'
import type { TrustedFileReader } from '../../../system/files/files.ts'
import { type Mount, parseMountinfo } from '../../../system/mounts/mountinfo.ts'
import { mapperRole } from '../../parsers/disk/dm-uuid.ts'
import { listOptional, readOptional } from '../../read-optional.ts'

const MOUNTS_BYTES = 4 * 1024 * 1024

/** Whether what is written to a block device reaches the disk encrypted. */
export type Protection =
  | { readonly kind: 'encrypted'; readonly how: readonly string[] }
  /** `disks` are where the data lies readable; `removable` when every one of them can be pulled out. */
  | { readonly kind: 'plain'; readonly disks: readonly string[]; readonly removable: boolean }
  /** Lives in memory and is gone without power. */
  | { readonly kind: 'memory' }
  | { readonly kind: 'unclear'; readonly reason: string }

/** LUKS on LVM on RAID on a partition is seven; more than this is a loop or a trick. */
const DEEPEST_STACK = 24
/** Disks whose data lies on them as written. Others (drbd, rbd, zd …) may hide a layer that /sys does not show. */
const DISK =
  /^(?:sd[a-z]+|hd[a-z]+|vd[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+(?:boot\d+)?|dasd[a-z]+|pmem\d+s?|nbd\d+|sr\d+)$/
const MEMORY_DISK = /^(?:ram|zram)\d+$/

/** @param device `major:minor`. */
export async function protectionOfDevice(files: TrustedFileReader, device: string): Promise<Protection> {
  return protectionOfNumber(files, device, 0)
}

/** @param path of a device node, such as a mount source or a swap: links are followed. */
export async function protectionOfNode(files: TrustedFileReader, path: string): Promise<Protection> {
  return protectionOfPath(files, path, 0)
}

async function protectionOfNumber(files: TrustedFileReader, device: string, depth: number): Promise<Protection> {
  return protectionOfFolder(files, `/sys/dev/block/${device}`, depth)
}

async function protectionOfPath(files: TrustedFileReader, path: string, depth: number): Promise<Protection> {
  const name = await deviceName(files, path)
  return name === undefined
    ? { kind: 'unclear', reason: `${path} is no device in /dev` }
    : protectionOfFolder(files, `/sys/class/block/${name}`, depth)
}

/** `dm-0` for `/dev/mapper/luks`; undefined when the path leads out of /dev. The kernel spells `/` in names as `!`. */
export async function deviceName(files: TrustedFileReader, path: string): Promise<string | undefined> {
  try {
    const real = await files.realPath(path)
    return real.startsWith('/dev/') ? real.slice('/dev/'.length).replaceAll('/', '!') : undefined
  } catch (error) {
    if (codeOf(error) === 'FILE_ABSENT') return undefined
    throw error
  }
}

async function protectionOfFolder(files: TrustedFileReader, path: string, depth: number): Promise<Protection> {
  if (depth > DEEPEST_STACK) return { kind: 'unclear', reason: `devices are stacked deeper than ${DEEPEST_STACK}` }
  const folder = await realFolder(files, path)
  if (folder === undefined) return { kind: 'unclear', reason: `the kernel shows no device at ${path}` }
  const name = folder.slice(folder.lastIndexOf('/') + 1)

  const uuid = await readOptional(files, `${folder}/dm/uuid`)
  if (uuid !== undefined) {
    const role = mapperRole(uuid)
    if (role.kind === 'encrypts') return { kind: 'encrypted', how: [role.how] }
    if (role.kind === 'unclear') return { kind: 'unclear', reason: `${name}: ${role.reason}` }
  }
  if ((await readOptional(files, `${folder}/partition`)) !== undefined) {
    return protectionOfFolder(files, folder.slice(0, folder.lastIndexOf('/')), depth + 1)
  }
  const slaves = (await listOptional(files, `${folder}/slaves`)) ?? []
  if (slaves.length > 0) {
    return combine(await inTurn(slaves, ({ name }) => protectionOfFolder(files, `${folder}/slaves/${name}`, depth + 1)))
  }
  return protectionOfLeaf(files, folder, name, depth)
}

async function protectionOfLeaf(
  files: TrustedFileReader,
  folder: string,
  name: string,
  depth: number,
): Promise<Protection> {
  const backing = (await readOptional(files, `${folder}/loop/backing_file`))?.replace(/\n$/, '')
  if (backing !== undefined) return protectionOfImage(files, backing, depth + 1)
  if (MEMORY_DISK.test(name)) {
    const writeback = (await readOptional(files, `${folder}/backing_dev`))?.trim() ?? 'none'
    return writeback === 'none' ? { kind: 'memory' } : protectionOfPath(files, writeback, depth + 1)
  }
  if (!DISK.test(name)) return { kind: 'unclear', reason: `${name}: kind of device not known` }
  return { kind: 'plain', disks: [name], removable: await isRemovable(files, folder) }
}

/** Follows the image of a loop device to the file system it lies in. */
async function protectionOfImage(files: TrustedFileReader, path: string, depth: number): Promise<Protection> {
  const mounts = await readMounts(files)
  const mount = mounts === undefined ? undefined : mountOf(path, mounts)
  if (mount === undefined) return { kind: 'unclear', reason: `the file system of ${path} was not found` }
  if (mount.device.startsWith('0:')) {
    return mount.type === 'tmpfs' || mount.type === 'ramfs'
      ? { kind: 'memory' }
      : { kind: 'unclear', reason: `${path} lies on ${mount.type}, which this check does not follow` }
  }
  return protectionOfNumber(files, mount.device, depth)
}

/** Undefined when a line is not understood: a mount that is missed could be the one that matters. */
export async function readMounts(files: Pick<TrustedFileReader, 'readText'>): Promise<readonly Mount[] | undefined> {
  const { mounts, isWhole } = parseMountinfo(await files.readText('/proc/self/mountinfo', { maxBytes: MOUNTS_BYTES }))
  return isWhole ? mounts : undefined
}

/** The last mount among those with the longest fitting path covers all others. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  let best: Mount | undefined
  for (const mount of mounts) {
    const fits = mount.mountPoint === '/' || path === mount.mountPoint || path.startsWith(`${mount.mountPoint}/`)
    if (fits && (best === undefined || mount.mountPoint.length >= best.mountPoint.length)) best = mount
  }
  return best
}

/** Readable on one part is readable; a part that is unclear makes the whole unclear. */
export function combine(parts: readonly Protection[]): Protection {
  const plain = parts.filter((part) => part.kind === 'plain')
  if (plain.length > 0) {
    const disks = [...new Set(plain.flatMap((part) => part.disks))]
    return { kind: 'plain', disks, removable: plain.every((part) => part.removable) }
  }
  const unclear = parts.find((part) => part.kind === 'unclear')
  if (unclear !== undefined) return unclear
  const how = [...new Set(parts.flatMap((part) => (part.kind === 'encrypted' ? part.how : [])))]
  return how.length > 0 ? { kind: 'encrypted', how } : (parts[0] ?? { kind: 'unclear', reason: 'no device below it' })
}

/** One after the other: a stack is small, and a thousand open files at once are not. */
async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = []
  for (const item of items) results.push(await work(item))
  return results
}

async function realFolder(files: TrustedFileReader, path: string): Promise<string | undefined> {
  try {
    return await files.realPath(path)
  } catch (error) {
    if (codeOf(error) === 'FILE_ABSENT') return undefined
    throw error
  }
}

/** A disk on USB says `removable` 0 when it is a hard disk in a case, so its place in the device tree counts too. */
async function isRemovable(files: TrustedFileReader, folder: string): Promise<boolean> {
  if (/\/usb\d+\//.test(folder)) return true
  if ((await readOptional(files, `${folder}/removable`))?.trim() === '1') return true
  return (await readOptional(files, `${folder}/device/type`))?.trim() === 'SD'
}
