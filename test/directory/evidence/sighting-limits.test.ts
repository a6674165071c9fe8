import { applyEvidence } from '../../../src/directory/evidence/apply-evidence.ts'
import { applySightings } from '../../../src/directory/evidence/apply-sightings.ts'
import { EVIDENCE_PROFILE } from '../../../src/protocol/messages/evidence.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { seedDevice } from '../../support/directory/seeded-directory.ts'
import { agentSighting, mcpServerSighting } from '../../support/protocol/sample-sightings.ts'

const A_BATCH = 1_000
let directory: TestDirectory
let device: string
directoryForAll(async (started) => {
  directory = started
  device = (await seedDevice(directory)).device
  directory.database.prepare('DELETE FROM sightings WHERE device = ?').run(device)
})

const idOf = (number: number) => number.toString(16).padStart(32, '0')

/** Reports that `count` agents began, numbered from `first`, and that those in `gone` ended. */
async function report(first: number, count: number, gone: readonly number[] = []): Promise<void> {
  const { store, clock } = directory
  const items = Array.from({ length: count }, (_, at) => ({ ...agentSighting('0'), id: idOf(first + at) }))
  const sightings = { mode: 'delta' as const, items, gone: gone.map(idOf) }
  await store.transaction(() => applySightings(store, device, { sightings, at: clock.now() }))
}

const ids = (where: string) =>
  directory.database
    .prepare(`SELECT id FROM sightings WHERE device = ? AND ${where} ORDER BY id`)
    .all(device)
    .map(({ id }) => Number.parseInt(String(id), 16))
const forgotten = () =>
  directory.database
    .prepare(`SELECT detail_json AS json FROM activity WHERE device = ? AND kind = 'sightings-forgotten' ORDER BY id`)
    .all(device)
    .map(({ json }) => JSON.parse(String(json)))

test('deletes the oldest ended sightings of a device that starts thousands of agents', async () => {
  await report(0, 5)
  // Each thousand ends with the next; the first five go on, and so does the last.
  for (let batch = 1; batch <= 20; batch++) {
    await directory.clock.advance(1_000)
    const first = 5 + (batch - 1) * A_BATCH
    const before = Array.from({ length: A_BATCH }, (_, at) => first - A_BATCH + at)
    await report(first, A_BATCH, batch === 1 ? [] : before)
  }
  expect(ids('gone_at IS NULL')).toEqual([0, 1, 2, 3, 4, ...Array.from({ length: A_BATCH }, (_, at) => 19_005 + at)])
  // Five more than there is room for: then there is room for a while.
  expect(forgotten()).toEqual([{ count: 2_005 }])
  expect([ids('TRUE').length, ids('gone_at IS NOT NULL')[0]]).toEqual([18_000, 2_010])
  await report(30_000, A_BATCH)
  expect(forgotten()).toHaveLength(1)
})

test('stores nothing beyond the limit of present sightings, and gives no good verdict', async () => {
  for (let batch = 0; batch < 20; batch++) await report(batch * A_BATCH, A_BATCH)
  await expect(() => report(20_000, 1)).rejects.toThrow(expect.objectContaining({ code: 'QUOTA_EXCEEDED' }))
  expect([ids('TRUE').length, forgotten()]).toEqual([20_000, []])
  // One that ends makes room for one.
  await report(20_000, 1, [7])
  expect([ids('TRUE').length, ids(`id = '${idOf(7)}'`), forgotten()]).toEqual([20_000, [], [{ count: 1 }]])
})

describe('sightings of the largest size', () => {
  const part = {
    role: 'tool',
    pid: 1,
    startTicks: 1,
    parentPid: 1,
    because: '',
    executable: 'x'.repeat(4_096),
  } as const
  const parts = Array.from({ length: 64 }, () => part)
  const large = async (number: number, gone: readonly number[] = []) => {
    const { store, clock } = directory
    const items = [{ ...agentSighting('0'), id: idOf(number), parts }]
    const sightings = { mode: 'delta' as const, items, gone: gone.map(idOf) }
    await store.transaction(() => applySightings(store, device, { sightings, at: clock.now() }))
  }
  // 261 KiB each: one more is too much.
  const MOST = 250

  test('make room for each other: the oldest ended ones are deleted', async () => {
    await report(1_000, 3)
    await large(0)
    for (let number = 1; number <= MOST; number++) {
      await directory.clock.advance(1_000)
      await large(number, [number - 1])
    }
    // A tenth of them, so that there is room for a while; and small ones are no reason to look.
    expect(forgotten()).toEqual([{ count: 26 }])
    expect([ids('gone_at IS NOT NULL')[0], ids('gone_at IS NULL')]).toEqual([26, [MOST, 1_000, 1_001, 1_002]])
  })

  test('are refused beyond the byte limit, so that reading or ending all stays fast', async () => {
    for (let number = 0; number < MOST; number++) await large(number)
    await expect(() => large(MOST)).rejects.toThrow(expect.objectContaining({ code: 'QUOTA_EXCEEDED' }))
    expect([ids('TRUE').length, forgotten()]).toEqual([MOST, []])
    await large(MOST, [0])
    expect(ids('gone_at IS NULL').length).toBe(MOST)
  })
})

test('deletes the oldest items of a configuration that is renamed again and again', async () => {
  const { store, database } = directory
  database.prepare('DELETE FROM device_items WHERE device = ?').run(device)
  const servers = (first: number) => Array.from({ length: 500 }, (_, at) => first + at)
  const rewrite = async (time: number, first: number) => {
    const items = servers(first).map((n) => ({ ...mcpServerSighting('0'), id: idOf(n), name: `server-${n}` }))
    const gone = first === 0 ? [] : servers(first - 500).map(idOf)
    await store.transaction(() =>
      applySightings(store, device, { sightings: { mode: 'delta', items, gone }, at: DAYS * time }),
    )
  }
  // Never more than 500 are there, and what ended is not cached: that it was there is.
  for (let time = 0; time < 41; time++) {
    await rewrite(time, time * 500)
    database.prepare('DELETE FROM sightings WHERE device = ? AND gone_at < ?').run(device, DAYS * (time - 2))
  }
  expect(ids('gone_at IS NULL')).toEqual(servers(20_000))
  expect(forgotten()).toEqual([{ count: 0, keys: 2_500 }])
  const kept = database
    .prepare('SELECT count(*) AS n, min(first_seen) AS first FROM device_items WHERE device = ?')
    .get(device)
  expect(kept).toEqual({ n: 18_000, first: DAYS * 5 })
  await rewrite(41, 20_500)
  expect(forgotten()).toHaveLength(1)
})

test('an empty snapshot with failed sources writes nothing to the sightings that stay', async () => {
  const { store, database, clock } = directory
  await report(0, 2_000)
  const changes = () => Number(database.prepare('SELECT total_changes() AS n').get()?.n)
  const source = { source: 'processes', state: 'unreadable', items: 0, durationMs: 0 } as const
  await store.sources.put(device, source, clock.now())
  const before = changes()
  const sightings = { mode: 'full', snapshot: 'b', part: 0, parts: 1, items: [] } as const
  await store.transaction(() =>
    applySightings(store, device, { sightings: { ...sightings, items: [] }, at: clock.now() }),
  )
  expect(ids('gone_at IS NULL')).toHaveLength(2_000)
  expect(changes() - before).toBeLessThan(10)
})

test('limits the sources of a snapshot in many parts, and gives no good verdict beyond', async () => {
  const { store, clock, database } = directory
  const head = { eat_profile: EVIDENCE_PROFILE, sub: device, iat: 0, epoch: 1, previous: '', bootId: 'b', uptimeMs: 0 }
  for (let part = 0; part < 7; part++) {
    const sources = Array.from({ length: 1_000 }, (_, at) => ({
      source: 'agent-files',
      path: `/${part}/${at}`,
      state: 'parsed' as const,
      items: 0,
      durationMs: 0,
    }))
    const sightings = { mode: 'full' as const, snapshot: 'a', part, parts: 10, items: [] }
    const evidence = { ...head, eat_profile: EVIDENCE_PROFILE, sequence: part + 1, sources, sightings } as const
    await store.transaction(() => applyEvidence(store, { device, evidence, at: clock.now() }))
  }
  expect(database.prepare('SELECT count(*) AS n FROM sources WHERE device = ?').get(device)).toEqual({ n: 5_000 })
  expect(await store.unprocessed.list(device)).toEqual(
    expect.arrayContaining([
      { part: 'sources', since: clock.now(), message: 'the device reports more than 5000 sources' },
    ]),
  )
})

const DAYS = 86_400_000

test('bounds large sources to what fits into one response', async () => {
  const { store, clock } = directory
  // What JSON escapes takes six characters.
  const path = '\u0001'.repeat(4_096)
  for (let part = 0; part < 31; part++) {
    const sources = Array.from({ length: 25 }, (_, at) => ({
      source: 'agent-files',
      path: `${path.slice(8)}${part}/${at}`,
      state: 'parsed' as const,
      items: 0,
      durationMs: 0,
    }))
    const sightings = { mode: 'full' as const, snapshot: 'large', part, parts: 1_000, items: [] }
    const head = { sub: device, iat: 1, epoch: 1, previous: '', bootId: 'boot', uptimeMs: 1 }
    const evidence = { ...head, eat_profile: EVIDENCE_PROFILE, sequence: part + 1, sources, sightings } as const
    await store.transaction(() => applyEvidence(store, { device, evidence, at: clock.now() }))
  }
  const kept = await store.sources.list(device)
  expect([kept.length, JSON.stringify(kept).length <= 16 * 1024 * 1024]).toEqual([675, true])
  const message = "the device's sources take more than 16777216 characters"
  expect(await store.unprocessed.list(device)).toContainEqual({ part: 'sources', since: clock.now(), message })
})
