import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { SuretyError } from '../../../src/base/errors.ts'
import { fetchPinnedCa } from '../../../src/daemon/stream/connect-pinned.ts'
import { deadline } from '../../../src/daemon/stream/deadline.ts'

test('reports a directory that never answers as unreachable', async () => {
  const accepted: Socket[] = []
  const server = createServer((socket) => void accepted.push(socket)).listen(0, '127.0.0.1')
  try {
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo // of a TCP server
    const pins = { url: `wss://localhost:${port}`, ca: 'A'.repeat(43) }
    const signal = deadline(new AbortController().signal, 100)
    await expect(fetchPinnedCa(pins, { signal })).rejects.toMatchObject({
      code: 'DIRECTORY_UNREACHABLE',
      message: 'no answer within 0.1 s',
    })
  } finally {
    for (const socket of accepted) socket.destroy()
    server.close()
  }
})

test('aborts with the given reason', async () => {
  const pending = new SuretyError('ENROLMENT_PENDING', 'an administrator has yet to decide')
  const signal = deadline(new AbortController().signal, 1, pending)
  await once(signal, 'abort')
  expect(signal.reason).toBe(pending)
})

test('aborts with its signal, for the reason of that signal', () => {
  const stop = new AbortController()
  const signal = deadline(stop.signal, 60_000)
  const reason = new Error('stopped')
  stop.abort(reason)
  expect(signal.reason).toBe(reason)
  expect(deadline(stop.signal, 60_000).reason).toBe(reason)
})
