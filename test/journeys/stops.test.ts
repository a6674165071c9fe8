import {
  createdStopReader,
  type StopRequest,
  type StopView,
  stopDevicePageReader,
  stopReader,
} from '../../src/protocol/nouns/agents/stops.ts'
import { sightingPageReader } from '../../src/protocol/nouns/devices/devices.ts'
import type { AgentSighting } from '../../src/protocol/sighting.ts'
import { type World, world } from '../faults/world/device-and-directory.ts'
import { scaledMs } from '../support/machine-speed.ts'
import { CGROUP2 } from '../support/processes/test-freezer.ts'
import { waitFor } from '../support/wait-for.ts'
import { startAgent } from './register/counting-product.ts'

const PRODUCT = 'droid'

/** A stop from an administrator to the kernel of a device and back: real programs, and a product that nothing else here runs. */

const asRoot = CGROUP2 === undefined ? test.skip : test

const patiently = <T>(until: (seen: T) => boolean) => ({
  until,
  withinMs: scaledMs(60_000),
  everyMs: 100,
  show: (seen: T) => JSON.stringify(seen).slice(0, 4_000),
})

/** Until the agent is reported with its child. */
function untilSeen(here: World, device: string) {
  const list = () => here.api.ask('GET', `/devices/${device}/sightings?kind=agent&limit=500`, sightingPageReader)
  return waitFor(
    'the sighting',
    list,
    patiently(({ items }) =>
      items.some(({ sighting: one }) => one.kind === 'agent' && one.catalogueId === PRODUCT && one.parts?.length === 2),
    ),
  )
}

/** The states of the product in the lists of the device and of the directory, and the stops of what `--frozen` finds. */
async function shownIn(here: World) {
  const statesIn = (list: string) =>
    list.split('\n').flatMap((line) => /droid.* {2}(FROZEN by \w+ \(\w+\)|running) {2}/i.exec(line)?.[1] ?? [])
  const { agents } = JSON.parse(await here.suretyDirectory('agents', 'list', '--frozen', '--json'))
  return {
    device: statesIn((await here.surety('agents')).out),
    directory: statesIn(await here.suretyDirectory('agents', 'list', '--key', PRODUCT, '-o', 'table')),
    filter: agents.map(({ sighting }: { sighting: AgentSighting }) => sighting.frozenBy?.[0]?.stop),
  }
}

asRoot(
  'one order stops a product, later starts too, over a restart, until its release',
  async () => {
    await using here = await world()
    await here.startDirectory()
    await here.invite('software')
    await here.startDaemon()
    const device = (await here.untilSettled()).device?.id ?? ''
    using first = startAgent(here.folder, 'first', PRODUCT)
    await untilSeen(here, device)
    const request: StopRequest = { kind: 'freeze', selector: { product: PRODUCT }, reason: 'journey' }
    const ask = (body: StopRequest) => here.api.ask('POST', '/stops', createdStopReader, body)
    const { impact } = await ask({ ...request, dryRun: true })
    const id = (await ask(request)).stop?.id ?? ''
    const until = (what: string, holds: (seen: StopView) => boolean, of = id) =>
      waitFor(what, () => here.api.ask('GET', `/stops/${of}`, stopReader), patiently(holds))
    const devices = (of = id) => here.api.ask('GET', `/stops/${of}/devices`, stopDevicePageReader)

    const { progress } = await until('the receipt', (seen) => seen.progress.done)
    expect([impact?.agents, impact?.processes]).toEqual([1, 2])
    expect([progress.agents, progress.processes]).toEqual([1, 2])
    expect((await devices()).items).toMatchObject([{ device, state: 'frozen', receipt: { method: 'cgroup2' } }])
    expect(await first.grows()).toBe(false)
    expect((await here.surety('status')).exitCode).toBe(5)
    const lists = () => shownIn(here)
    expect(
      await waitFor(
        'the mark in every list',
        lists,
        patiently((seen) => seen.filter.length === 1),
      ),
    ).toEqual({
      device: ['FROZEN by administrator (journey)'],
      directory: ['FROZEN by administrator (journey)'],
      filter: [id],
    })

    using second = startAgent(here.folder, 'second', PRODUCT)
    await waitFor(
      'the event',
      devices,
      patiently(({ items: [one] }) => (one?.frozenLater ?? 0) > 0),
    )
    expect(await second.grows()).toBe(false)

    await here.startDaemon()
    await here.untilDevice(device, ({ presence }) => presence === 'connected')
    expect([await first.grows(), await second.grows()]).toEqual([false, false])

    const { stop: drill } = await ask({ kind: 'drill', selector: { all: true }, reason: 'journey' })
    await until('the drill', (seen) => seen.progress.waiting === 0 && !seen.progress.spreading, drill?.id)
    expect((await devices(drill?.id)).items).toMatchObject([{ state: 'frozen', agents: 1 }])

    await here.suretyDirectory('stops', 'release', id, '--reason', 'over')
    await until('the release', (seen) => seen.progress.done)
    expect([await first.grows(), await second.grows()]).toEqual([true, true])
    expect(
      await waitFor(
        'the end of the marks',
        lists,
        patiently((seen) => seen.filter.length === 0),
      ),
    ).toEqual({
      device: ['running', 'running'],
      directory: ['running', 'running'],
      filter: [],
    })
    expect((await here.surety('status')).exitCode).not.toBe(5)
  },
  scaledMs(300_000),
)
