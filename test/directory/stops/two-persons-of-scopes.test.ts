import type { AgentSelector } from '../../../src/protocol/nouns/agents/stops.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { agentSighting } from '../../support/protocol/sample-sightings.ts'
import { ADMINISTRATOR, CODEX, seedAccount, seedHuman } from '../registrations/registration-fixture.ts'
import { codeIn, REASON, seedDevices, stopApi, work } from './stop-fixture.ts'

/** Whether a stop by the register needs a second person: it counts the devices that it concerns, not the fleet. */

let directory: TestDirectory
let ada: string
let devices: string[]
directoryForAll(
  async (started) => {
    directory = started
    ada = await seedHuman(directory, 'ada')
    devices = await seedDevices(directory, 3)
  },
  { stops: { confirmAbove: 1, emergency: true } },
)

const create = (selector: AgentSelector) =>
  directory.services.stops.create({ kind: 'freeze', selector, reason: REASON }, ADMINISTRATOR)
const register = async (device?: string) =>
  (
    await directory.services.registrations.create(
      {
        ...CODEX,
        owner: 'ada',
        state: 'active',
        criteria: { products: ['codex'], ...(device === undefined ? {} : { device }) },
      },
      { person: ADMINISTRATOR },
    )
  ).id

test('a human with one device does not, and with two does', async () => {
  const [first = '', second = ''] = devices
  await seedAccount(directory, first, ada, 'ada')
  expect(await create({ human: ada })).toMatchObject({ twoPersons: false, stop: { state: 'standing' } })
  await seedAccount(directory, second, ada, 'ada')
  expect(await create({ human: ada })).toMatchObject({ twoPersons: true, stop: { state: 'waiting' } })
})

test('a registration on one device does not, and one on several devices does', async () => {
  expect(await create({ registration: await register(devices[0]) })).toMatchObject({ twoPersons: false })
  const id = await register()
  for (const device of devices) {
    expect(await create({ registration: id })).toMatchObject({ twoPersons: device === devices[2] })
    await directory.store.sightings.put(device, agentSighting('a', { catalogueId: 'codex' }), { snapshot: 's', at: 1 })
  }
})

test('what rules and the directory do to a registration does not', async () => {
  const id = await register()
  for (const device of devices) {
    await directory.store.sightings.put(device, agentSighting('a', { catalogueId: 'codex' }), { snapshot: 's', at: 1 })
  }
  const by = { id: 'directory', name: 'surety-directory' }
  await directory.services.registrations.move(id, 'suspended', { reason: REASON, by })
  expect(await work(directory)).toHaveLength(3)
  await directory.services.registrations.move(id, 'active', { reason: REASON, by: ADMINISTRATOR })
  expect((await work(directory)).map(({ kind }) => kind)).toEqual(['release', 'release', 'release'])
})

test('a waiting stop orders nothing until confirmed, and its scope is that of then', async () => {
  const [first = '', second = '', third = ''] = devices
  for (const device of [first, second]) await seedAccount(directory, device, ada, 'ada')
  const { stop } = await create({ human: ada })
  expect(await work(directory)).toEqual([])
  await seedAccount(directory, third, ada, 'ada')
  expect(await work(directory)).toEqual([])
  const api = stopApi(directory)
  const other = await api.tokenOf('operator', 'bob')
  expect(codeIn(await api.ask('POST', `/stops/${stop?.id}/confirm`, { what: 'stop' }, other))).toBeUndefined()
  expect(await work(directory)).toHaveLength(3)
})
