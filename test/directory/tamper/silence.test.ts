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
function look(): void {
  for (let after: string | undefined = ''; after !== undefined; after = noticeSilence(components(), after));
  while (noticeReturns(components()));
}
const heard = (id = device) =>
  directory.store.devices.putAttestation(id, { at: directory.clock.now(), counters: undefined, pcrs: undefined })
const events = () =>
  (['device-silent', 'device-heard-again'] as const).flatMap((kind) =>
    directory.store.events.list({ limit: 100, kind }).map((event) => [event.kind, event.device, event.facts]),
  )
const view = () => directory.store.devices.view(device)
const listed = () =>
  directory.store.devices.list({ isConnected: () => false }, 10, directory.clock.now()).map((one) => one.device)

test('a device is silent once, after the time of the policy, and heard again', async () => {
  const start = directory.clock.now()
  await directory.clock.advance(7 * DAY - 1)
  look()
  expect([events(), view()?.silentSince]).toEqual([[], undefined])
  await directory.clock.advance(2)
  look()
  look()
  expect(events()).toEqual([['device-silent', device, { heardAt: start, silentAfterMs: 7 * DAY }]])
  expect([view()?.silentSince, listed()[0]?.silentSince]).toEqual([start, start])
  await directory.clock.advance(DAY)
  heard()
  look()
  expect(events().at(-1)).toEqual(['device-heard-again', device, { silentSince: start, silentMs: 8 * DAY + 1 }])
  expect(view()?.silentSince).toBeUndefined()
  look()
  expect(events()).toHaveLength(2)
})

test('a weekend, or a connected device with nothing to report, is no silence', async () => {
  await directory.clock.advance(3 * DAY)
  look()
  directory.connected.add(device)
  await directory.clock.advance(10 * DAY)
  look()
  expect(events()).toEqual([])
})

test('a device that said that it is removed, or was retired, is not silent', async () => {
  const other = (await seedDevice(directory, testKey('other'))).device
  report(directory, device, {
    tamperSigns: [{ kind: 'removed', time: 1, by: '0', reason: 'package removed' }],
  })
  directory.store.devices.retire(other)
  await directory.clock.advance(30 * DAY)
  look()
  expect(events()).toEqual([])
  expect(view()?.tamperSign).toMatchObject({ kind: 'removed' })
})

test('a device that came back after its removal can be silent again', async () => {
  report(directory, device, { tamperSigns: [{ kind: 'removed', time: 1 }] })
  await directory.clock.advance(DAY)
  heard()
  await directory.clock.advance(8 * DAY)
  look()
  expect(events()).toHaveLength(1)
})

test('a silence ends without a word when its device is retired', async () => {
  await directory.clock.advance(8 * DAY)
  look()
  directory.store.devices.retire(device)
  look()
  expect([events().length, view()?.silentSince]).toEqual([1, undefined])
})

test('the policy says how long, also of a group, and never', async () => {
  const { policies } = directory.services
  const set = (text: string) => policies.set(`schema: surety/policy@1\n${text}`, { actor: 'adm', force: true })
  await set('silence: off')
  await directory.clock.advance(400 * DAY)
  look()
  expect(events()).toEqual([])
  heard()
  await set('silence: off\ngroups:\n  - name: servers\n    match: {label: {role: [server]}}\n    silence: 3h\n')
  await directory.clock.advance(4 * HOUR)
  look()
  expect(events()).toEqual([])
  directory.store.devices.putLabels(device, { role: 'server' })
  look()
  expect(events()).toMatchObject([['device-silent', device, { silentAfterMs: 3 * HOUR }]])
})

test('webhooks get tamper signs, removal, silence and its end', async () => {
  await using receiver = await startReceiver()
  const body = { url: receiver.url, events: ['tamper-sign', 'device-silent', 'device-heard-again'] }
  const added = (await directory.ask('POST', '/api/v1/webhooks', { body })).json as { webhook: { id: string } }
  const heardAt = directory.clock.now()
  report(directory, device, { tamperSigns: [{ kind: 'stopped', time: 1, durationMs: 2 * HOUR, cause: 'killed' }] })
  await directory.clock.advance(8 * DAY)
  look()
  heard()
  look()
  report(directory, device, { tamperSigns: [{ kind: 'removed', time: 2, by: 'root', reason: 'package removed' }] })
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
  const quiet: typeof store.silence.quiet = (page) => {
    if (failures-- > 0) throw new Error('the disk is full')
    return store.silence.quiet(page)
  }
  const work = noticing({ ...components(), store: { ...store, silence: { ...store.silence, quiet } } })
  expect(work).toThrow('the disk is full')
  while (work());
  expect(
    events()
      .map(([, id]) => id)
      .toSorted(),
  ).toEqual([device, other].toSorted())
  heard()
  while (work());
  expect(events()).toHaveLength(3)
})
