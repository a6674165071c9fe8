import type { Socket } from 'node:net'

/** Accepts the connections of programs on this machine. */
export interface LocalListener {
  /** Accepts no more, and removes what it listens at. Resolves when all its connections are closed. */
  close(): Promise<void>
}

export interface LocalListenInit {
  /** As the system names it: a path, or on Windows the name of a pipe. */
  readonly path: string
  /** False: our own user alone may connect. */
  readonly forAll: boolean
}

export interface LocalListenEvents {
  /** The socket may be half open. */
  onConnection(socket: Socket): void
  onError(error: unknown): void
}

/** @throws `SOCKET_IN_USE`, `STORE_FAILED` (folder), `CONFIG_INVALID` (path). */
export type ListenLocal = (init: LocalListenInit, events: LocalListenEvents) => Promise<LocalListener>

/** Throws an error with an errno as its code when nobody can be reached at `path`. @throws `DAEMON_UNTRUSTED`, `ADDON_UNAVAILABLE`. */
export type ConnectLocal = (path: string, options: { readonly signal: AbortSignal }) => Socket | Promise<Socket>
