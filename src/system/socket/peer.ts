import { closeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { userIdOf } from '../../base/user-id.ts'
import type { NativeAddon } from '../native/native-addon.ts'

/** Who is at the other end of a local socket, as the kernel noted it when they connected. */
export interface Peer extends Disposable {
  readonly userId: string
  /** Undefined without the addon. */
  readonly pid: number | undefined
  /** True when the process that connected is gone, so that `pid` may be another's; undefined where nobody can tell. */
  ended(): boolean | undefined
}

/** Undefined when the kernel does not say. */
export function peerOf(socket: Socket, addon: NativeAddon | undefined): Peer | undefined {
  if (addon === undefined) {
    // Mode 0600 let nobody in but our own user (and root, who could become them).
    const uid = process.geteuid?.()
    if (uid === undefined) return undefined
    return { userId: userIdOf(uid), pid: undefined, ended: () => undefined, [Symbol.dispose]() {} }
  }
  const fd = descriptorOf(socket)
  if (fd === undefined) return undefined
  try {
    return fromCredentials(addon, addon.peerCredentials(fd))
  } catch {
    return undefined
  }
}

function fromCredentials(addon: NativeAddon, credentials: ReturnType<NativeAddon['peerCredentials']>): Peer {
  const { uid, pid, pidfd } = credentials
  let open = pidfd >= 0
  return {
    userId: userIdOf(uid),
    pid,
    ended: () => (open ? addon.processEnded(pidfd) : undefined),
    [Symbol.dispose]() {
      if (open) closeSync(pidfd)
      open = false
    },
  }
}

/** Node has no public name for it; `_handle.fd` is what its own `child_process` uses. */
function descriptorOf(socket: Socket): number | undefined {
  const handle: unknown = '_handle' in socket ? socket._handle : undefined
  if (typeof handle !== 'object' || handle === null || !('fd' in handle)) return undefined
  return typeof handle.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined
}
