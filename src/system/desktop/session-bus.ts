import { connect, type Socket } from 'node:net'
import { SuretyError } from '../../base/errors.ts'
import { decodeMessage, encodeMessage, type Message, messageLength } from './dbus-messages.ts'
import { answerCall, type DbusObjects } from './dbus-objects.ts'
import type { DbusValue } from './dbus-values.ts'

/** A connection to the session bus of this user. Only what a tray needs: calls, objects of our own, signals. */

export interface BusCall {
  readonly destination: string
  readonly path: string
  readonly interface: string
  readonly member: string
  readonly signature?: string
  readonly body?: readonly DbusValue[]
}

export interface BusSignal {
  readonly path: string
  readonly interface: string
  readonly member: string
  readonly signature: string
  readonly body: readonly DbusValue[]
}

export interface SessionBus extends Disposable {
  /** @throws `NOT_FOUND` when no program has the name, `COMMAND_FAILED` for other errors and when there is no answer. */
  call(call: BusCall): Promise<readonly DbusValue[]>
  emit(signal: BusSignal): void
  /** Replaces the objects that we offer. */
  offer(objects: DbusObjects): void
  /** Signals that a match rule asked for. */
  onSignal(listener: (message: Message) => void): void
  /** Aborted when the bus is gone. */
  readonly closed: AbortSignal
}

export interface SessionBusInit {
  /** `DBUS_SESSION_BUS_ADDRESS`, `XDG_RUNTIME_DIR`. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly userId: number
  readonly timeoutMs?: number
}

export const BUS = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
} as const

const TIMEOUT_MS = 10_000
const MAX_AUTH_LINE = 1024

/** @throws `NOT_SUPPORTED` when there is no session bus that lets us in. */
export async function connectSessionBus(init: SessionBusInit): Promise<SessionBus> {
  const path = busPath(init.environment)
  if (path === undefined)
    throw new SuretyError('NOT_SUPPORTED', 'no desktop session: DBUS_SESSION_BUS_ADDRESS is not set')
  const socket = connect(path)
  try {
    const rest = await authenticated(socket, init)
    const bus = new Connection(socket, init.timeoutMs ?? TIMEOUT_MS)
    bus.received(rest)
    await bus.call({ ...BUS, member: 'Hello' })
    return bus
  } catch (cause) {
    socket.destroy()
    const why = cause instanceof Error ? cause.message : ''
    throw new SuretyError('NOT_SUPPORTED', `the session bus at ${JSON.stringify(path)} cannot be used: ${why}`, {
      cause,
    })
  }
}

/** The first Unix socket of the address. */
function busPath({ DBUS_SESSION_BUS_ADDRESS: address, XDG_RUNTIME_DIR: folder }: SessionBusInit['environment']) {
  const ofFolder = folder === undefined || folder === '' ? undefined : `${folder}/bus`
  if (address === undefined || address === '') return ofFolder
  for (const one of address.split(';')) {
    if (!one.startsWith('unix:')) continue
    const pairs = one.slice('unix:'.length).split(',')
    const values = new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
    const [path, abstract] = [values.get('path'), values.get('abstract')]
    if (path !== undefined) return unescaped(path)
    if (abstract !== undefined) return `\0${unescaped(abstract)}`
    if (values.get('runtime') === 'yes') return ofFolder
  }
  return undefined
}

function unescaped(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

/** The kernel says who we are; the bus only wants to hear the same. @returns what the bus sent after its answer. */
function authenticated(socket: Socket, { userId, timeoutMs = TIMEOUT_MS }: SessionBusInit): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const end = (settle: () => void) => {
      clearTimeout(timer)
      socket.off('data', onData).off('error', reject).off('close', onClose)
      settle()
    }
    const fail = (message: string) => end(() => reject(new SuretyError('NOT_SUPPORTED', message)))
    const timer = setTimeout(() => fail('it does not answer'), timeoutMs)
    const onClose = () => fail('it closed the connection')
    const onData = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      const at = received.indexOf('\r\n')
      if (at === -1) {
        if (received.length > MAX_AUTH_LINE) fail('its answer is too long')
        return
      }
      if (!received.subarray(0, at).toString('latin1').startsWith('OK ')) return fail('it does not let us in')
      end(() => {
        socket.write('BEGIN\r\n')
        resolve(received.subarray(at + 2))
      })
    }
    socket.on('data', onData).once('error', reject).once('close', onClose)
    socket.write(`\0AUTH EXTERNAL ${Buffer.from(`${userId}`).toString('hex')}\r\n`)
  })
}

interface Waiting {
  readonly resolve: (body: readonly DbusValue[]) => void
  readonly reject: (error: SuretyError) => void
  readonly timer: NodeJS.Timeout
}

class Connection implements SessionBus {
  readonly #socket: Socket
  readonly #timeoutMs: number
  readonly #waiting = new Map<number, Waiting>()
  readonly #end = new AbortController()
  #listeners: ((message: Message) => void)[] = []
  #objects: DbusObjects = new Map()
  #received: Uint8Array = new Uint8Array()
  #serial = 0

  constructor(socket: Socket, timeoutMs: number) {
    this.#socket = socket
    this.#timeoutMs = timeoutMs
    socket.on('data', (chunk: Buffer) => this.received(chunk))
    socket.on('error', () => undefined)
    socket.once('close', () => this.#closed())
  }

  get closed(): AbortSignal {
    return this.#end.signal
  }

  call({ signature, body = [], ...call }: BusCall): Promise<readonly DbusValue[]> {
    return new Promise((resolve, reject) => {
      const serial = this.#send({ ...call, type: 'call', signature, body })
      const timer = setTimeout(() => {
        this.#waiting.delete(serial)
        reject(new SuretyError('COMMAND_FAILED', `${call.destination} does not answer ${call.member}`))
      }, this.#timeoutMs)
      this.#waiting.set(serial, { resolve, reject, timer })
      if (this.closed.aborted) this.#closed()
    })
  }

  emit(signal: BusSignal): void {
    this.#send({ ...signal, type: 'signal', noReply: true })
  }

  offer(objects: DbusObjects): void {
    this.#objects = objects
  }

  onSignal(listener: (message: Message) => void): void {
    this.#listeners.push(listener)
  }

  [Symbol.dispose](): void {
    this.#listeners = []
    this.#socket.destroy()
  }

  received(chunk: Uint8Array): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    try {
      for (;;) {
        const length = messageLength(this.#received)
        if (length === undefined || this.#received.length < length) return
        const message = decodeMessage(this.#received.subarray(0, length))
        this.#received = this.#received.subarray(length)
        this.#handle(message)
      }
    } catch {
      // What follows a message that cannot be read cannot be read either.
      this.#socket.destroy()
    }
  }

  #send(message: Omit<Message, 'serial'>): number {
    this.#serial = this.#serial === 0xffffffff ? 1 : this.#serial + 1
    this.#socket.write(encodeMessage({ ...message, serial: this.#serial }))
    return this.#serial
  }

  #handle(message: Message): void {
    const { type } = message
    if (type === 'call') this.#answer(message)
    else if (type === 'return' || type === 'error') this.#settle(message)
    else if (type === 'signal') for (const listener of this.#listeners) listener(message)
  }

  #answer({ path = '/', interface: of, member = '', signature = '', body, serial, sender, noReply }: Message): void {
    const answer = answerCall(this.#objects, { path, interface: of, member, signature, body })
    if (noReply === true) return
    const reply = { replyTo: serial, destination: sender, noReply: true }
    if ('errorName' in answer) {
      const { errorName, message } = answer
      this.#send({ ...reply, type: 'error', errorName, signature: 's', body: [message] })
    } else this.#send({ ...reply, type: 'return', ...answer })
  }

  #settle({ replyTo = 0, type, errorName = '', body }: Message): void {
    const waiting = this.#waiting.get(replyTo)
    if (waiting === undefined) return
    this.#waiting.delete(replyTo)
    clearTimeout(waiting.timer)
    if (type === 'return') {
      waiting.resolve(body)
      return
    }
    const code = /\.(ServiceUnknown|NameHasNoOwner)$/.test(errorName) ? 'NOT_FOUND' : 'COMMAND_FAILED'
    waiting.reject(new SuretyError(code, `${errorName}: ${String(body[0] ?? '').slice(0, 200)}`))
  }

  #closed(): void {
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer)
      reject(new SuretyError('COMMAND_FAILED', 'the session bus is gone'))
    }
    this.#waiting.clear()
    this.#end.abort()
  }
}
