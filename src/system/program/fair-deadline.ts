export interface FairDeadline extends Disposable {
  /** Starts the time again. */
  start(): void
  stop(): void
}

export interface FairDeadlineInit {
  readonly timeoutMs: number
  /** How many bytes came from the peer. */
  readonly received: () => number
  readonly expired: () => void
}

const PARTS = 10

/**
 * The time that a peer has to say something, while this process could listen: however long it stood still, or was busy,
 * counts for a tenth at most. And what had come before the time was over is read first: timers are looked at before sockets.
 */
export function fairDeadline(init: FairDeadlineInit): FairDeadline {
  let timer: NodeJS.Timeout | undefined
  let look: NodeJS.Immediate | undefined
  const stop = () => {
    clearTimeout(timer)
    clearImmediate(look)
  }
  const wait = (parts: number) => {
    timer = setTimeout(
      () => (parts > 1 ? wait(parts - 1) : lookAfter(init.received())),
      Math.ceil(init.timeoutMs / PARTS),
    )
  }
  /** Immediates come after sockets; one look reads a piece of what is there. */
  const lookAfter = (before: number) => {
    look = setImmediate(() => {
      const now = init.received()
      if (now === before) init.expired()
      else lookAfter(now)
    })
  }
  return {
    start() {
      stop()
      wait(PARTS)
    },
    stop,
    [Symbol.dispose]: stop,
  }
}
