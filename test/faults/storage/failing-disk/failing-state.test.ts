import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { apiClient } from '../../../../src/admin/connection/api-client.ts'
import { apiAnswer } from '../../../../src/protocol/noun/answers.ts'
import { deviceReader } from '../../../../src/protocol/nouns/devices/devices.ts'
import { orderPageSchema } from '../../../../src/protocol/nouns/devices/orders.ts'
import { profileOf } from '../../../support/daemon/enrolled-daemon.ts'
import { waitFor } from '../../../support/wait-for.ts'
import {
  codesOf,
  enrol,
  handOut,
  kill,
  orderCollection,
  type Stage,
  settledDaemon,
  stagesIn,
  statusOf,
  untilStatus,
} from '../stage.ts'
import { faultyDisk, type Rule } from './faulty-disk.ts'
import { prepareFaultyDisks } from './faulty-disks.ts'

/** One file of a device's state cannot be written, and everything else can: the directory learns of it meanwhile. */

const { folder, library, describeDisk } = prepareFaultyDisks()
const newStage = stagesIn(folder)
const orderPage = apiAnswer(orderPageSchema, 'list of orders')

/** What administrators see. */
async function seen({ data }: Stage, device: string) {
  const api = apiClient(profileOf(data))
  const { items } = await api.ask('GET', `/devices/${device}/orders`, orderPage)
  const { health } = await api.ask('GET', `/devices/${device}`, deviceReader)
  return { orders: items.map(({ status }) => status), health: health.map(({ code }) => code) }
}

async function expectSeen(stage: Stage, device: string, wanted: Awaited<ReturnType<typeof seen>>): Promise<void> {
  await waitFor(JSON.stringify(wanted), () => seen(stage, device), {
    until: (now) => isDeepStrictEqual(now, wanted),
    everyMs: 50,
  })
}

describeDisk('a state that cannot be written', () => {
  test.each<[string, Rule]>([
    ['a sync fails', ['sync', 'progress', 'EIO']],
    ['there is no room', ['write', 'progress', 'ENOSPC']],
  ])('an order waits while %s for the progress, is reported, and is then carried out', async (_, rule) => {
    const stage = await newStage()
    await using directory = await stage.startDirectory()
    await enrol(stage)
    const disk = faultyDisk(library, stage.device, '/state/')
    await using daemon = stage.startDaemon(disk.env)
    const { device, spool } = await settledDaemon(stage, daemon)
    const id = device?.id ?? ''
    disk.set(rule)
    await orderCollection(stage, id)
    const told = await untilStatus(
      stage.device,
      daemon,
      (status) => codesOf(status).length > 0 && status.spool.waiting === 0 && status.spool.sequence > spool.sequence,
    )
    expect([codesOf(told), told.directory.connected]).toEqual([['STATE_UNAVAILABLE'], true])
    await expectSeen(stage, id, { orders: ['pending'], health: ['STATE_UNAVAILABLE'] })
    disk.set()
    await expectSeen(stage, id, { orders: ['done'], health: [] })
    await kill(directory)
    await kill(daemon)
  })

  test('a token that was spent while the identity could not be written is not lost', async () => {
    const stage = await newStage()
    await using directory = await stage.startDirectory()
    await enrol(stage)
    const disk = faultyDisk(library, stage.device, '/state/')
    disk.set(['sync', 'identity', 'EIO'])
    const identity = join(stage.device, 'state', 'identity.json')
    let id = ''
    {
      await using daemon = stage.startDaemon(disk.env)
      const { device, health, directory: there } = await settledDaemon(stage, daemon)
      id = device?.id ?? ''
      expect([health.map(({ code }) => code), there.connected, existsSync(identity)]).toEqual([
        ...[['STATE_UNAVAILABLE'], true, false],
      ])
      await expectSeen(stage, id, { orders: [], health: ['STATE_UNAVAILABLE'] })
      disk.set()
      await expectSeen(stage, id, { orders: [], health: [] })
      expect(existsSync(identity)).toBe(true)
      await kill(daemon)
    }
    await using again = stage.startDaemon()
    expect((await settledDaemon(stage, again)).device?.id).toBe(id)
    expect((await statusOf(stage.device)).enrolment).toBe('enrolled')
    await kill(directory)
    await kill(again)
  })

  test('an unreadable kept catalogue blocks nothing else, and is fetched again', async () => {
    const stage = await newStage()
    await using directory = await stage.startDirectory()
    await enrol(stage)
    await handOut(stage)
    const disk = faultyDisk(library, stage.device, '/state/')
    const kept = join(stage.device, 'state', 'catalogue.json')
    {
      await using daemon = stage.startDaemon(disk.env)
      await untilStatus(stage.device, daemon, () => existsSync(kept))
      await kill(daemon)
    }
    disk.set(['read', 'catalogue.json', 'EIO'])
    await using again = stage.startDaemon(disk.env)
    const { health } = await untilStatus(
      stage.device,
      again,
      ({ directory: there, spool, health: warnings }) =>
        there.connected && spool.waiting === 0 && !warnings.some(({ code }) => code === 'CATALOGUE_REFUSED'),
    )
    expect(health).toEqual([])
    expect(readFileSync(join(stage.device, 'log', 'suretyd.log'), 'utf8')).toContain(
      'the stored catalogue cannot be read',
    )
    await kill(directory)
    await kill(again)
  })
})
