import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { apiClient } from '../../../src/admin/connection/api-client.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { daemonClient } from '../../../src/cli/command/daemon-client.ts'
import { runCli } from '../../../src/cli/surety.ts'
import { loadDaemonConfig } from '../../../src/config/daemon.ts'
import { type Caller, serveControl } from '../../../src/daemon/control/control-server.ts'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { createDiscovery } from '../../../src/discovery/discovery.ts'
import { LINUX_CHECKS } from '../../../src/posture/linux/checks.ts'
import { collectPosture } from '../../../src/posture/posture.ts'
import { apiAnswer } from '../../../src/protocol/noun/answers.ts'
import { sightingPageSchema } from '../../../src/protocol/nouns/devices/devices.ts'
import { homeReader } from '../../../src/reader/home-reader.ts'
import { readScreenLocks } from '../../../src/reader/screen-locks.ts'
import { linuxProcesses } from '../../../src/system/processes/linux/process-table.ts'
import { startProgram } from '../../../src/system/program/command.ts'
import { askLocalSocket } from '../../../src/system/socket/local-client.ts'
import { ownUserPeers } from '../../../src/system/socket/peers.ts'
import { machine } from '../../posture/fake-components.ts'
import type { RunningDaemon } from '../../support/daemon/running-daemon.ts'
import type { FixtureHome } from '../../support/homes/fixture-home.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { localUser, OWN_ID } from '../../support/users/local-user.ts'
import type { Haystack } from './canaries.ts'
import { SECRET } from './secret-canaries.ts'

/** All that leaves a device or is kept of it, as bytes to be searched. */

const READER = resolve(import.meta.dirname, '../../../src/main-reader.ts')

/** All that lies in a folder, however it is kept: databases with their logs, too. */
export function filesIn(name: string, folder: string): readonly Haystack[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((file) => {
    const path = join(folder, file)
    return statSync(path).isFile() ? [{ name: `${name}/${file}`, bytes: readFileSync(path) }] : []
  })
}

/** Every frame as it was sent, and what stands encoded in it. */
export function framesSent(frames: readonly string[]): readonly Haystack[] {
  const decoded = frames.flatMap((frame) => frame.split('.').map((segment) => Buffer.from(segment, 'base64url')))
  return [
    { name: 'wire', bytes: Buffer.from(frames.join('\n')) },
    { name: 'wire decoded', bytes: Buffer.concat(decoded) },
  ]
}

/** What suretyd looks at, but for the accounts and the settings of the machine, which are the test's. */
export function collectorsFor(home: FixtureHome) {
  const ada = localUser({ name: 'ada', home: home.path })
  const users = { list: async () => [ada] }
  const homes = homeReader({ startProgram, clock: systemClock }, { command: [process.execPath, READER] })
  const tree = {
    '/etc/passwd': `root:x:0:0:${SECRET.shadow}:/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/sh\n`,
    '/etc/shadow': `root:$6$${SECRET.shadow}:19000:0:99999:7:::\nada::19000:0:99999:7:::\n`,
    '/etc/group': 'sudo:x:27:ada\n',
    '/etc/ssh/sshd_config': `# ${SECRET.sshd}\nBanner ${SECRET.sshd}\nPermitRootLogin ${SECRET.sshd}\n`,
    '/etc/apt/apt.conf.d/99proxy': `Acquire::http::Proxy "http://user:${SECRET.proxy}@proxy";\nAPT::Periodic {${SECRET.proxy}\n`,
    '/etc/os-release': 'ID=debian\nVERSION_ID="13"\n',
  }
  const screenLocks = (options: { signal: AbortSignal }) =>
    readScreenLocks({ homes, users }, { userId: ada.id }, options)
  const posture = machine(tree, {}, { screenLocks })
  const systemFiles = machine().files
  const discovery = createDiscovery(
    { processes: linuxProcesses(), homes, systemFiles, users, clock: systemClock },
    { catalogue: builtInCatalogue(), userId: ada.id },
  )
  return {
    posture: (options: { signal: AbortSignal }) =>
      collectPosture(LINUX_CHECKS, posture, { checkTimeoutMs: 20_000 }, options),
    quickPosture: (options: { signal: AbortSignal }) =>
      collectPosture(LINUX_CHECKS, posture, { checkTimeoutMs: 20_000 }, options),
    inventory: async () =>
      ({ hostname: 'h', platform: 'linux', arch: 'x64', osName: 'o', osVersion: '1', kernel: 'k' }) as const,
    discovery: (options: { signal: AbortSignal }) => discovery.collect(options),
    processes: (options: { signal: AbortSignal }) => discovery.processes(options),
    turn: (options: { signal: AbortSignal }) => discovery.turn(options),
  }
}

export async function sightingsOf(api: ReturnType<typeof apiClient>, device: string) {
  const page = apiAnswer(sightingPageSchema, 'sightings')
  const items: ReturnType<typeof page.read>['items'][number][] = []
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const from = cursor === '' ? '' : `&cursor=${cursor}`
    const answer: ReturnType<typeof page.read> = await api.ask(
      'GET',
      `/devices/${device}/sightings?limit=200${from}`,
      page,
    )
    items.push(...answer.items)
    cursor = answer.next
  }
  return items
}

/** What the local socket says, byte for byte, and what `surety` prints of it. */
export async function localAnswers(daemon: RunningDaemon, socket: string): Promise<readonly Haystack[]> {
  const { entries } = loadDaemonConfig({ environment: {} })
  const answers = {
    status: (caller: Caller) => daemon.status(caller.userId),
    config: () => entries,
    refresh: () => daemon.refresh(),
  }
  await using _ = await serveControl(
    { peers: ownUserPeers(OWN_ID), ownUserId: OWN_ID, log: silentLog, ...answers },
    { socket },
  )
  const limits = { timeoutMs: scaledMs(60_000), maxBytes: 4 * 1024 * 1024 }
  const said = []
  for (const request of ['status', 'config', 'refresh', 'nonsense']) {
    said.push(await askLocalSocket(socket, JSON.stringify({ request }), limits))
  }
  let printed = ''
  for (const argv of [
    ['status'],
    ['status', '--json'],
    ['agents'],
    ['agents', 'show', 'claude-code'],
    ['extensions'],
    ['mcp'],
    ['runtimes'],
    ['files'],
    ['config', 'show'],
    ['help'],
  ]) {
    const out = (text: string) => {
      printed += text
    }
    await runCli(
      {
        daemonAt: () => daemonClient({ socket }),
        readConfig: () => entries,
        now: Date.now,
        out,
        err: out,
        untilInterrupted: () => AbortSignal.abort(),
        whenResized: () => undefined,
        fixes: {},
        saveNew: async () => undefined,
        saveNewFolder: async () => undefined,
        pause: async () => undefined,
      },
      { argv, socket, terminal: { columns: 80, colour: true } },
    )
  }
  return [
    { name: 'local socket', bytes: Buffer.from(said.join('\n')) },
    { name: 'terminal', bytes: Buffer.from(printed) },
  ]
}
