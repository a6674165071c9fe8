/** One device's WebSocket: text frames, bounded before they are buffered. */
export interface Connection {
  readonly address: string
  /** Aborted once the socket is closed. */
  readonly signal: AbortSignal
  /** RFC 9266 exporter of this TLS connection. */
  exporter(label: string): Uint8Array<ArrayBuffer>
  /** Sets how much the device may still send before it is authenticated, and how long that may take. */
  allow(limits: BeforeAuthentication): void
  /** Lifts these limits. Only the frame size is bounded here from now on; rate and quota apply elsewhere. */
  authenticated(): void
  send(frame: string): void
  /** Resolves in the next loop turn, when frames sent in this one have left unless the socket is congested. */
  sent(): Promise<void>
  /** @throws the reason why the connection ended. */
  next(): Promise<string>
  /** Delivers every frame to `taker` from now on, one at a time. @throws its error, or why the connection ended. */
  deliver(taker: FrameTaker): Promise<never>
  /** No received frame waits. */
  readonly idle: boolean
  /** Bytes received since the previous call, including TLS and WebSocket overhead. */
  came(): number
  /** The connection was cut off because of too many control frames. */
  readonly flooded: boolean
  /** Sends a refusal, then closes. Later calls do nothing. */
  refuse(error: unknown): void
  close(code: number, reason: string): void
  /** Pings, or drops a peer that missed several pongs. */
  heartbeat(): void
}

export interface FrameTaker {
  /** Resolves once the frame is taken. */
  take(frame: string): Promise<void>
  /** @returns what to await before the next frame. Undefined: nothing. */
  rest(): Promise<void> | undefined
}

export interface BeforeAuthentication {
  readonly bytes: number
  readonly maxFrameBytes: number
  readonly ms: number
}
