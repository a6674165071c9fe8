/** Runs on Windows (under Wine): the contract of the local socket on a pipe, and what the addon says of pipes. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { codeOf } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/log.ts'
import { daemonClient } from '../../../src/cli/command/daemon-client.ts'
import { type Caller, serveControl } from '../../../src/daemon/control/control-server.ts'
import { startRestricted, type WindowsReaderAddon } from '../../../src/system/privileges/windows-reader.ts'
import { askLocalSocket } from '../../../src/system/socket/local-client.ts'
import { connectToPipe, type WindowsPipeAddon, windowsPipe } from '../../../src/system/socket/windows-pipe.ts'
import { LOCAL_SOCKET_CHECKS } from '../../contracts/local-socket.checks.ts'
import { runChecks } from '../../contracts/run-checks.ts'
import { sampleStatus } from '../../support/daemon/sample-status.ts'

const ADDON = join(import.meta.dirname, '../../../native/build/surety-native-win32-x64.node')
const addon: WindowsPipeAddon & WindowsReaderAddon = createRequire(import.meta.url)(ADDON)
const own = addon.ownToken()
const connect = connectToPipe({ addon })
const LISTENER = `require(process.argv[1]).pipeListen(process.argv[2], 'D:P(A;;FA;;;BA)', () => {}).close ?? process.exit(1)
  setTimeout(() => process.exit(7), 50)`
let pipes = 0
const freePath = () => `\\\\.\\pipe\\ProtectedPrefix\\Administrators\\Surety\\test-${process.pid}-${++pipes}`

async function look() {
  const contract = await runChecks(LOCAL_SOCKET_CHECKS, {
    ...windowsPipe({ addon }),
    freePath,
    connect,
    ownUserId: own.userId,
    // Wine ignores FILE_FLAG_FIRST_PIPE_INSTANCE.
    refusesSecond: false,
  })
  return {
    own,
    contract,
    ...calls(),
    status: await askDaemon(),
    restricted: await askRestricted(),
    squatted: await askSquatted(),
  }
}

function calls() {
  const path = freePath()
  const listener = addon.pipeListen(path, 'D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;OW)', () => undefined)
  if (typeof listener === 'number') return { listener }
  const opened = addon.pipeOpen(path)
  listener.close()
  listener.close()
  return {
    owner: typeof opened === 'number' ? opened : opened.owner,
    absent: [addon.pipeOpen(freePath()), addon.pipeOpen(path)],
    // A program that ends with a listener of its own.
    ended: spawnSync(process.execPath, ['-e', LISTENER, ADDON, freePath()], { stdio: 'ignore' }).status,
    noPipe: addon.pipeOpen('C:\\windows\\win.ini'),
    badSecurity: addon.pipeListen(freePath(), 'nonsense', () => undefined),
    badName: addon.pipeListen('C:\\x', 'D:P(A;;FA;;;BA)', () => undefined),
    badCalls: [
      () => Reflect.apply(addon.pipeListen, addon, [path]),
      () => addon.pipeListen('x'.repeat(300), '', () => undefined),
      () => addon.pipeListen('a\0b', '', () => undefined),
      () => addon.pipeClient(0),
      () => addon.pipePeer(4_294_967_292),
      () => addon.pipeClientEnded(-1),
      () => addon.pipeOpen('x'.repeat(300)),
    ].map(nameOfThrown),
  }
}

function nameOfThrown(call: () => unknown): string {
  try {
    return `returned ${call()}`
  } catch (error) {
    return error instanceof Error ? error.name : 'unknown'
  }
}

/** As `surety status` does. */
async function askDaemon() {
  const socket = freePath()
  const { listen, peers } = windowsPipe({ addon })
  await using _ = await serveControl(
    {
      listen,
      peers,
      ownUserId: own.userId,
      log: silentLog,
      status: () => sampleStatus(),
      config: () => [],
      refresh: () => undefined,
    },
    { socket },
  )
  const client = daemonClient({ socket, connect })
  const status = await client.status()
  await client.refresh()
  return {
    status,
    printed: await runCli('status', '--json', '--socket', socket),
    absent: await runCli('status', '--socket', freePath()),
  }
}

/** By a program of the same user that is no administrator, as one that is not elevated. The daemon is another user here. */
async function askRestricted() {
  const callers: Caller[] = []
  const { listen, peers } = windowsPipe({ addon })
  const components = {
    // Wine impersonates the server itself, so that only the client's process tells them apart.
    listen,
    peers: { ...peers, confirm: peers.of },
    ownUserId: 'S-1-5-18',
    log: silentLog,
    config: () => [],
    refresh: () => undefined,
    status(caller: Caller) {
      callers.push(caller)
      return sampleStatus()
    },
  }
  const socket = freePath()
  await using _ = await serveControl(components, { socket })
  return { answers: await runRestricted(socket, 'status', 'config'), callers }
}

async function runRestricted(socket: string, ...requests: readonly string[]): Promise<unknown> {
  const args = [join(import.meta.dirname, 'windows-client-probe.ts'), socket, ADDON, ...requests]
  const program = await startRestricted({ addon })({ path: process.execPath, args }, { id: own.userId })
  let text = ''
  for await (const chunk of program.stdout ?? []) text += String(chunk)
  return JSON.parse(text)
}

/** At a pipe that says it belongs to another user. Windows lets nobody make one; Wine does. */
async function askSquatted() {
  const socket = freePath()
  let heard = ''
  const { listen } = windowsPipe({
    addon: {
      ...addon,
      pipeListen: (name, _security, callback) =>
        addon.pipeListen(name, 'O:S-1-5-21-9-9-9-1001D:P(A;;FA;;;WD)', callback),
    },
  })
  const onConnection = (connection: Socket) => {
    connection
      .on('error', () => undefined)
      .on('data', (chunk) => {
        heard += chunk
      })
  }
  const listener = await listen({ path: socket, forAll: true }, { onConnection, onError: () => undefined })
  const asked = askLocalSocket(socket, 'a', { timeoutMs: 20_000, maxBytes: 100, connect }).then(String, codeOf)
  const answer = await asked
  await listener.close()
  return { answer, heard }
}

async function runCli(...args: readonly string[]) {
  const main = join(import.meta.dirname, '../../../src/main-cli.ts')
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const [exitCode] = await once(child, 'close')
  return { exitCode, stdout, stderr }
}

look().then(
  (seen) => process.stdout.write(JSON.stringify(seen)),
  (error) => process.stdout.write(JSON.stringify({ failed: error instanceof Error ? error.stack : String(error) })),
)
