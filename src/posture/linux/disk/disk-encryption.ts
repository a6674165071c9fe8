import type { Mount } from '../../../system/mounts/mountinfo.ts'
import { type CheckOutcome, counted, fail, listed, pass, unknown } from '../../check-outcome.ts'
import type { CheckContext, PostureComponents } from '../../components.ts'
import { parseSwaps } from '../../parsers/disk/swaps.ts'
import { readOptional } from '../../read-optional.ts'
import { isOnDisk, protectionOfMount, type Volume, volumeKey } from './mounted-volumes.ts'
import { mountOf, type Protection, protectionOfNode, readMounts } from './volume-protection.ts'

/** The firmware and the boot loader read these before anything can be decrypted. */
const BOOT_FOLDERS: ReadonlySet<string> = new Set(['/boot', '/boot/efi', '/efi'])
const NOT_COUNTED =
  'Encryption of single folders (fscrypt) or by the drive itself (OPAL) cannot be seen from here and does not count.'

/** `disk.root-encrypted`: everything below `/` passes through encryption. */
export async function checkRootEncrypted(components: PostureComponents, context: CheckContext): Promise<CheckOutcome> {
  const mounts = await readMounts(components.files)
  const root = mounts?.findLast((mount) => mount.mountPoint === '/')
  if (root === undefined) return unknown('the list of mounted file systems could not be understood')
  if (!isOnDisk(root)) {
    return unknown(
      `the root file system is ${root.type} (a container or a live system): the disk under it cannot be seen`,
    )
  }
  const protection = await protectionOfMount(components, root, context)
  switch (protection.kind) {
    case 'encrypted':
      return pass(`The root file system is encrypted (${protection.how.join(' and ')}).`)
    case 'plain':
      return fail(
        `The root file system (${root.type}, on ${listed(protection.disks)}) is not encrypted. ${NOT_COUNTED}`,
      )
    case 'memory':
      return unknown('the root file system lives in memory: the disk of this machine cannot be judged by it')
    case 'unclear':
      return unknown(`the root file system: ${protection.reason}`)
  }
  protection satisfies never
}

/** `disk.fixed-encrypted`: so does every mounted file system and swap on a disk that stays in the machine. */
export async function checkFixedEncrypted(components: PostureComponents, context: CheckContext): Promise<CheckOutcome> {
  const mounts = await readMounts(components.files)
  if (mounts === undefined) return unknown('the list of mounted file systems could not be understood')
  const swaps = await swapVolumes(components, mounts, context)
  if (swaps === undefined) return unknown('the list of swap devices could not be understood')
  const volumes = [...(await mountedVolumes(components, mounts, context)), ...swaps]
  return judge(volumes, bootVolumes(mounts))
}

/** Mounts of one device are one volume. Volumes mounted as boot folders only are left out: see `bootVolumes`. */
async function mountedVolumes(
  components: PostureComponents,
  mounts: readonly Mount[],
  context: CheckContext,
): Promise<readonly Volume[]> {
  const volumes: Volume[] = []
  for (const group of groupsOf(mounts)) {
    const [first] = group
    if (first === undefined || isBootOnly(group)) continue
    volumes.push({
      name: listed([...new Set(group.map((mount) => mount.mountPoint))], 2),
      protection: await protectionOfMount(components, first, context),
    })
  }
  return volumes
}

function groupsOf(mounts: readonly Mount[]): readonly (readonly Mount[])[] {
  return [...Map.groupBy(mounts.filter(isOnDisk), volumeKey).values()]
}

function isBootOnly(group: readonly Mount[]): boolean {
  return group.every((mount) => BOOT_FOLDERS.has(mount.mountPoint))
}

function bootVolumes(mounts: readonly Mount[]): readonly string[] {
  return groupsOf(mounts)
    .filter(isBootOnly)
    .flatMap((group) => group.map((mount) => mount.mountPoint))
}

async function swapVolumes(
  components: PostureComponents,
  mounts: readonly Mount[],
  context: CheckContext,
): Promise<readonly Volume[] | undefined> {
  const text = await readOptional(components.files, '/proc/swaps')
  // A kernel without swap has no such file.
  const swaps = text === undefined ? [] : parseSwaps(text)
  if (swaps === undefined) return undefined
  const volumes: Volume[] = []
  for (const { path, kind } of swaps) {
    const mount = kind === 'file' ? mountOf(path, mounts) : undefined
    const protection =
      mount === undefined
        ? await protectionOfNode(components.files, path)
        : await protectionOfMount(components, mount, context)
    volumes.push({ name: `swap on ${path}`, protection })
  }
  return volumes
}

function judge(volumes: readonly Volume[], boot: readonly string[]): CheckOutcome {
  const fixed = volumes.filter(({ protection }) => protection.kind !== 'memory' && !isRemovable(protection))
  const plain = fixed.filter(({ protection }) => protection.kind === 'plain')
  const unclear = fixed.filter(({ protection }) => protection.kind === 'unclear')
  if (plain.length > 0) {
    const rest = unclear.length > 0 ? ` ${unclear.length} more could not be judged.` : ''
    return fail(
      `${plain.length} of ${counted(fixed.length, 'volume')} not encrypted: ${described(plain)}.${rest} ${NOT_COUNTED}`,
    )
  }
  if (unclear.length > 0) {
    const reasons = unclear.map(
      ({ name, protection }) => `${name}: ${protection.kind === 'unclear' ? protection.reason : ''}`,
    )
    return unknown(listed(reasons, 3))
  }
  if (fixed.length === 0) return unknown('no file system of a fixed disk is mounted where this program can see it')
  return pass(`Every volume on a fixed disk is encrypted: ${described(fixed)}.${bootNote(boot)}`)
}

function bootNote(boot: readonly string[]): string {
  if (boot.length === 0) return ''
  return ` ${listed(boot)} must be readable by the boot loader and ${boot.length === 1 ? 'is' : 'are'} not counted.`
}

function isRemovable(protection: Protection): boolean {
  return protection.kind === 'plain' && protection.removable
}

function described(volumes: readonly Volume[]): string {
  return listed(
    volumes.map(({ name, protection }) => {
      if (protection.kind === 'plain') return `${name} (on ${listed(protection.disks, 3)})`
      return protection.kind === 'encrypted' ? `${name} (${protection.how.join(' and ')})` : name
    }),
  )
}
