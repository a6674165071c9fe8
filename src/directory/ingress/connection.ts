/** One device's WebSocket as a session sees it: text frames, bounded before they are buffered. */
export interface Connection {
  readonly address: string
  /** Aborted once the socket is closed. */
  readonly signal: AbortSignal
  /** RFC 9266 exporter of this TLS connection. */
  exporter(label: string): Uint8Array<ArrayBuffer>
  /** Before authentication: so many bytes more may come, in frames of at most `maxFrameBytes`, in so much time. */
  allow(limits: BeforeAuthentication): void
  /** From now on only the size of a frame is bounded, by rate and quota elsewhere. */
  authenticated(): void
  send(frame: string): void
  /** Resolves in the next turn, when what was sent in this one has left if there was room on the way. */
  sent(): Promise<void>
  /** @throws the reason why the connection ended. */
  next(): Promise<string>
  /** Gives `taker` every frame from now on, one after the other. @throws what it threw, or why the connection ended. */
  deliver(taker: FrameTaker): Promise<never>
  /** Nothing more waits to be read here. */
  readonly idle: boolean
  /** What has come over the wire since this was asked last, wrapping and all. Bytes. */
  came(): number
  /** It was cut off, for it sent what is no use to anybody without a pause. */
  readonly flooded: boolean
  /** Says why, then closes. Only the first word counts. */
  refuse(error: unknown): void
  close(code: number, reason: string): void
  /** Pings, or gives the peer up when it has not answered a few. */
  heartbeat(): void
}

export interface FrameTaker {
  /** Resolves when the frame was taken over. */
  take(frame: string): Promise<void>
  /** Must be waited for before it is given the next one; undefined: nothing. */
  rest(): Promise<void> | undefined
}

export interface BeforeAuthentication {
  readonly bytes: number
  readonly maxFrameBytes: number
  readonly ms: number
}
