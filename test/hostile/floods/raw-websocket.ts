import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import { SUBPROTOCOL } from '../../../src/protocol/messages/version.ts'

/** A WebSocket client that may break every rule of RFC 6455: the bytes of its frames are the test's own. */
export interface RawWebSocket {
  readonly socket: TLSSocket
  /** How the server ended it: the text of its last frame, if it is text, and its close code, if it gave one. */
  readonly ended: Promise<{ readonly said: string; readonly code: number | undefined }>
}

export interface RawFrame {
  readonly opcode: number
  readonly payload?: Uint8Array
  /** The first byte's upper half: FIN and three reserved bits. */
  readonly flags?: number
  readonly masked?: boolean
  /** The seven-bit length and what follows it, instead of the right ones. */
  readonly length?: Uint8Array
}

export const FIN = 0x80

/** @returns undefined when the server cut the connection off before it could be upgraded. */
export async function rawWebSocket(at: { port: number; localAddress?: string }): Promise<RawWebSocket | undefined> {
  const socket = connect({ host: '127.0.0.1', rejectUnauthorized: false, ...at })
  const received: Buffer[] = []
  socket.on('data', (chunk: Buffer) => {
    received.push(chunk)
    // Closes after a goodbye, because the server waits for that.
    if (lastWords(Buffer.concat(received)).code !== undefined) socket.end()
  })
  socket.on('error', () => undefined) // the end says it all
  // Not `once`: an error before the end would be thrown instead.
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.write(
    `GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`,
  )
  const upgraded = async () => {
    while (!Buffer.concat(received).includes('\r\n\r\n')) await once(socket, 'data')
    return true
  }
  if (!(await Promise.race([upgraded().catch(() => false), closed.then(() => false)]))) return undefined
  const ended = closed.then(() => lastWords(Buffer.concat(received)))
  return { socket, ended }
}

export function rawFrame({ opcode, payload = Buffer.of(), flags = FIN, masked = true, length }: RawFrame): Buffer {
  const mask = Buffer.from([1, 2, 3, 4])
  const body = masked ? payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0)) : payload
  const told = Buffer.from(length ?? lengthOf(payload.length))
  told[0] = (told[0] ?? 0) | (masked ? 0x80 : 0)
  return Buffer.concat([Buffer.of(flags | opcode), told, masked ? mask : Buffer.of(), body])
}

function lengthOf(bytes: number): Uint8Array {
  if (bytes < 126) return Uint8Array.of(bytes)
  if (bytes < 65_536) return Uint8Array.of(126, bytes >> 8, bytes & 255)
  return Uint8Array.of(127, 0, 0, 0, 0, bytes >>> 24, (bytes >> 16) & 255, (bytes >> 8) & 255, bytes & 255)
}

function lastWords(received: Buffer): { said: string; code: number | undefined } {
  let said = ''
  const head = received.indexOf('\r\n\r\n')
  let at = head === -1 ? received.length : head + 4
  while (at + 2 <= received.length) {
    const opcode = (received[at] ?? 0) & 15
    const short = received[at + 1] ?? 0
    const start = at + (short === 126 ? 4 : 2)
    const end = start + (short === 126 ? received.readUInt16BE(at + 2) : short)
    if (opcode === 1) said = received.subarray(start, end).toString()
    if (opcode === 8) return { said, code: end > start ? received.readUInt16BE(start) : undefined }
    at = end
  }
  return { said, code: undefined }
}
