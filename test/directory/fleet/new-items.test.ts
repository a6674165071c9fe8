import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import {
  agentSighting as agent,
  extensionSighting as extension,
  mcpServerSighting as mcpServer,
  unknownAgent as unknown,
} from '../../support/protocol/sample-sightings.ts'
import { ask, DAY_MS, deviceWith, found, tell } from './fleet-questions.ts'

let directory: TestDirectory
directoryForAll((started) => {
  directory = started
})

test('new is what came after the first whole report, for the given days', async () => {
  const device = await deviceWith(directory, agent('1'))
  expect(await found(directory, '/agents?newWithinDays=7')).toBe('')
  await directory.clock.advance(DAY_MS)
  await tell(directory, device, [agent('1'), agent('2', { catalogueId: 'codex' }), extension('3'), mcpServer('4')])
  expect([
    await found(directory, '/agents?newWithinDays=7'),
    await found(directory, '/extensions?newWithinDays=7'),
    await found(directory, '/mcp-servers?newWithinDays=0'),
  ]).toEqual(['2', '3', '4'])
  await directory.clock.advance(8 * DAY_MS)
  expect(await found(directory, '/agents?newWithinDays=7')).toBe('')
})

test('an item that returns is not new, also after its sighting was forgotten', async () => {
  const device = await deviceWith(directory)
  const first = directory.clock.now()
  await tell(directory, device, [agent('1')])
  const firstSeen = async () => {
    const [item] = Object((await ask(directory, '/agents')).json).items
    return item && [item.firstSeenAt - first, item.item.firstSeenAt - first]
  }
  await directory.clock.advance(DAY_MS)
  await tell(directory, device, [agent('1')])
  expect(await firstSeen()).toEqual([0, 0])
  await tell(directory, device, [])
  expect(await found(directory, '/agents')).toBe('')
  await directory.clock.advance(DAY_MS)
  await tell(directory, device, [agent('1', { version: '2.2.0' })])
  expect(await firstSeen()).toEqual([0, 0])
  await tell(directory, device, [])
  await directory.clock.advance(31 * DAY_MS)
  await tell(directory, device, [])
  await tell(directory, device, [agent('1')])
  expect(await firstSeen()).toEqual([33 * DAY_MS, 0])
  expect(await found(directory, '/agents?newWithinDays=7')).toBe('')
})

test('a program that becomes known is another item, with its own first time', async () => {
  const device = await deviceWith(directory, unknown('9'))
  await directory.clock.advance(DAY_MS)
  await tell(directory, device, [agent('9', { catalogueId: 'deskbot' })])
  const now = directory.clock.now()
  expect((await ask(directory, '/agents')).json).toMatchObject({
    items: [{ firstSeenAt: now - DAY_MS, item: { key: 'deskbot', firstSeenAt: now, isNew: true } }],
  })
  expect((await ask(directory, `/agents/${encodeURIComponent('unknown/deskbot')}`)).json).toMatchObject({
    devices: 0,
    present: 0,
  })
})

test('counts and lists nothing that a retired device reported', async () => {
  const [one, two] = [await deviceWith(directory, unknown('1')), await deviceWith(directory, unknown('2'))]
  expect((await ask(directory, `/agents/${encodeURIComponent('unknown/deskbot')}`)).json).toMatchObject({
    devices: 2,
    running: 2,
  })
  await directory.ask('POST', `/api/v1/devices/${one}/retire`, { body: { reason: 'lost' } })
  expect([await found(directory, '/agents?unknown=yes'), await found(directory, '/agents?onAtMostDevices=1')]).toEqual([
    '2',
    '2',
  ])
  expect((await ask(directory, `/agents/${encodeURIComponent('unknown/deskbot')}`)).json).toMatchObject({
    devices: 1,
    running: 1,
  })
  expect((await ask(directory, '/summary')).json).toMatchObject({
    sightings: { agents: 1, runningAgents: 1, unknownAgents: 1, autonomousAgents: 0 },
  })
  expect(two).not.toBe(one)
})
