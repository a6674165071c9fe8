import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { DANGEROUS, runCommand } from '../../support/directory/run-commands.ts'
import { HOSTILE_NAME, seedDevice } from '../../support/directory/seeded-directory.ts'
import { report } from '../stops/stop-fixture.ts'

const DAY = 86_400_000
let directory: TestDirectory
let device: string
directoryForAll(async (started) => {
  directory = started
  device = (await seedDevice(directory)).device
})

const signs = async () => (await directory.store.devices.view(device))?.tamperSigns ?? []
const events = () => directory.store.events.list({ limit: 1_000, device, kind: 'tamper-sign' })

test('a device with a sign is marked in lists for a week, and shows what and when', async () => {
  await report(directory, device, {
    tamperSigns: [{ kind: 'stopped', time: 1, since: 1, durationMs: 2 * 3_600_000, cause: 'ended' }],
  })
  expect((await runCommand(directory, ['devices', 'list', '-o', 'table'])).out).toContain('TAMPER SIGN')
  expect((await runCommand(directory, ['devices', 'list', '-o', 'wide'])).out).toContain('stopped, just now')
  const { out } = await runCommand(directory, ['devices', 'show', device])
  expect(out).toContain('suretyd did not run for 2 h: the service was stopped')
  await directory.clock.advance(8 * DAY)
  expect((await runCommand(directory, ['devices', 'list', '-o', 'table'])).out).not.toContain('TAMPER SIGN')
  expect((await runCommand(directory, ['devices', 'show', device])).out).toContain('suretyd did not run')
})

test('a device that is silent for too long is marked, and says since when', async () => {
  const heardAt = directory.clock.now()
  await directory.clock.advance(8 * DAY)
  await directory.store.silence.put(device, { heardAt, noticedAt: directory.clock.now() })
  expect((await runCommand(directory, ['devices', 'list', '-o', 'table'])).out).toContain('TOO LONG AGO, 8 d ago')
  expect((await runCommand(directory, ['devices', 'show', device])).out).toContain('longer than the policy allows')
  const { devices } = JSON.parse((await runCommand(directory, ['devices', 'list', '--json'])).out)
  expect(devices).toMatchObject([{ silentSince: heardAt }])
})

test('texts of a device that lies forge no line and move no cursor', async () => {
  await report(directory, device, {
    tamperSigns: [
      { kind: 'removed', time: 1, by: HOSTILE_NAME, reason: HOSTILE_NAME },
      { kind: 'program-changed', time: 2, names: [HOSTILE_NAME], nameCount: 3 },
    ],
  })
  for (const args of [
    ['show', device],
    ['list', '-o', 'wide'],
    ['show', device, '--json'],
  ]) {
    expect((await runCommand(directory, ['devices', ...args])).out.replaceAll('\n', '')).not.toMatch(DANGEROUS)
  }
  const listed = (await runCommand(directory, ['events', 'list'])).out
  // Tabs are only between columns.
  expect(
    listed
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t').length),
  ).toEqual([6, 6, 6, 6])
  expect(listed.replaceAll(/[\n\t]/g, '')).not.toMatch(DANGEROUS)
})

test('keeps fifty of a device that reports thousands, and a hundred events a day', async () => {
  for (let batch = 0; batch < 10; batch++) {
    const tamperSigns = Array.from({ length: 32 }, (_, at) => ({ kind: 'starved' as const, time: batch * 32 + at }))
    await report(directory, device, { tamperSigns })
  }
  expect([(await signs()).length, (await signs())[0]?.time, (await events()).length]).toEqual([50, 319, 100])
  expect((await events())[0]?.facts).toMatchObject({ moreNotKept: true })
})

test('keeps equal signs of a batch that is taken in twice, and fails nothing', async () => {
  const tamperSigns = [{ kind: 'record-lost' as const, time: 1 }]
  await report(directory, device, { tamperSigns })
  await report(directory, device, { tamperSigns })
  expect(await signs()).toHaveLength(2)
})
