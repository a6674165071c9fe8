/**
 * The comparison for `idle`: Node with ws and TLS and one connection. It prints received frames with the TLS exporter, and
 * sends lines from standard input. The parent process speaks the protocol.
 */
import { readFileSync } from 'node:fs'
import type { TLSSocket } from 'node:tls'
import { WebSocket } from 'ws'

const [url = '', subprotocol = '', caFile = '', label = ''] = process.argv.slice(2)
const socket = new WebSocket(url, subprotocol, {
  ca: readFileSync(caFile),
  perMessageDeflate: false,
  minVersion: 'TLSv1.3',
})
let exporter = ''
socket.once('upgrade', (response) => {
  const tls = response.socket as TLSSocket // wss
  exporter = tls.exportKeyingMaterial(32, label, Buffer.alloc(0)).toString('hex')
})
socket.on('open', () => process.stdout.write('{"open":true}\n'))
socket.on('message', (data) => process.stdout.write(`${JSON.stringify({ exporter, frame: String(data) })}\n`))
let pending = ''
process.stdin.on('data', (chunk) => {
  const lines = (pending + String(chunk)).split('\n')
  pending = lines.pop() ?? ''
  for (const line of lines) socket.send(line)
})
