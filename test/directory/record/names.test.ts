import type { EntryView } from '../../../src/protocol/nouns/directory/record.ts'
import { actorNameIn, nameIn } from '../../../src/protocol/nouns/directory/record.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { HOSTILE_NAME, seedDevice } from '../../support/directory/seeded-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'

/** What ids of entries are called today. */

let directory: TestDirectory
beforeAll(async () => {
  directory = await startTestDirectory()
})
afterAll(() => directory[Symbol.asyncDispose]())

async function done<T>(method: string, path: string, body?: object): Promise<T> {
  const { status, json } = await directory.ask(method, `/api/v1${path}`, body === undefined ? {} : { body })
  expect(status).toBeLessThan(300)
  return json as T // as the API describes it
}

async function newest(filters: string): Promise<EntryView> {
  const { items } = await done<{ readonly items: readonly EntryView[] }>('GET', `/entries?limit=1&${filters}`)
  const [entry] = items
  if (entry === undefined) throw new Error(`no entry has ${filters}`)
  return entry
}

test('a person has the name of today, and the log has only the id', async () => {
  const { human } = await done<{ human: { id: string } }>('POST', '/humans', { userName: 'ada', displayName: 'Ada' })
  expect((await newest(`subject=${human.id}`)).names).toEqual({ [human.id]: 'ada' })
  await done('POST', `/humans/${human.id}`, { userName: 'ada.lovelace' })
  const renamed = await newest(`subject=${human.id}`)
  expect(renamed.names).toEqual({ [human.id]: 'ada.lovelace' })
  expect((await done<EntryView>('GET', `/entries/${renamed.id}`)).names).toEqual(renamed.names)
  const stored = await directory.store.record.get(renamed.id)
  expect(Buffer.from(stored?.bytes ?? []).toString()).not.toContain('lovelace')
})

test('a forgotten person has no old name, and what is no id has none', async () => {
  const { human } = await done<{ human: { id: string } }>('POST', '/humans', { userName: 'bob', displayName: 'Bob' })
  await done('POST', `/humans/${human.id}/deactivation`, { reason: 'left' })
  await done('POST', `/humans/${human.id}/forgetting`, { reason: 'left' })
  expect((await newest(`subject=${human.id}`)).names?.[human.id]).toMatch(/^forgotten-/)
  for (const subject of ['hum_', '_', 'constructor_x', "dev_' OR 1=1", 'nothing']) {
    await directory.store.record.add({ at: 1, act: 'stop-created', actor: 'directory', subject, details: {} })
    expect((await newest(`subject=${encodeURIComponent(subject)}`)).names).toBeUndefined()
  }
})

test('a device is called a device, however it names itself', async () => {
  const { device } = await seedDevice(directory, testKey('one'))
  await directory.store.record.add({ at: 1, act: 'stop-answered', actor: device, subject: device, device, details: {} })
  const entry = await newest(`device=${device}&act=stop-answered`)
  expect(entry.names).toEqual({ [device]: HOSTILE_NAME })
  expect([actorNameIn(entry), nameIn(entry, device)]).toEqual([`device ${HOSTILE_NAME}`, `device ${HOSTILE_NAME}`])
})
