import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { darwinPeers, parseAuditToken } from '../../../src/system/socket/darwin-peers.ts'
import { mirroredDarwinAddon } from '../../support/platforms/darwin/mirrored-addon.ts'
import { auditToken } from '../../support/platforms/darwin/structures.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

/** A real socket and a real client; the kernel's word on it comes in the structures of macOS. */

test('an audit token names user, process and version', () => {
  expect(parseAuditToken(auditToken({ uid: 501, pid: 700, version: 4_711 }))).toEqual({
    userId: '501',
    pid: 700,
    pidVersion: 4_711,
  })
  expect(() => parseAuditToken(new Uint8Array(31))).toThrow(expect.objectContaining({ code: 'INPUT_MALFORMED' }))
})

test('a client is known, and known to have ended', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'socket')
  const server = createServer().listen(path)
  await once(server, 'listening')
  const script = `require('node:net').connect(${JSON.stringify(path)})`
  const accepted = once(server, 'connection')
  const client = spawn(process.execPath, ['-e', script], { stdio: 'ignore' })
  const [socket]: Socket[] = await accepted
  if (socket === undefined) throw new TypeError('no connection')
  const peer = darwinPeers(mirroredDarwinAddon()).of(socket)
  expect(peer).toMatchObject({ userId: String(process.geteuid?.()), pid: client.pid })
  expect(peer?.hasEnded()).toBe(false)
  client.kill('SIGKILL')
  await once(client, 'close')
  await waitFor('the end of the client', () => peer?.hasEnded(), { until: (ended) => ended === true })
  peer?.[Symbol.dispose]()
  socket.destroy()
  server.close()
})

test('another process with the same pid is another peer', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'socket')
  const server = createServer().listen(path)
  await once(server, 'listening')
  const accepted = once(server, 'connection')
  const client = spawn(process.execPath, ['-e', `require('node:net').connect(${JSON.stringify(path)})`])
  const [socket]: Socket[] = await accepted
  if (socket === undefined) throw new TypeError('no connection')
  const addon = mirroredDarwinAddon()
  const peer = darwinPeers({
    ...addon,
    processInfo(pid, flavor, bytes) {
      const written = addon.processInfo(pid, flavor, bytes)
      bytes[32] = (bytes[32] ?? 0) ^ 1
      return written
    },
  }).of(socket)
  expect(peer?.hasEnded()).toBe(true)
  client.kill('SIGKILL')
  await once(client, 'close')
  socket.destroy()
  server.close()
})

test('a peer without a token, and a socket without a descriptor, have no user', async () => {
  const socket = { _handle: { fd: 7 } } as unknown as Socket
  const silent = { peerToken: () => -1, processInfo: () => 0 }
  expect(darwinPeers(silent).of(socket)).toBeUndefined()
  expect(darwinPeers(silent).of({} as unknown as Socket)).toBeUndefined()
})
