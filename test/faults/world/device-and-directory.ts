import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type ApiClient, apiClient } from '../../../src/admin/connection/api-client.ts'
import type { Status } from '../../../src/protocol/messages/control.ts'
import { apiAnswer } from '../../../src/protocol/noun/answers.ts'
import { type Device, deviceReader } from '../../../src/protocol/nouns/devices/devices.ts'
import { evidencePageSchema } from '../../../src/protocol/nouns/devices/evidence.ts'
import { type DeviceOrder, deviceOrderReader, orderPageSchema } from '../../../src/protocol/nouns/devices/orders.ts'
import { createdTokenReader } from '../../../src/protocol/nouns/enrolment/tokens.ts'
import type { Tier } from '../../../src/protocol/tier.ts'
import { statusAt } from '../../support/daemon/ask-daemon.ts'
import { type DaemonProcess, daemonProcess } from '../../support/daemon/daemon-process.ts'
import { profileOf } from '../../support/daemon/enrolled-daemon.ts'
import { runDirectory, type ServingDirectory, serveDirectory } from '../../support/directory/directory-process.ts'
import { freePorts } from '../../support/processes/free-port.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { HAS_ACCOUNT } from '../../support/users/has-account.ts'
import { waitFor } from '../../support/wait-for.ts'

const CLI = resolve(import.meta.dirname, '../../../src/main-cli.ts')
const LENIENT = join(import.meta.dirname, 'lenient-directory.ts')
const evidencePage = apiAnswer(evidencePageSchema, 'list of evidence')
const orderPage = apiAnswer(orderPageSchema, 'list of orders')
/** In homes, or where none is known. */
const LAST_LOOKED_FOR = HAS_ACCOUNT ? 'chromium-extensions' : 'processes'
/** A TPM is asked again and again, and a connection tried anew, at growing distances. */
const WITHIN_MS = 180_000
type Environment = Readonly<Record<string, string>>

/** One device and one directory, each a process as people run it, at addresses that survive their restarts. */
export interface World extends AsyncDisposable {
  readonly folder: string
  readonly api: ApiClient
  /** Stops the one before, if any; by default the policy asks nothing of a device, so that it is compliant. */
  startDirectory(init?: { readonly env?: Environment; readonly data?: string }): Promise<ServingDirectory>
  /** Puts an enrolment string where the daemon looks for it. */
  invite(minimumTier: Tier): Promise<void>
  /** Stops the one before, if any. */
  startDaemon(init?: { readonly args?: readonly string[]; readonly env?: Environment }): Promise<DaemonProcess>
  status(): Promise<Status>
  /** Asks the daemon again until `holds`, with patience. */
  untilStatus(holds: (status: Status) => boolean): Promise<Status>
  /** Resolves when the first collection is over, and all of it acknowledged and appraised. */
  untilSettled(): Promise<Status>
  /** What administrators see of a device, asked again until `holds`. */
  untilDevice(id: string, holds: (device: Device) => boolean): Promise<Device>
  /** Gives an order. @returns its id. */
  order(device: string, kind: 'attest' | 'collect'): Promise<string>
  /** Resolves when the order waits no more. */
  untilOrder(device: string, order: string): Promise<DeviceOrder>
  /** Everything the device signed in this epoch is at the directory, once, from the first on. */
  expectWholeChain(device: string): Promise<void>
  /** `surety …` as a person runs it. */
  surety(
    ...args: readonly string[]
  ): Promise<{ readonly exitCode: unknown; readonly out: string; readonly err: string }>
  /** `surety-directory …` as a person runs it. */
  suretyDirectory(...args: readonly string[]): Promise<string>
}

export async function world(): Promise<World> {
  const folder = temporaryFolder()
  let data = join(folder.path, 'directory')
  const socket = join(folder.path, 'run', 'control.sock')
  const ports = await freePorts()
  let directory: ServingDirectory | undefined
  let daemon: DaemonProcess | undefined
  const places = [
    '--devices-port',
    String(ports.devices),
    '--api-port',
    String(ports.api),
    '--console-port',
    '0',
    '--names',
    'localhost,127.0.0.1',
  ]
  const api = () => apiClient(profileOf(data))
  const waitingUntil = <T>(holds: (seen: T) => boolean) => ({
    until: holds,
    withinMs: WITHIN_MS,
    everyMs: 50,
    show: (seen: T) => `${JSON.stringify(seen, null, 1).slice(0, 4_000)}\n${daemon?.stderr().slice(-2_000) ?? ''}`,
  })
  const status = () => statusAt(socket)
  const waitForStatus = (holds: (seen: Status) => boolean) => waitFor('status', status, waitingUntil(holds))
  return {
    folder: folder.path,
    get api() {
      return api()
    },
    async startDirectory({ env, data: folderOfData = data } = {}) {
      await directory?.[Symbol.asyncDispose]()
      data = folderOfData
      directory = await serveDirectory(data, places, LENIENT, env)
      return directory
    },
    async invite(minimumTier) {
      const request = { owner: 'ada@example.org', minimumTier }
      const { enrolment } = await api().ask('POST', '/tokens', createdTokenReader, request)
      writeFileSync(join(folder.path, 'enrolment'), enrolment, { mode: 0o600 })
    },
    async startDaemon(init = {}) {
      await daemon?.[Symbol.asyncDispose]()
      // What was killed leaves its socket.
      rmSync(socket, { force: true })
      // It does not obey LD_PRELOAD by itself.
      const kept = init.env === undefined ? [] : ['--keep-environment']
      const args = [...(init.args ?? ['--keys', 'software']), ...kept]
      daemon = daemonProcess({ ...init, folder: folder.path, args })
      await daemon.listening()
      return daemon
    },
    status,
    untilStatus: (holds) => waitForStatus(holds),
    // The inventory is of the second round, when the first has been looked for.
    untilSettled: () =>
      waitForStatus(({ result, inventory, sources, spool }) => {
        const looked = inventory !== undefined && sources.some(({ source }) => source === LAST_LOOKED_FOR)
        return looked && result !== undefined && spool.sequence > 0 && spool.waiting === 0
      }),
    untilDevice: (id, holds) =>
      waitFor(`device ${id}`, () => api().ask('GET', `/devices/${id}`, deviceReader), waitingUntil(holds)),
    async order(device, kind) {
      const request = { kind, reason: 'test' }
      return (await api().ask('POST', `/devices/${device}/orders`, deviceOrderReader, request)).id
    },
    async untilOrder(device, id) {
      const orders = () => api().ask('GET', `/devices/${device}/orders`, orderPage)
      const holds = ({ items }: Awaited<ReturnType<typeof orders>>) =>
        items.some((one) => one.id === id && one.status !== 'pending')
      const { items } = await waitFor(`order ${id}`, orders, waitingUntil(holds))
      const found = items.find((one) => one.id === id)
      if (found === undefined) throw new Error('the order is gone')
      return found
    },
    async expectWholeChain(device) {
      const { spool } = await waitForStatus((one) => one.spool.waiting === 0)
      const { epoch: newest, head } = await api().ask('GET', `/devices/${device}`, deviceReader)
      const { items } = await api().ask('GET', `/devices/${device}/evidence?limit=200`, evidencePage)
      // Each epoch has a chain of its own.
      const ours = items.filter(({ epoch }) => epoch === newest)
      // What has come since the head was asked for is not of this chain yet.
      const sequences = ours.map(({ sequence }) => sequence).filter((sequence) => sequence <= head.sequence)
      sequences.sort((a, b) => a - b)
      expect(sequences).toEqual(Array.from({ length: head.sequence }, (_, index) => index + 1))
      expect(head.sequence).toBeGreaterThanOrEqual(spool.acknowledged)
    },
    async surety(...given) {
      const child = spawn(process.execPath, [CLI, ...given, '--socket', socket], { stdio: ['ignore', 'pipe', 'pipe'] })
      const [out, err] = [text(child.stdout), text(child.stderr)]
      const [exitCode] = await once(child, 'close')
      return { exitCode, out: out(), err: err() }
    },
    async suretyDirectory(...given) {
      const { exitCode, stdout, stderr } = await runDirectory([...given, '--data', data])
      if (exitCode !== 0) throw new Error(stderr)
      return stdout
    },
    async [Symbol.asyncDispose]() {
      daemon?.kill('SIGCONT')
      await daemon?.[Symbol.asyncDispose]()
      await directory?.[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}

/** Codes of health warnings. */
export function codesOf(health: readonly { readonly code: string }[]): readonly string[] {
  return health.map(({ code }) => code)
}

function text(stream: NodeJS.ReadableStream): () => string {
  let all = ''
  stream.on('data', (chunk) => {
    all += String(chunk)
  })
  return () => all
}
