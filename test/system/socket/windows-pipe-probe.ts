/** Runs on Windows (under Wine): the contract of the local socket on a pipe, and what the addon says of pipes. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { silentLog } from '../../../src/base/log.ts'
import { daemonClient } from '../../../src/cli/daemon-client.ts'
import { serveControl } from '../../../src/daemon/control/control-server.ts'
import { connectToPipe, type WindowsPipeAddon, windowsPipe } from '../../../src/system/socket/windows-pipe.ts'
import { LOCAL_SOCKET_CHECKS } from '../../contracts/local-socket.checks.ts'
import { runChecks } from '../../contracts/run-checks.ts'
import { sampleStatus } from '../../support/daemon/sample-status.ts'

const ADDON = join(import.meta.dirname, '../../../native/build/surety-native-win32-x64.node')
const addon: WindowsPipeAddon = createRequire(import.meta.url)(ADDON)
const own = addon.ownToken()
const connect = connectToPipe({ addon })
let pipes = 0
const freePath = () => `\\\\.\\pipe\\ProtectedPrefix\\Administrators\\Surety\\test-${process.pid}-${++pipes}`

async function look() {
  const contract = await runChecks(LOCAL_SOCKET_CHECKS, {
    ...windowsPipe({ addon }),
    ...{ freePath, connect, ownUserId: own.userId },
    // Wine ignores FILE_FLAG_FIRST_PIPE_INSTANCE.
    refusesSecond: false,
  })
  return { own, contract, ...calls(), status: await askDaemon() }
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
      ...{ listen, peers, ownUserId: own.userId, log: silentLog },
      ...{ status: () => sampleStatus(), config: () => [], refresh: () => undefined },
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
