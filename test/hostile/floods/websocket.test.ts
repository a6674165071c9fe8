import { once } from 'node:events'
import { WebSocket } from 'ws'
import { utf8 } from '../../../src/base/bytes.ts'
import { SUBPROTOCOL, TLS_EXPORTER_LABEL } from '../../../src/protocol/messages/version.ts'
import { type BesiegedDirectory, besiegedDirectory } from '../besieged-directory.ts'
import { FIN, rawFrame, rawWebSocket } from './raw-websocket.ts'

/** What is no WebSocket never reaches a session: it is cut off, and nobody else is troubled. */

let besieged: BesiegedDirectory
beforeAll(async () => {
  besieged = await besiegedDirectory()
})
afterAll(() => besieged[Symbol.asyncDispose]())

const [CONTINUATION, TEXT, CLOSE, PING] = [0, 1, 8, 9]
const hello = utf8('{"type":"hello"}')

test.each<[string, readonly Buffer[]]>([
  ['text that is not UTF-8', [rawFrame({ opcode: TEXT, payload: Buffer.of(0xc0, 0xaf) })]],
  ['text that ends inside a letter', [rawFrame({ opcode: TEXT, payload: Buffer.of(0x7b, 0xe2, 0x82) })]],
  ['text with half of a surrogate pair', [rawFrame({ opcode: TEXT, payload: Buffer.of(0xed, 0xa0, 0x80) })]],
  ['a frame that is not masked', [rawFrame({ opcode: TEXT, payload: hello, masked: false })]],
  ['a reserved opcode', [rawFrame({ opcode: 3, payload: hello })]],
  ['a reserved control opcode', [rawFrame({ opcode: 11 })]],
  ['a reserved bit', [rawFrame({ opcode: TEXT, payload: hello, flags: FIN | 0x40 })]],
  ['a continuation of nothing', [rawFrame({ opcode: CONTINUATION, payload: hello })]],
  [
    'a message begun inside another',
    [rawFrame({ opcode: TEXT, payload: hello, flags: 0 }), rawFrame({ opcode: TEXT, payload: hello })],
  ],
  ['a ping in parts', [rawFrame({ opcode: PING, flags: 0 })]],
  ['a ping too long', [rawFrame({ opcode: PING, payload: new Uint8Array(126) })]],
  ['a close of one byte', [rawFrame({ opcode: CLOSE, payload: Buffer.of(3) })]],
  ['a close with a code that is none', [rawFrame({ opcode: CLOSE, payload: Buffer.of(0, 1) })]],
  ['a length of 2^63', [rawFrame({ opcode: TEXT, length: Buffer.of(127, 0x80, 0, 0, 0, 0, 0, 0, 0) })]],
  ['a length of 2^32', [rawFrame({ opcode: TEXT, length: Buffer.of(127, 0, 0, 0, 1, 0, 0, 0, 0) })]],
  ['a length beyond a frame', [rawFrame({ opcode: TEXT, length: Buffer.of(127, 0, 0, 0, 0, 1, 0, 0, 0) })]],
  ['an HTTP request where frames belong', [Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')]],
])('%s is cut off', async (_, frames) => {
  const raw = await rawWebSocket({ port: besieged.running.directory.devicesPort })
  const before = besieged.stored()
  raw?.socket.write(Buffer.concat(frames))
  const { said } = (await raw?.ended) ?? {}
  expect({ said, after: besieged.stored(), others: await besieged.honestGoesOn() }).toEqual({
    said: '',
    after: before,
    others: true,
  })
})

test('a hello in as many parts as bytes is read like any other', async () => {
  const raw = await rawWebSocket({ port: besieged.running.directory.devicesPort })
  const parts = [...hello].map((byte, at) =>
    rawFrame({
      opcode: at === 0 ? TEXT : CONTINUATION,
      payload: Buffer.of(byte),
      flags: at + 1 < hello.length ? 0 : FIN,
    }),
  )
  raw?.socket.write(Buffer.concat(parts))
  expect(JSON.parse((await raw?.ended)?.said ?? '{}')).toMatchObject({ type: 'refusal', code: 'FRAME_MALFORMED' })
})

test('closes a working device that sends endless parts of a message, before a frame', async () => {
  const device = besieged.running.device()
  const { url, ca } = device.init
  const ws = new WebSocket(url, SUBPROTOCOL, { ca })
  const upgraded = once(ws, 'upgrade')
  const heard = async (): Promise<string> => String((await once(ws, 'message'))[0])
  await once(ws, 'open')
  const [{ socket }] = await upgraded
  ws.send(device.helloToken(await besieged.running.token()))
  const [, challenge = ''] = (await heard()).split('.')
  const exporter = () => new Uint8Array(socket.exportKeyingMaterial(32, TLS_EXPORTER_LABEL, Buffer.alloc(0)))
  const read = JSON.parse(Buffer.from(challenge, 'base64url').toString())
  ws.send(await device.sign('attestation', device.attestation(read, { exporter }, 'enrol')))
  await heard()
  const closed = once(ws, 'close')
  socket.write(rawFrame({ opcode: TEXT, payload: Buffer.of(0x7b), flags: 0 }))
  socket.write(
    Buffer.concat(Array(20_000).fill(rawFrame({ opcode: CONTINUATION, payload: Buffer.of(0x20), flags: 0 }))),
  )
  expect((await closed)[0]).toBe(1008)
  expect(await besieged.honestGoesOn()).toBe(true)
})

test('a hello in parts without an end is cut off at its bound', async () => {
  const raw = await rawWebSocket({ port: besieged.running.directory.devicesPort })
  raw?.socket.write(rawFrame({ opcode: TEXT, flags: 0 }))
  raw?.socket.write(Buffer.concat(Array(5_000).fill(rawFrame({ opcode: CONTINUATION, flags: 0 }))))
  expect((await raw?.ended)?.said).toContain('FRAME_TOO_LARGE')
  expect(await besieged.honestGoesOn()).toBe(true)
})
