import { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import { SuretyError } from '../../base/errors.ts'
import { isRootId, userIdOf } from '../../base/text/user-id.ts'
import { descriptorOf, type Peer, type Peers } from './peers.ts'

/** What the addon offers on macOS; see `native/darwin/system-state.c`. */
export interface DarwinPeersAddon {
  /** The audit token of the process at the other end (LOCAL_PEERTOKEN). @returns 32; -1 without one. */
  peerToken(descriptor: number, bytes: Uint8Array): number
  /** What proc_pidinfo(pid, flavor) writes; 0 or less when the process has ended. */
  processInfo(pid: number, flavor: number, bytes: Uint8Array): number
}

export const AUDIT_TOKEN_BYTES = 32
/** PROC_PIDUNIQIDENTIFIERINFO and its structure; see sys/proc_info_private.h. */
const UNIQUE_INFO = 17
const UNIQUE_INFO_BYTES = 56
const UNIQUE_INFO_VERSION = 32

export interface AuditToken {
  readonly userId: string
  readonly pid: number
  /** Another number once the pid is reused, and after each exec. */
  readonly pidVersion: number
}

/** Eight numbers of four bytes; see audit_token_to_au32(3). @throws `INPUT_MALFORMED` for another length. */
export function parseAuditToken(bytes: Uint8Array): AuditToken {
  if (bytes.length !== AUDIT_TOKEN_BYTES) throw new SuretyError('INPUT_MALFORMED', 'an audit token that is cut')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return {
    userId: userIdOf(view.getUint32(4, true)),
    pid: view.getInt32(20, true),
    pidVersion: view.getInt32(28, true),
  }
}

/** The kernel recorded the effective user, the pid and its version at connect(2). */
export function darwinPeers(addon: DarwinPeersAddon): Peers {
  return {
    areKnown: true,
    of(socket: Socket): Peer | undefined {
      const descriptor = descriptorOf(socket)
      if (descriptor === undefined) return undefined
      const bytes = Buffer.alloc(AUDIT_TOKEN_BYTES)
      if (addon.peerToken(descriptor, bytes) !== AUDIT_TOKEN_BYTES) return undefined
      const { userId, pid, pidVersion } = parseAuditToken(bytes)
      return {
        userId,
        isAdministrator: isRootId(userId),
        pid,
        hasEnded: () => versionOf(addon, pid) !== pidVersion,
        [Symbol.dispose]() {},
      }
    },
  }
}

/** Undefined once the process has ended. */
function versionOf(addon: DarwinPeersAddon, pid: number): number | undefined {
  const bytes = Buffer.alloc(UNIQUE_INFO_BYTES)
  if (addon.processInfo(pid, UNIQUE_INFO, bytes) !== UNIQUE_INFO_BYTES) return undefined
  return bytes.readInt32LE(UNIQUE_INFO_VERSION)
}
