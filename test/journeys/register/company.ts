import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type ApiClient, apiClient } from '../../../src/admin/connection/api-client.ts'
import { list } from '../../../src/admin/nouns/call.ts'
import { inbox as declared } from '../../../src/protocol/nouns/agents/inbox.ts'
import { type RegistrationView, registrationReader } from '../../../src/protocol/nouns/agents/registrations.ts'
import type { SeenAgentView } from '../../../src/protocol/nouns/agents/seen-agents.ts'
import { type StopDevice, stopDevicePageReader } from '../../../src/protocol/nouns/agents/stops.ts'
import { type DirectoryEvent, events as declaredEvents } from '../../../src/protocol/nouns/directory/events.ts'
import { createdTokenReader } from '../../../src/protocol/nouns/enrolment/tokens.ts'
import { type DaemonProcess, daemonProcess } from '../../support/daemon/daemon-process.ts'
import { profileOf } from '../../support/daemon/enrolled-daemon.ts'
import { runDirectory, serveDirectory } from '../../support/directory/directory-process.ts'
import { freePort } from '../../support/processes/free-port.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'
import { isolatedBy, isolatedNetworks } from '../isolated-networks.ts'

/** One directory and some devices, all real programs. Each device has processes and a network of its own. */

const LENIENT = resolve(import.meta.dirname, '../../faults/world/lenient-directory.ts')

/** Where a program has to lie to be recognised. No other test runs these: daemons of other tests see processes of all namespaces. */
const PROGRAMS = {
  'cline-cli': 'node_modules/cline/bin/cline',
  crush: 'node_modules/@charmland/crush/bin/crush',
  kilo: 'node_modules/@kilocode/cli-linux-x64/bin/kilo',
} as const
type Product = keyof typeof PROGRAMS

export interface Agent {
  /** Bytes that it wrote so far. */
  size(): number
  /** Whether its tool writes. */
  grows(): Promise<boolean>
  /** @throws when it does not. */
  goesOn(): Promise<void>
}

export interface DeviceHere {
  readonly daemon: DaemonProcess
  /** A shell where that product has its program. Its child is the tool: it writes all the time. `name` is its folder. */
  start(product: Product, name?: string): Agent
}

export interface Company extends AsyncDisposable {
  readonly folder: string
  /** Where the API answers. */
  readonly url: string
  readonly api: ApiClient
  readonly devices: readonly DeviceHere[]
  /** `surety-directory …`, and what it printed. @throws with what it said of its failure. */
  run(...args: readonly string[]): Promise<string>
  /** Asks until `holds`, with patience. */
  until<T>(what: string, ask: () => T | Promise<T>, holds: (seen: T) => boolean): Promise<T>
  inbox(query?: string): Promise<readonly SeenAgentView[]>
  /** The agent of this product, once it is in the inbox and runs. */
  seen(product: Product): Promise<SeenAgentView>
  registration(id: string): Promise<RegistrationView>
  answers(stop: string): Promise<readonly StopDevice[]>
  events(kind: string): Promise<readonly DirectoryEvent[]>
}

export async function company(
  init: { readonly devices?: number; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Company> {
  const { devices: count = 1, env } = init
  const disposal = new AsyncDisposableStack()
  try {
    const folder = disposal.use(temporaryFolder()).path
    const { address, names } = disposal.use(isolatedNetworks(count))
    const data = join(folder, 'directory')
    const reached = ['--devices-host', address, '--devices-port', `${await freePort()}`]
    const named = ['--names', `${address},localhost,127.0.0.1`]
    const { api: url } = disposal.use(await serveDirectory(data, [...reached, ...named], LENIENT, env))
    const api = apiClient(profileOf(data))
    const devices: DeviceHere[] = []
    for (const [at, network] of names.entries()) {
      const own = join(folder, `device-${at}`)
      mkdirSync(own, { mode: 0o700 })
      const token = { owner: 'ada@example.org', minimumTier: 'software' }
      const { enrolment } = await api.ask('POST', '/tokens', createdTokenReader, token)
      devices.push(startDevice(disposal, { folder: own, network, enrolment }))
    }
    for (const { daemon } of devices) await daemon.listening()
    return withQuestions({ folder, url, api, devices, data, disposal })
  } catch (error) {
    await disposal.disposeAsync()
    throw error
  }
}

function withQuestions(
  init: Pick<Company, 'folder' | 'url' | 'api' | 'devices'> & {
    readonly data: string
    readonly disposal: AsyncDisposableStack
  },
): Company {
  const { folder, url, api, devices, data, disposal } = init
  const until: Company['until'] = (what, ask, holds) =>
    waitFor(what, ask, {
      until: holds,
      withinMs: 30_000,
      everyMs: 100,
      show: (seen) =>
        [JSON.stringify(seen).slice(0, 4_000), ...devices.map(({ daemon }) => daemon.stderr().slice(-1_500))].join(
          '\n',
        ),
    })
  const inbox: Company['inbox'] = async (query = '') =>
    (await list(api, declared, Object.fromEntries(new URLSearchParams(query)))).items
  return {
    folder,
    url,
    api,
    devices,
    until,
    inbox,
    async run(...args) {
      const { exitCode, stdout, stderr } = await runDirectory([...args, '--data', data])
      if (exitCode !== 0) throw new Error(`${args.join(' ')}: ${exitCode} ${stderr}`)
      return stdout
    },
    async seen(product) {
      const ask = () => inbox(`?product=${product}`)
      const [found] = await until(`${product} in the inbox`, ask, ([one]) => (one?.running ?? 0) > 0)
      if (found === undefined) throw new Error('unreachable')
      return found
    },
    registration: (id) => api.ask('GET', `/registrations/${id}`, registrationReader),
    answers: async (stop) => (await api.ask('GET', `/stops/${stop}/devices`, stopDevicePageReader)).items,
    events: async (kind) => (await list(api, declaredEvents, { kind })).items,
    [Symbol.asyncDispose]: () => disposal.disposeAsync(),
  }
}

function startDevice(
  disposal: AsyncDisposableStack,
  init: { readonly folder: string; readonly network: string; readonly enrolment: string },
): DeviceHere {
  const { folder, network } = init
  writeFileSync(join(folder, 'enrolment'), init.enrolment, { mode: 0o600 })
  // The shell is process 1 there: what ends it ends all of them.
  const daemon = disposal.use(
    daemonProcess({ folder, prefix: [...isolatedBy(network), '/bin/bash', '-c', '"$@" & wait', 'device'] }),
  )
  return {
    daemon,
    start(product, name = product) {
      const path = join(folder, name, PROGRAMS[product])
      mkdirSync(dirname(path), { recursive: true })
      copyFileSync('/bin/bash', path)
      const file = join(folder, `${name}.count`)
      const script = '(exec 3<> <(:); while :; do echo >> "$0"; read -t 0.02 -u 3; done) & wait'
      const inside = ['--target', `${firstProcess(daemon.pid)}`, '--pid', '--net', '--mount']
      const child = spawn('/usr/bin/nsenter', [...inside, path, '-c', script, file], { stdio: 'ignore' })
      disposal.defer(() => void child.kill('SIGKILL'))
      const size = () => statSync(file, { throwIfNoEntry: false })?.size ?? 0
      return {
        size,
        async grows() {
          const before = size()
          await new Promise((done) => setTimeout(done, 300))
          return size() > before
        },
        async goesOn() {
          const before = size()
          // A busy disk holds an append up for a second.
          await waitFor(`${name} to go on`, () => size() > before)
        },
      }
    },
  }
}

/** Process 1 of a device: the only child of `unshare`. */
function firstProcess(unshare: number): number {
  const [child] = readFileSync(`/proc/${unshare}/task/${unshare}/children`, 'utf8').trim().split(' ')
  if (child === undefined || child === '') throw new Error('the device has no process')
  return Number(child)
}
