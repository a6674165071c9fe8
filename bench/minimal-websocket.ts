import { once } from 'node:events'
import { connect, type SecureContext, type TLSSocket } from 'node:tls'
import { SUBPROTOCOL, TLS_EXPORTER_LABEL } from '../src/protocol/messages/version.ts'
import type { Wire } from './software-device.ts'

/** A cheap WebSocket to the directory: no library, no check of the server, zero masks, short frames only. */
export interface MinimalWebSocket extends Wire {
  /** Called for each frame while no `next` waits. */
  onFrame: (frame: string) => void
  readonly closed: Promise<void>
  destroy(): void
}

export interface MinimalWebSocketInit {
  readonly port: number
  /** An address in 127.0.0.0/8, which decides the network of the device. */
  readonly localAddress: string
  readonly directoryCa: Uint8Array
  readonly context: SecureContext
}

const UPGRADE = [
  'GET / HTTP/1.1',
  'Host: 127.0.0.1',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  `Sec-WebSocket-Protocol: ${SUBPROTOCOL}`,
]
const TEXT = 0x81
const CLOSE = 0x88
const PING = 0x89
const PONG = 0x8a

/** @throws when the server closes the connection. */
export async function connectMinimally({
  directoryCa,
  context,
  ...at
}: MinimalWebSocketInit): Promise<MinimalWebSocket> {
  const socket = connect({ host: '127.0.0.1', rejectUnauthorized: false, secureContext: context, ...at })
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => resolve())
  })
  await once(socket, 'secureConnect')
  socket.on('error', () => undefined) // `close` follows
  const wire = new SocketWire(socket, closed, directoryCa)
  socket.write(`${UPGRADE.join('\r\n')}\r\n\r\n`)
  await wire.upgraded
  return wire
}

class SocketWire implements MinimalWebSocket {
  readonly closed: Promise<void>
  readonly upgraded: Promise<void>
  onFrame: (frame: string) => void = () => undefined
  readonly #socket: TLSSocket
  readonly #ca: Uint8Array
  #upgraded: (() => void) | undefined
  #received: Buffer = Buffer.of()
  #reader: { resolve: (frame: string) => void; reject: (error: Error) => void } | undefined

  constructor(socket: TLSSocket, closed: Promise<void>, ca: Uint8Array) {
    this.#socket = socket
    this.closed = closed
    this.#ca = ca
    this.upgraded = new Promise((resolve, reject) => {
      this.#upgraded = resolve
      socket.on('close', () => {
        reject(new Error('disconnected'))
        this.#reader?.reject(new Error('disconnected'))
      })
    })
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
  }

  send(frame: string): void {
    this.#write(TEXT, Buffer.from(frame))
  }

  next(): Promise<string> {
    if (this.#socket.destroyed) return Promise.reject(new Error('disconnected'))
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject }
    })
  }

  exporter(): Uint8Array {
    return this.#socket.exportKeyingMaterial(32, TLS_EXPORTER_LABEL, Buffer.of())
  }

  directoryCa(): Uint8Array {
    return this.#ca
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #write(opcode: number, payload: Buffer): void {
    const header = payload.length < 126 ? Buffer.alloc(6) : Buffer.alloc(8)
    header[0] = opcode
    header[1] = 0x80 | Math.min(payload.length, 126)
    if (payload.length >= 126) header.writeUInt16BE(payload.length, 2)
    this.#socket.write(Buffer.concat([header, payload]))
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    if (this.#upgraded !== undefined) {
      const end = this.#received.indexOf('\r\n\r\n')
      if (end === -1) return
      this.#received = this.#received.subarray(end + 4)
      this.#upgraded()
      this.#upgraded = undefined
    }
    for (let frame = this.#nextFrame(); frame !== undefined; frame = this.#nextFrame()) this.#read(frame)
    if (this.#received.length === 0) this.#received = Buffer.of()
  }

  /** A server does not mask. */
  #nextFrame(): { readonly opcode: number; readonly payload: Buffer } | undefined {
    const [opcode = 0, length = 0] = this.#received
    const start = length < 126 ? 2 : 4
    if (this.#received.length < start) return undefined
    const end = start + (length < 126 ? length : this.#received.readUInt16BE(2))
    if (this.#received.length < end) return undefined
    const payload = this.#received.subarray(start, end)
    this.#received = this.#received.subarray(end)
    return { opcode, payload }
  }

  #read({ opcode, payload }: { opcode: number; payload: Buffer }): void {
    if (opcode === PING) this.#write(PONG, payload)
    if (opcode === CLOSE) this.destroy()
    if (opcode !== TEXT) return
    const frame = payload.toString('latin1')
    const reader = this.#reader
    this.#reader = undefined
    if (reader === undefined) this.onFrame(frame)
    else reader.resolve(frame)
  }
}
