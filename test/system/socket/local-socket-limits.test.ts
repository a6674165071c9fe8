import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { silentLog } from '../../../src/base/log.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { blockThread } from '../block-thread.ts'
import { closed, converse, peersNamed, serve } from './local-socket-stage.ts'

/** Peers that are slow, that are too many, or of whom nobody knows who they are. */

test.each([
  ['sends byte after byte', 'x'],
  ['says nothing', ''],
])('a peer that %s gets an error at the deadline, and is cut off', async (_, bytes) => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.sock')
  await using _server = await serve(path, { transferTimeoutMs: 50 })
  const socket = connect({ path, allowHalfOpen: true })
  let said = ''
  socket.on('data', (chunk) => {
    said += chunk
  })
  socket.on('error', () => undefined)
  const drip = setInterval(() => socket.write(bytes), 5)
  await closed(socket)
  clearInterval(drip)
  expect(said).toBe('refused SESSION_TIMEOUT\n')
})

test.each([
  ['all of it', '', 'hello\n'],
  ['the rest of it', 'hel', 'lo\n'],
])('answers a request when %s came while we were blocked past its deadline', async (_, before, after) => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.sock')
  const accepted = Promise.withResolvers<void>()
  const peers = peersNamed(() => {
    accepted.resolve()
    return '0'
  })
  await using _server = await serve(path, { transferTimeoutMs: 50 }, { peers, answer: async (line) => line })
  const socket = connect(path)
  socket.on('error', () => undefined)
  socket.write(before)
  await accepted.promise
  socket.write(after)
  blockThread(200)
  expect(String((await once(socket, 'data'))[0])).toBe('hello\n')
  socket.destroy()
})

test('a peer that does not read its answer is cut off at the deadline', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.sock')
  let cut = () => {}
  const ended = new Promise<void>((resolve) => {
    cut = resolve
  })
  const answer = async () => 'x'.repeat(4_000_000)
  await using _ = await serve(path, { transferTimeoutMs: 50 }, { answer, log: { ...silentLog, debug: cut } })
  const socket = connect(path)
  socket.on('error', () => undefined)
  socket.write('a\n')
  await ended
  socket.destroy()
})

test('refuses connections over the limit with an error, and reuses a freed place', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.sock')
  await using _ = await serve(
    path,
    { maxConnections: 2 },
    { peers: peersNamed(() => '1000'), answer: async (line) => line },
  )
  const [first, second] = [connect(path), connect(path)]
  await Promise.all([once(first, 'connect'), once(second, 'connect')])
  expect(await converse(path, 'a\n')).toBe('refused SESSION_LIMIT\n')
  first.end()
  await closed(first)
  expect(await converse(path, 'a\n')).toBe('a\n')
  second.destroy()
})

test('who is refused and says a lot is not listened to for long', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.sock')
  await using _ = await serve(path, { maxConnections: 0 }, { peers: peersNamed(() => '1000') })
  const socket = connect({ path, allowHalfOpen: true }).resume()
  socket.on('error', () => undefined)
  const more = () => {
    while (socket.write('x'.repeat(10_000)));
  }
  socket.on('drain', more)
  more()
  await closed(socket)
  expect(socket.bytesWritten).toBeLessThan(4_000_000)
})

test('a refused client that hangs up makes room to refuse others with an error', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.sock')
  await using _ = await serve(path, { maxConnections: 0 }, { peers: peersNamed(() => '1000') })
  const answers = new Set<string>()
  for (let i = 0; i < 50; i++) answers.add(await converse(path, 'a\n'))
  expect([...answers]).toEqual(['refused SESSION_LIMIT\n'])
})

test('a peer that the system does not name is refused', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.sock')
  const unnamed = peersNamed(() => {
    throw new TypeError('not named')
  })
  await using _ = await serve(path, {}, { peers: unnamed })
  expect(await converse(path, 'hello\n')).toBe('refused NOT_PERMITTED\n')
})

test('ordinary users together do not keep root out', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'sock')
  let uid = 1000
  await using _server = await serve(path, { maxConnections: 2 }, { peers: peersNamed(() => String(uid++)) })
  const crowd = [connect(path), connect(path)]
  for (const [index, socket] of crowd.entries()) {
    socket.write('hello\n')
    expect(String((await once(socket, 'data'))[0])).toBe(`hello from ${1000 + index}\n`)
  }
  expect(await converse(path, 'hello\n')).toBe('refused SESSION_LIMIT\n')
  uid = 0
  expect(await converse(path, 'hello\n')).toBe('hello from 0\n')
  for (const socket of crowd) socket.destroy()
})

test('a user who asks without a pause is answered at a rate', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.sock')
  let answered = 0
  const answer = async (line: string) => {
    answered++
    return line
  }
  await using _server = await serve(path, {}, { peers: peersNamed(() => '1000'), answer })
  const socket = connect(path)
  socket.on('error', () => undefined)
  socket.resume()
  const before = performance.now()
  for (let count = 0; count < 100; count++) {
    socket.write('a\n')
    await once(socket, 'data')
  }
  expect(answered).toBe(100)
  const left = 10
  for (let count = 0; count < left; count++) {
    socket.write('a\n')
    await once(socket, 'data')
  }
  // Each of the last ten waited until a twentieth of a second was earned; time that passed before counts.
  expect(performance.now() - before).toBeGreaterThanOrEqual(left * 50 - 100)
  socket.destroy()
})

test('makes a client wait that is refused too often, and still answers other users', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.sock')
  let uid = '1000'
  await using _ = await serve(path, { maxConnections: 0 }, { peers: peersNamed(() => uid) })
  let told = 0
  while (told < 2_000 && (await converse(path, 'a\n')) !== '') told++
  expect(told).toBeGreaterThanOrEqual(100)
  expect(told).toBeLessThan(2_000)
  uid = '1001'
  expect(await converse(path, 'a\n')).toBe('refused SESSION_LIMIT\n')
})
