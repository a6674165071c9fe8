import { noticeReturns, noticeSilence, noticing } from '../../../src/directory/tamper/silence.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { seedDevice } from '../../support/directory/seeded-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { report } from '../stops/stop-fixture.ts'
import { startReceiver } from '../webhooks/receiver.ts'

const DAY = 86_400_000
const HOUR = 3_600_000
let directory: TestDirectory
let device: string
// A fresh directory for each test: where the last look ended is in memory.
beforeEach(async () => {
  directory = await startTestDirectory()
  device = (await seedDevice(directory)).device
})
afterEach(() => directory[Symbol.asyncDispose]())

const components = () => ({ ...directory, policies: directory.services.policies })
async function look(): Promise<void> {
  for (let after: string | undefined = ''; after !== undefined; after = await noticeSilence(components(), after));
  while (await noticeReturns(components()));
}
const heard = (id = device) =>
  directory.store.devices.putAttestation(id, { at: directory.clock.now(), counters: undefined, pcrs: undefined })
const events = async () =>
  (
    await Promise.all(
      (['device-silent', 'device-heard-again'] as const).map(async (kind) =>
        (
          await directory.store.events.list({ limit: 100, kind })
        ).map((event) => [event.kind, event.device, event.facts]),
      ),
    )
  ).flat()
const view = () => directory.store.devices.view(device)
const listed = async () => (await directory.store.devices.list({ limit: 10 }, directory.clock.now())).items

test('a device is silent once, after the time of the policy, and heard again', async () => {
  const start = directory.clock.now()
  await directory.clock.advance(7 * DAY - 1)
  await look()
  expect([await events(), (await view())?.silentSince]).toEqual([[], undefined])
  await directory.clock.advance(2)
  await look()
  await look()
  expect(await events()).toEqual([['device-silent', device, { heardAt: start, silentAfterMs: 7 * DAY }]])
  expect([(await view())?.silentSince, (await listed())[0]?.silentSince]).toEqual([start, start])
  await directory.clock.advance(DAY)
  await heard()
  await look()
  expect((await events()).at(-1)).toEqual(['device-heard-again', device, { silentSince: start, silentMs: 8 * DAY + 1 }])
  expect((await view())?.silentSince).toBeUndefined()
  await look()
  expect(await events()).toHaveLength(2)
})

test('a weekend, or a connected device with nothing to report, is no silence', async () => {
  await directory.clock.advance(3 * DAY)
  await look()
  directory.connected.add(device)
  await directory.clock.advance(10 * DAY)
  await look()
  expect(await events()).toEqual([])
})

test('a device that said that it is removed, or was retired, is not silent', async () => {
  const other = (await seedDevice(directory, testKey('other'))).device
  await report(directory, device, {
    tamperSigns: [{ kind: 'removed', time: 1, by: '0', reason: 'package removed' }],
  })
  await directory.store.devices.retire(other)
  await directory.clock.advance(30 * DAY)
  await look()
  expect(await events()).toEqual([])
  expect((await view())?.tamperSign).toMatchObject({ kind: 'removed' })
})

test('a device that came back after its removal can be silent again', async () => {
  await report(directory, device, { tamperSigns: [{ kind: 'removed', time: 1 }] })
  await directory.clock.advance(DAY)
  await heard()
  await directory.clock.advance(8 * DAY)
  await look()
  expect(await events()).toHaveLength(1)
})

test('a silence ends without a word when its device is retired', async () => {
  await directory.clock.advance(8 * DAY)
  await look()
  await directory.store.devices.retire(device)
  await look()
  expect([(await events()).length, (await view())?.silentSince]).toEqual([1, undefined])
})

test('the policy says how long, also of a group, and never', async () => {
  const { policies } = directory.services
  const set = (text: string) => policies.set(`schema: surety/policy@1\n${text}`, { actor: 'adm', force: true })
  await set('silence: off')
  await directory.clock.advance(400 * DAY)
  await look()
  expect(await events()).toEqual([])
  await heard()
  await set('silence: off\ngroups:\n  - name: servers\n    match: {label: {role: [server]}}\n    silence: 3h\n')
  await directory.clock.advance(4 * HOUR)
  await look()
  expect(await events()).toEqual([])
  await directory.store.devices.putLabels(device, { role: 'server' })
  await look()
  expect(await events()).toMatchObject([['device-silent', device, { silentAfterMs: 3 * HOUR }]])
})

test('webhooks get tamper signs, removal, silence and its end', async () => {
  await using receiver = await startReceiver()
  const body = { url: receiver.url, events: ['tamper-sign', 'device-silent', 'device-heard-again'] }
  const added = (await directory.ask('POST', '/api/v1/webhooks', { body })).json as { webhook: { id: string } }
  const heardAt = directory.clock.now()
  await report(directory, device, {
    tamperSigns: [{ kind: 'stopped', time: 1, durationMs: 2 * HOUR, cause: 'killed' }],
  })
  await directory.clock.advance(8 * DAY)
  await look()
  await heard()
  await look()
  await report(directory, device, {
    tamperSigns: [{ kind: 'removed', time: 2, by: 'root', reason: 'package removed' }],
  })
  const { signal } = new AbortController()
  while (await directory.services.webhookDelivering.step(added.webhook.id, signal));
  const sent = receiver.got.map((one) => JSON.parse(one.body))
  expect(sent.map(({ type, data }) => [type, data.device, data.facts])).toEqual([
    ['tamper-sign', device, { what: 'stopped', deviceTime: 1, durationMs: 2 * HOUR, cause: 'killed' }],
    ['device-silent', device, { heardAt, silentAfterMs: 7 * DAY }],
    ['device-heard-again', device, { silentSince: heardAt, silentMs: 8 * DAY }],
    ['tamper-sign', device, { what: 'removed', deviceTime: 2, by: 'root', reason: 'package removed' }],
  ])
})

test('what fails is looked at again from the first device on', async () => {
  const other = (await seedDevice(directory, testKey('other'))).device
  await directory.clock.advance(8 * DAY)
  const { store } = directory
  let failures = 1
  const quiet: typeof store.silence.quiet = async (page) => {
    if (failures-- > 0) throw new Error('the disk is full')
    return store.silence.quiet(page)
  }
  const work = noticing({ ...components(), store: { ...store, silence: { ...store.silence, quiet } } })
  await expect(work).rejects.toThrow('the disk is full')
  while (await work());
  expect((await events()).map(([, id]) => id).toSorted()).toEqual([device, other].toSorted())
  await heard()
  while (await work());
  expect(await events()).toHaveLength(3)
})
