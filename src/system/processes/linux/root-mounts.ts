import { parseMountinfo } from '../../mounts/mountinfo.ts'
import { link, read } from './proc-files.ts'

/** The root comes first. Usual tables are shorter; a user with thousands of mounts would make this slow. */
const TABLE_BYTES = 64 * 1024
/** A namespace has a number that another one gets when it is gone. */
const KNOWN_FOR_MS = 2_000
const MAX_KNOWN = 256

export interface RootMountsComponents {
  readonly link: (path: string) => string | undefined
  readonly read: (path: string, maxBytes: number) => string | undefined
  /** Milliseconds that only go on. */
  readonly now: () => number
}

/**
 * What is mounted at the root of a process, where it sees other mounts than we do; empty where that cannot be told. Of many that see the same it is read once
 * in two seconds: a table of mounts costs the kernel milliseconds, and anybody may start hundreds of agents beside one.
 */
export function rootMounts(
  { link: linkAt, read: readAt, now }: RootMountsComponents = { link, read, now: () => performance.now() },
): (pid: number) => string | undefined {
  const known = new Map<string, { readonly at: number; readonly mount: string }>()
  return (pid) => {
    const [namespace, root] = [linkAt(`/proc/${pid}/ns/mnt`), linkAt(`/proc/${pid}/root`)]
    if (namespace === linkAt('/proc/self/ns/mnt')) return undefined
    const readNow = () => rootMountIn(readAt(`/proc/${pid}/mountinfo`, TABLE_BYTES) ?? '') ?? ''
    if (namespace === undefined || root === undefined) return readNow()
    const key = `${namespace} ${root}`
    const last = known.get(key)
    if (last !== undefined && now() - last.at < KNOWN_FOR_MS) return last.mount
    const mount = readNow()
    known.delete(key)
    known.set(key, { at: now(), mount })
    for (const each of known.keys()) if (known.size > MAX_KNOWN) known.delete(each)
    return mount
  }
}

/** See proc_pid_mountinfo(5). The last mount at the root is the one that is seen. */
export function rootMountIn(text: string): string | undefined {
  const root = parseMountinfo(text).mounts.findLast(({ mountPoint }) => mountPoint === '/')
  return root && `${root.type} ${root.source} ${root.superOptions}`.slice(0, 4096)
}
