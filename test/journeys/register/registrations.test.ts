import { list } from '../../../src/admin/nouns/call.ts'
import { inbox } from '../../../src/protocol/nouns/agents/inbox.ts'
import { type RegistrationView, registrations } from '../../../src/protocol/nouns/agents/registrations.ts'
import { stopDevicePageReader, stopReader } from '../../../src/protocol/nouns/agents/stops.ts'
import { devices } from '../../../src/protocol/nouns/devices/devices-noun.ts'
import { world } from '../../faults/world/device-and-directory.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { CGROUP2 } from '../../support/processes/test-freezer.ts'
import { waitFor } from '../../support/wait-for.ts'
import { startAgent } from './counting-product.ts'

/** The life of a registered agent on a real device: a product that nothing else here runs. */

const PRODUCT = 'codex-acp'
const asRoot = CGROUP2 === undefined ? test.skip : test

const patiently = <T>(until: (seen: T) => boolean) => ({
  until,
  withinMs: scaledMs(60_000),
  everyMs: 100,
  show: (seen: T) => JSON.stringify(seen).slice(0, 4_000),
})

asRoot(
  'an agent is suspended, activated, stopped by its human and retired on the device',
  async () => {
    await using here = await world()
    await here.startDirectory()
    await here.invite('software')
    await here.startDaemon()
    await here.untilSettled()
    const { suretyDirectory, api } = here
    await suretyDirectory('humans', 'add', 'ada')
    using agent = startAgent(here.folder, 'first', PRODUCT)
    const until = (what: string, grows: boolean) =>
      waitFor(
        what,
        () => agent.grows(),
        patiently((now) => now === grows),
      )
    await waitFor(
      'the agent',
      () => list(api, inbox, { product: PRODUCT, state: 'all' }),
      patiently(({ items: [one] }) => one?.running === 1),
    )
    const device = (await list(api, devices)).items[0]?.id ?? ''
    const said = ['--purpose', 'counts', '--owner', 'ada', '--active']
    await suretyDirectory('registrations', 'create', 'counter', '--product', PRODUCT, '--device', device, ...said)
    const registration = async () => {
      const { items } = await list(api, registrations, { named: 'counter' })
      return items[0] as RegistrationView
    }

    await suretyDirectory('registrations', 'suspend', 'counter', '--reason', 'incident 42')
    const { stop } = await registration()
    const answered = await waitFor(
      'the receipt of the freeze',
      () => api.ask('GET', `/stops/${stop}`, stopReader),
      patiently(({ progress }) => progress.done),
    )
    expect(answered.progress).toMatchObject({ devices: 1, frozen: 1, agents: 1, processes: 2 })
    expect(await agent.grows()).toBe(false)

    await suretyDirectory('registrations', 'activate', 'counter', '--reason', 'a false alarm')
    await until('the agent goes on', true)

    const stopped = JSON.parse(
      await suretyDirectory('stops', 'create', '--person', 'ada', '--reason', 'incident 43', '--json'),
    ).stop
    const ofHuman = () => api.ask('GET', `/stops/${stopped.id}`, stopReader)
    await waitFor(
      'the scope',
      ofHuman,
      patiently(({ progress }) => !progress.spreading),
    )
    expect((await ofHuman()).progress.devices).toBe(0)
    await suretyDirectory('devices', 'set', device, '--owner', 'ada')
    await waitFor(
      'the freeze of what ada owns',
      ofHuman,
      patiently(({ progress }) => progress.frozen === 1),
    )
    expect(await agent.grows()).toBe(false)
    await suretyDirectory('devices', 'set', device, '--owner', 'somebody else')
    await until('the agent goes on: the device is not of ada any more', true)

    await suretyDirectory('registrations', 'retire', 'counter', '--reason', 'counts no more', '--yes')
    const retired = await waitFor(
      'the end',
      registration,
      patiently(({ state }) => state === 'retired'),
    )
    expect(await agent.grows()).toBe(false)
    const { items } = await api.ask('GET', `/stops/${retired.stop}/devices`, stopDevicePageReader)
    expect(items).toMatchObject([{ device, state: 'frozen', agents: 1 }])
    // What starts later ends as it starts.
    using late = startAgent(here.folder, 'second', PRODUCT)
    await waitFor(
      'the end of what starts later',
      () => late.grows(),
      patiently((grows) => !grows),
    )
    const acts = ['created', 'suspended', 'activated', 'retiring', 'retired']
    for (const act of acts)
      expect(await suretyDirectory('events', 'list', '--kind', `registration-${act}`)).toContain(`registration-${act}`)
  },
  scaledMs(300_000),
)
