import { closeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { isRootId, userIdOf } from '../../base/text/user-id.ts'
import type { NativeAddon } from '../native/native-addon.ts'

/** The process at the other end of a local socket, recorded by the kernel as it connected. */
export interface Peer extends Disposable {
  readonly userId: string
  /** Root, or on Windows a member of Administrators whose membership counts: one that is elevated. */
  readonly isAdministrator: boolean
  /** Undefined if the kernel does not report it. */
  readonly pid: number | undefined
  /** True if the process has ended, so that `pid` may be reused. Undefined if unknown. */
  hasEnded(): boolean | undefined
}

/** Identifies peers of a local socket. */
export interface Peers {
  /** False on a system that does not identify peers; only our own user may then connect. */
  readonly areKnown: boolean
  /** Undefined if the kernel does not identify this peer. */
  of(socket: Socket): Peer | undefined
  /**
   * Present where the kernel proves a user only after something was read. `of` then names the process that connected, which is
   * enough for limits; nothing is answered before this names the user. Undefined if the kernel does not. The peer that `of` named
   * is disposed with it.
   */
  confirm?(socket: Socket): Peer | undefined
}

/** Uses SO_PEERCRED and SO_PEERPIDFD. */
export function linuxPeers(addon: Pick<NativeAddon, 'peerCredentials' | 'processEnded'>): Peers {
  return {
    areKnown: true,
    of(socket) {
      const fd = descriptorOf(socket)
      if (fd === undefined) return undefined
      try {
        return peerFrom(addon, addon.peerCredentials(fd))
      } catch {
        return undefined
      }
    },
  }
}

/** Without peer credentials. The socket's mode admits only our own user and root, and root may act as that user anyway. */
export function ownUserPeers(userId: string): Peers {
  return {
    areKnown: false,
    of: () => ({
      userId,
      isAdministrator: isRootId(userId),
      pid: undefined,
      hasEnded: () => undefined,
      [Symbol.dispose]() {},
    }),
  }
}

function peerFrom(
  addon: Pick<NativeAddon, 'processEnded'>,
  { uid, pid, pidfd }: ReturnType<NativeAddon['peerCredentials']>,
): Peer {
  let isOpen = pidfd >= 0
  const userId = userIdOf(uid)
  return {
    userId,
    isAdministrator: isRootId(userId),
    pid,
    hasEnded: () => (isOpen ? addon.processEnded(pidfd) : undefined),
    [Symbol.dispose]() {
      if (isOpen) closeSync(pidfd)
      isOpen = false
    },
  }
}

/** Node has no public name for it; `_handle.fd` is what its own `child_process` uses. */
export function descriptorOf(socket: Socket): number | undefined {
  const handle: unknown = '_handle' in socket ? socket._handle : undefined
  if (typeof handle !== 'object' || handle === null || !('fd' in handle)) return undefined
  return typeof handle.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined
}
