import { SuretyError } from '../../../src/base/errors.ts'
import type { Connection as DeviceEnd } from '../../../src/daemon/stream/connection.ts'
import { FrameQueue } from '../../../src/daemon/stream/connection.ts'
import { parseRefusal } from '../../../src/daemon/stream/refusal.ts'
import type { Connection as DirectoryEnd } from '../../../src/directory/ingress/sockets/connection.ts'
import { refusalOf } from '../../../src/directory/ingress/sockets/websocket-connection.ts'

/** So many frames fit on the way to the directory; the device waits for room. */
const WINDOW = 4

/** One connection without a socket: frames lie on the way until somebody moves them on. */
export class Link {
  readonly deviceEnd: DeviceEnd
  readonly directoryEnd: DirectoryEnd
  /** Why the directory ended it. */
  refusal: unknown
  /** Frames came that an honest device does not send at that moment. */
  provoked = false
  #toDirectory: string[] = []
  #toDevice: string[] = []
  readonly #atDevice = new FrameQueue(UNHINDERED)
  readonly #atDirectory = new FrameQueue(UNHINDERED)
  readonly #ended = new AbortController()
  #unread = 0
  #room = Promise.withResolvers<void>()

  constructor() {
    this.deviceEnd = this.#endOfDevice()
    this.directoryEnd = this.#endOfDirectory()
  }

  get lost(): boolean {
    return this.#ended.signal.aborted
  }

  /** Frames that lie on the way, to the directory and back. */
  get onTheWay(): { readonly there: number; readonly back: number } {
    return { there: this.#toDirectory.length, back: this.#toDevice.length }
  }

  /** Moves `count` frames on. @returns them. */
  deliverThere(count: number): readonly string[] {
    const frames = this.#toDirectory.splice(0, count)
    for (const frame of frames) this.arriveAtDirectory(frame)
    this.#makeRoom()
    return frames
  }

  arriveAtDirectory(frame: string): void {
    this.#unread++
    this.#atDirectory.push(frame)
  }

  deliverBack(count: number): void {
    for (const frame of this.#toDevice.splice(0, count)) this.#atDevice.push(frame)
  }

  /** The second overtakes the first. */
  swapThere(): boolean {
    const [first, second, ...rest] = this.#toDirectory
    if (first === undefined || second === undefined) return false
    this.#toDirectory = [second, first, ...rest]
    return true
  }

  /** What lies on the way is gone. */
  lose(): void {
    const error = new SuretyError('DIRECTORY_UNREACHABLE', 'the connection was lost')
    this.#toDirectory = []
    this.#toDevice = []
    this.#ended.abort(error)
    this.#atDevice.end(error)
    this.#makeRoom()
  }

  #makeRoom(): void {
    this.#room.resolve()
    this.#room = Promise.withResolvers()
  }

  #endOfDevice(): DeviceEnd {
    return {
      exporter: new Uint8Array(32),
      send: async (frame) => {
        while (!this.lost && this.#toDirectory.length >= WINDOW) await this.#room.promise
        if (this.lost) return false
        this.#toDirectory.push(frame)
        return true
      },
      next: async (options) => {
        const frame = await this.#atDevice.next(options)
        if (frame.startsWith('{')) throw parseRefusal(frame)
        return frame
      },
      probe: () => ({ isSilent: false }),
      [Symbol.dispose]: () => this.lose(),
    }
  }

  #endOfDirectory(): DirectoryEnd {
    const { signal } = this.#ended
    const idle = () => this.#unread === 0
    const next = async () => {
      const frame = await this.#atDirectory.next({ signal })
      this.#unread--
      return frame
    }
    return {
      address: 'memory',
      signal,
      exporter: () => new Uint8Array(32),
      allow: () => undefined,
      authenticated: () => undefined,
      send: (frame) => {
        if (!signal.aborted) this.#toDevice.push(frame)
      },
      sent: async () => undefined,
      came: () => 0,
      flooded: false,
      next,
      async deliver(taker) {
        for (;;) {
          await taker.take(await next())
          await taker.rest()
        }
      },
      get idle() {
        return idle()
      },
      refuse: (error) => {
        if (signal.aborted) return
        this.refusal = error
        this.#toDevice.push(JSON.stringify(refusalOf(error)))
        this.#ended.abort(error)
      },
      close: () => this.lose(),
      heartbeat: () => undefined,
    }
  }
}

const UNHINDERED = { pause: () => undefined, resume: () => undefined }
