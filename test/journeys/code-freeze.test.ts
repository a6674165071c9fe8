import { copyFileSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { apiClient } from '../../src/admin/connection/api-client.ts'
import { createdStopReader, stopDevicePageReader, stopReader } from '../../src/protocol/nouns/agents/stops.ts'
import { seenAgentPageReader } from '../../src/protocol/nouns/devices/fleet.ts'
import { createdTokenReader } from '../../src/protocol/nouns/enrolment/tokens.ts'
import { daemonProcess } from '../support/daemon/daemon-process.ts'
import { profileOf } from '../support/daemon/enrolled-daemon.ts'
import { serveDirectory } from '../support/directory/directory-process.ts'
import { scaledMs } from '../support/machine-speed.ts'
import { freePort } from '../support/processes/free-port.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { CAN_ISOLATE, isolatedBy, isolatedNetworks } from './isolated-networks.ts'

/** A code freeze of three daemons on one machine, each with processes and a network of its own. */

const DEVICES = 3
if (!CAN_ISOLATE)
  process.stderr.write('skipped: a code freeze of several daemons needs root, cgroup v2, ip and unshare\n')
const whenPossible = CAN_ISOLATE ? test : test.skip
const MAIN = resolve(import.meta.dirname, '../../src/main-directory.ts')

/** Starts an agent, whose child writes to a file all the time, and then the daemon, both in the namespace. */
function startDevice(folder: string, network: string, enrolment: string) {
  const agent = join(folder, 'junie-app/bin/junie')
  mkdirSync(dirname(agent), { recursive: true })
  copyFileSync('/bin/bash', agent)
  const file = join(folder, 'count')
  writeFileSync(join(folder, 'enrolment'), enrolment, { mode: 0o600 })
  const writing = '(exec 3<> <(:); while :; do echo >> "$0"; read -t 0.02 -u 3; done) & wait'
  const shell = ['/bin/bash', '-c', '"$0" -c "$1" "$2" & shift 2; "$@" & wait', agent, writing, file]
  const daemon = daemonProcess({ folder, prefix: [...isolatedBy(network), ...shell] })
  const size = () => statSync(file, { throwIfNoEntry: false })?.size ?? 0
  return {
    daemon,
    async grows(): Promise<boolean> {
      const before = size()
      await new Promise((done) => setTimeout(done, 300))
      return size() > before
    },
  }
}

whenPossible(
  'stops every agent on every device, and releases them',
  async () => {
    using folder = temporaryFolder()
    using networks = isolatedNetworks(DEVICES)
    const data = join(folder.path, 'directory')
    const port = `${await freePort()}`
    const reached = ['--devices-host', networks.address, '--devices-port', port]
    await using _ = await serveDirectory(data, [...reached, '--names', `${networks.address},localhost,127.0.0.1`], MAIN)
    const api = apiClient(profileOf(data))
    const token = { owner: 'ada@example.org', minimumTier: 'software', uses: DEVICES, unbound: true } as const
    const { enrolment } = await api.ask('POST', '/tokens', createdTokenReader, token)
    await using started = new AsyncDisposableStack()
    const devices = networks.names.map((network, at) => {
      const own = join(folder.path, `device-${at}`)
      mkdirSync(own, { mode: 0o700 })
      const device = startDevice(own, network, enrolment)
      started.use(device.daemon)
      return device
    })
    const all = () => Promise.all(devices.map((device) => device.grows()))
    const patiently = { withinMs: scaledMs(90_000), everyMs: 200 }
    const show = (seen: unknown) =>
      `${JSON.stringify(seen).slice(0, 2_000)}\n${devices.map(({ daemon }) => daemon.stderr().slice(-1_000)).join('\n')}`
    await waitFor('an agent on each device', () => api.ask('GET', '/agents', seenAgentPageReader), {
      ...patiently,
      show,
      until: ({ items }) =>
        items.filter(({ sighting: one }) => one.catalogueId === 'junie' && one.parts?.length === 2).length === DEVICES,
    })
    await waitFor('all to go on', all, { until: (grow) => grow.every(Boolean), everyMs: 200 })
    const request = { kind: 'freeze', selector: { all: true }, reason: 'code freeze' }
    const { stop } = await api.ask('POST', '/stops', createdStopReader, request)
    const path = `/stops/${stop?.id}`
    const untilDone = () =>
      waitFor('all receipts', () => api.ask('GET', path, stopReader), {
        ...patiently,
        show,
        until: ({ progress }) => progress.done && progress.devices === DEVICES,
      })
    const { progress } = await untilDone()
    expect(progress).toMatchObject({ frozen: DEVICES, agents: DEVICES })
    // The devices share one machine, on which another test may run the same product.
    expect(progress?.processes).toBeGreaterThanOrEqual(2 * DEVICES)
    const { items } = await api.ask('GET', `${path}/devices`, stopDevicePageReader)
    expect(items.map(({ receipt }) => receipt?.method)).toEqual(['cgroup2', 'cgroup2', 'cgroup2'])
    expect(await all()).toEqual([false, false, false])
    await api.ask('POST', `${path}/release`, stopReader, { reason: 'over' })
    await untilDone()
    await waitFor('all to go on', all, { until: (grow) => grow.every(Boolean), everyMs: 200 })
  },
  scaledMs(300_000),
)
