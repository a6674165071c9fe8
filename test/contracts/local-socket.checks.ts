import { deepEqual, equal, match, rejects } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { silentLog } from '../../src/base/log.ts'
import { errnoOf } from '../../src/system/files/file-errors.ts'
import { askLocalSocket } from '../../src/system/socket/local-client.ts'
import type { ConnectLocal, ListenLocal } from '../../src/system/socket/local-listener.ts'
import {
  type LocalServerComponents,
  type LocalServerInit,
  serveLocalSocket,
} from '../../src/system/socket/local-socket.ts'
import type { Peer, Peers } from '../../src/system/socket/peers.ts'

/** What every local socket keeps to, with the peers that its system names. Free of Jest, so that Wine can run it. */

export interface LocalSocketUnderTest {
  /** Where nobody listens. */
  freePath(): string
  readonly listen: ListenLocal
  readonly peers: Peers
  readonly connect: ConnectLocal
  readonly ownUserId: string
  /** False where the system lets two servers have one name. */
  readonly refusesSecond: boolean
}

export interface LocalSocketCheck {
  readonly name: string
  /** Rejects if the socket breaks the contract. */
  run(underTest: LocalSocketUnderTest): Promise<void>
}

/** Sends its pid, and waits for its end. */
const CLIENT = `const s = require('net').connect(process.argv[1], () => s.write(process.pid + '\\n'))`
const PATIENT = { timeoutMs: 30_000, maxBytes: 4_000_000 }

type Scene = LocalSocketUnderTest & {
  readonly path: string
  serve(
    components?: Partial<LocalServerComponents>,
    init?: Partial<LocalServerInit>,
  ): ReturnType<typeof serveLocalSocket>
  ask(line: string): Promise<string>
}

function check(name: string, work: (scene: Scene) => Promise<void>): LocalSocketCheck {
  return {
    name,
    async run(underTest) {
      const { listen, peers, connect } = underTest
      const path = underTest.freePath()
      await work({
        ...underTest,
        path,
        serve: (components, init) =>
          serveLocalSocket(
            {
              listen,
              peers,
              log: silentLog,
              refuse: (code) => `refused ${code}`,
              answer: async (line) => `${line} back`,
              ...components,
            },
            { path, maxLineBytes: 100, ...init },
          ),
        ask: (line) => askLocalSocket(path, line, { ...PATIENT, connect }),
      })
    },
  }
}

export const LOCAL_SOCKET_CHECKS: readonly LocalSocketCheck[] = [
  check('a line gets its answer, and the peer is this very process and user', async (scene) => {
    const seen: Pick<Peer, 'userId' | 'pid'>[] = []
    const answer = async (line: string, { userId, pid }: Peer) => {
      seen.push({ userId, pid })
      return line
    }
    await using server = await scene.serve({ answer })
    equal(await scene.ask('hello'), 'hello')
    deepEqual(seen, [{ userId: scene.ownUserId, pid: process.pid }])
    equal(server.peersKnown, true)
  }),

  check('many clients at once each get their own answer', async (scene) => {
    // Not of an administrator: the places of one user are counted.
    await using _ = await scene.serve({}, { maxConnectionsPerUser: 64 })
    const lines = Array.from({ length: 40 }, (_, at) => `client ${at}`)
    deepEqual(
      await Promise.all(lines.map(scene.ask)),
      lines.map((line) => `${line} back`),
    )
  }),

  check('an answer of two megabytes arrives whole', async (scene) => {
    const long = 'x'.repeat(2_000_000)
    await using _ = await scene.serve({ answer: async () => long })
    equal(await scene.ask('a'), long)
  }),

  check('requests of one connection are answered in their order', async (scene) => {
    await using _ = await scene.serve()
    equal(await converse(scene, 'a\nb', '\nc\n'), 'a back|b back|c back|')
  }),

  check('a peer that has ended is noticed, so that its pid is not believed', async (scene) => {
    const ended = Promise.withResolvers<void>()
    const seen = Promise.withResolvers<readonly unknown[]>()
    const asked = Promise.withResolvers<void>()
    const answer = async (line: string, peer: Peer) => {
      const before = [peer.pid === Number(line), peer.hasEnded()]
      asked.resolve()
      await ended.promise
      seen.resolve([...before, peer.hasEnded()])
      return ''
    }
    await using _ = await scene.serve({ answer })
    const child = spawn(process.execPath, ['-e', CLIENT, scene.path], { stdio: 'ignore' })
    const gone = once(child, 'exit')
    await asked.promise
    child.kill('SIGKILL')
    await gone
    ended.resolve()
    deepEqual(await seen.promise, [true, false, true])
  }),

  check('a line that is too long, or is no UTF-8, is refused in one line', async (scene) => {
    await using _ = await scene.serve()
    equal(await converse(scene, 'x'.repeat(101)), 'refused INPUT_TOO_LARGE|')
    equal(await converse(scene, new Uint8Array([0xff, 0x0a])), 'refused INPUT_MALFORMED|')
  }),

  check('a peer that the system does not prove is refused before anything is answered', async (scene) => {
    let answered = 0
    const answer = async () => String(++answered)
    const unproven: Peers = { ...scene.peers, confirm: () => undefined }
    await using _ = await scene.serve({ answer, peers: unproven })
    equal(await converse(scene, 'a\n'), 'refused NOT_PERMITTED|')
    equal(answered, 0)
  }),

  check('a slow client gets an error, is cut off, and does not harm another', async (scene) => {
    await using _ = await scene.serve({}, { transferTimeoutMs: 300 })
    const slow = await open(scene)
    const drip = setInterval(() => slow.write('x'), 20)
    equal(await said(slow), 'refused SESSION_TIMEOUT|')
    clearInterval(drip)
    equal(await scene.ask('a'), 'a back')
  }),

  check('a client that does not read its answer is cut off', async (scene) => {
    const cut = Promise.withResolvers<void>()
    const log = { ...silentLog, debug: () => cut.resolve() }
    const answer = async () => 'x'.repeat(3_000_000)
    await using _ = await scene.serve({ answer, log }, { transferTimeoutMs: 300 })
    const deaf = await open(scene)
    deaf.pause().write('a\n')
    await cut.promise
    deaf.destroy()
  }),

  check('clients that hang up without a word leave their places free', async (scene) => {
    await using _ = await scene.serve({}, { maxConnections: 2 })
    for (let count = 0; count < 30; count++) (await open(scene)).destroy()
    equal(await askUntil(scene, 'a back'), 'a back')
  }),

  check('a second server of the same name is refused', async (scene) => {
    if (!scene.refusesSecond) return
    await using _ = await scene.serve()
    await rejects(scene.serve(), { code: 'SOCKET_IN_USE' })
    equal(await scene.ask('a'), 'a back')
  }),

  check('nothing answers when the server is gone, and its name is free', async (scene) => {
    {
      await using _ = await scene.serve()
      equal(await scene.ask('a'), 'a back')
    }
    await rejects(scene.ask('a'), { code: 'DAEMON_UNREACHABLE' })
    await using _ = await scene.serve()
    equal(await scene.ask('a'), 'a back')
  }),

  check('open connections end with the server', async (scene) => {
    const server = await scene.serve()
    const idle = await open(scene)
    idle.write('a\n')
    match(String((await once(idle, 'data'))[0]), /^a back/)
    const closed = new Promise<void>((resolve) => idle.once('close', () => resolve()))
    await server[Symbol.asyncDispose]()
    await closed
  }),

  check('a name that the system cannot have is refused', async (scene) => {
    await rejects(scene.serve({}, { path: `${scene.path}${'x'.repeat(300)}` }), { code: 'CONFIG_INVALID' })
  }),
]

async function open({ connect, path }: Scene): Promise<Socket> {
  for (;;) {
    try {
      const socket = await connect(path, { signal: new AbortController().signal })
      return socket.on('error', () => undefined)
    } catch (error) {
      // So many come at once that the server has not seen the last ones.
      if (errnoOf(error) !== 'EAGAIN') throw error
      await setTimeout(10)
    }
  }
}

async function converse(scene: Scene, ...parts: readonly (string | Uint8Array)[]): Promise<string> {
  const socket = await open(scene)
  for (const part of parts) socket.write(part)
  const lines = parts.join('').split('\n').length - 1
  return await said(socket, lines)
}

/** Until the server closes the connection, or has said so many lines. Line feeds are shown as bars. */
async function said(socket: Socket, lines = Number.POSITIVE_INFINITY): Promise<string> {
  let text = ''
  const { promise: done, resolve } = Promise.withResolvers<void>()
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
    if (text.split('\n').length > lines) resolve()
  })
  socket.once('end', () => resolve()).once('close', () => resolve())
  await done
  socket.destroy()
  return text.replaceAll('\n', '|')
}

/** Whoever has just hung up may still have a place. */
async function askUntil(scene: Scene, expected: string): Promise<string> {
  for (let count = 0; ; count++) {
    const answer = await scene.ask('a')
    if (answer === expected || count === 100) return answer
  }
}
