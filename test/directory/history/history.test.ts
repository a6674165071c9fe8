import { faultOf } from '../../../src/base/schema.ts'
import { DAY_MS, HOUR_MS, keepingHistory } from '../../../src/directory/history/history.ts'
import { type CountedHour, type History, historySchema } from '../../../src/protocol/nouns/directory/history.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { runCommand } from '../../support/directory/run-commands.ts'
import { seedDevice } from '../../support/directory/seeded-directory.ts'

let directory: TestDirectory
directoryForAll(async (started) => {
  directory = started
  // The beginning of a day.
  directory.clock.jump(DAY_MS - (directory.clock.now() % DAY_MS))
})

const counted = (time: number, connected: number): CountedHour => ({
  time,
  devices: { total: 9, connected, byVerdict: { compliant: 5, 'not-compliant': 3, unknown: 1, stale: 0 } },
  agents: { running: 4, frozen: 1, autonomous: 2, unregistered: 3, blocked: 0 },
  waiting: 6,
  stops: 1,
})
const put = (time: number, connected = 1) =>
  directory.store.history.put(time - (time % HOUR_MS), counted(time, connected))
const history = async (query = '') => (await directory.ask('GET', `/api/v1/history${query}`)).json as History
const keep = () => keepingHistory({ ...directory, summary: directory.services.summary })()

test('of a new directory there is none', async () => {
  expect(await history()).toEqual({ days: [], hours: [] })
  const { out } = await runCommand(directory, ['history', '-o', 'table'])
  expect(out).toBe('0 days: what was not counted is left out\n')
})

test('counts an hour once, as the summary does, and leaves out hours that were missed', async () => {
  const { device } = await seedDevice(directory)
  directory.connected.add(device)
  const start = directory.clock.now()
  const summary = await directory.services.summary()
  expect([await keep(), await keep()]).toEqual([false, false])
  directory.connected.delete(device)
  directory.clock.jump(HOUR_MS - 1)
  await keep()
  directory.clock.jump(3 * HOUR_MS)
  await keep()
  const { days, hours } = await history()
  expect(hours.map(({ time, devices }) => [(time - start) / HOUR_MS, devices.connected])).toEqual([
    [0, 1],
    [4 - 1 / HOUR_MS, 0],
  ])
  expect(days).toEqual([{ day: new Date(start).toISOString().slice(0, 10), ...hours[0] }])
  expect(hours[0]).toMatchObject({
    devices: { total: 1, byVerdict: summary.devices.byVerdict },
    agents: { running: summary.sightings.runningAgents, unregistered: summary.seenAgents.unknown },
    waiting: 0,
  })
})

test('a clock that goes back counts no hour again', async () => {
  await keep()
  directory.clock.jump(HOUR_MS)
  await keep()
  directory.clock.jump(-HOUR_MS)
  await keep()
  expect((await history()).hours).toHaveLength(2)
})

test('a day has the hour in which most devices were connected, the last one of several', async () => {
  const today = directory.clock.now()
  for (const [hour, connected] of [
    [8, 5],
    [14, 7],
    [15, 7],
    [20, 2],
  ] as const) {
    await put(today - 2 * DAY_MS + hour * HOUR_MS + 5, connected)
  }
  await put(today, 3)
  const { days, hours } = await history()
  expect(days.map(({ time, devices }) => [time - today, devices.connected])).toEqual([
    [-2 * DAY_MS + 15 * HOUR_MS + 5, 7],
    [0, 3],
  ])
  expect(hours).toHaveLength(5)
})

test('gives as many days as were asked for, and keeps 400', async () => {
  const today = directory.clock.now()
  for (let day = 0; day <= 402; day++) await put(today - day * DAY_MS)
  expect((await history()).days).toHaveLength(30)
  expect((await history('?days=1')).days).toMatchObject([{ time: today }])
  directory.clock.jump(HOUR_MS)
  await keep()
  const all = await history('?days=400')
  expect(faultOf(historySchema, all)).toBeUndefined()
  expect(await directory.store.history.hours(0)).toHaveLength(401)
  expect(all.days).toHaveLength(400)
})

test('the command prints days and hours, as a table, CSV and JSON', async () => {
  await put(directory.clock.now() - DAY_MS, 1_234)
  await put(directory.clock.now() - DAY_MS + HOUR_MS, 2)
  const { out } = await runCommand(directory, ['history', '-o', 'table'])
  expect(out).toMatch(/TIME +DEVICES +CONNECTED +COMPLIANT +NOT COMPLIANT +NO VERDICT +STALE +RUNNING/)
  expect(out).toMatch(/ 9 +1,234 +5 +3 +1 +0 +4 +1 +2 +3 +0 +6 +1\n1 day: /)
  const csv = (await runCommand(directory, ['history', '--hours', '-o', 'csv'])).out.split('\r\n')
  expect(csv).toHaveLength(4)
  expect(csv[1]).toBe(`${new Date(directory.clock.now() - DAY_MS).toISOString()},9,1234,5,3,1,0,4,1,2,3,0,6,1`)
  const document = JSON.parse((await runCommand(directory, ['history', '--days', '7', '--json'])).out)
  expect(document).toMatchObject({ schema: 'surety-directory/history@1', history: { days: [{ waiting: 6 }] } })
})

test.each(['0', '401', 'x', '-1'])('the command refuses --days %s', async (days) => {
  const { exitCode, err } = await runCommand(directory, ['history', '--days', days])
  expect([exitCode, err]).toEqual([2, expect.stringContaining('a whole number from 1 to 400')])
})
