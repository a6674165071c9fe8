/** Facts about a type of file system, as mountinfo names it. A fact is absent where it is not known. */
export interface FileSystemFacts {
  /**
   * True where a network or a program answers, which may never happen, and no signal ends the wait. False where the kernel answers
   * by itself, from memory or a local disk. Absent for pseudo file systems, for their files lead elsewhere (`/proc/1/root`).
   */
  readonly hangs?: boolean
  /** False where the bytes lie in memory, in the kernel, on another machine, or show again what is mounted elsewhere. */
  readonly onDisk?: boolean
}

/** `native/linux/addon/files/local-mounts.c` has the same list of those that do not hang, less `fuseblk`; a test compares the two. */
const GROUPS: readonly (FileSystemFacts & { readonly types: string })[] = [
  {
    hangs: false,
    onDisk: true,
    types:
      'ext2 ext3 ext4 xfs btrfs f2fs squashfs erofs vfat exfat ntfs3 iso9660 udf bcachefs zfs jfs reiserfs nilfs2 hfsplus',
  },
  // A disk that a program of root's reads, such as ntfs-3g.
  { hangs: false, onDisk: true, types: 'fuseblk' },
  { hangs: false, onDisk: false, types: 'tmpfs ramfs overlay devtmpfs' },
  // The first mount of all. What lies on a disk below it, if anything does, is unknown.
  { hangs: false, types: 'rootfs' },
  {
    hangs: true,
    onDisk: false,
    types: 'nfs nfs4 cifs smb3 smbfs 9p ceph afs autofs glusterfs lustre beegfs orangefs pvfs2 coda fuse',
  },
  { onDisk: false, types: 'nfsd virtiofs sshfs vboxsf aufs ecryptfs shiftfs' },
  {
    onDisk: false,
    types:
      'binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts efivarfs fusectl hugetlbfs mqueue nsfs proc pstore resctrl rpc_pipefs securityfs selinuxfs smackfs sysfs tracefs xenfs',
  },
]

const FACTS: ReadonlyMap<string, FileSystemFacts> = new Map(
  GROUPS.flatMap(({ types, ...facts }) => types.split(' ').map((type) => [type, facts] as const)),
)
const NONE: FileSystemFacts = {}

/** `fuse.sshfs` and the like have the facts of `fuse`. */
export function factsOf(type: string): FileSystemFacts {
  return FACTS.get(type.startsWith('fuse.') ? 'fuse' : type) ?? NONE
}

/** The types with `hangs: false`. */
export function typesThatAnswer(): readonly string[] {
  return [...FACTS].filter(([, { hangs }]) => hangs === false).map(([type]) => type)
}
