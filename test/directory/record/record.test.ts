import { fromUtf8, utf8 } from '../../../src/base/bytes.ts'
import { reader } from '../../../src/base/schema.ts'
import { canonicalJson } from '../../../src/base/text/canonical-json.ts'
import { actingAs } from '../../../src/directory/acting/acting.ts'
import { recordBounded } from '../../../src/directory/activity/activity.ts'
import { openText } from '../../../src/directory/record/personal.ts'
import { enterPast, rootOf } from '../../../src/directory/record/sequencer.ts'
import { type EntryView, type RecordEntry, recordEntrySchema } from '../../../src/protocol/nouns/directory/record.ts'
import { decodeBundle } from '../../../src/tlog/bundles.ts'
import { checkConsistency, checkInclusion } from '../../../src/tlog/check-proofs.ts'
import { openCheckpoint } from '../../../src/tlog/checkpoints.ts'
import { parseProof } from '../../../src/tlog/proof-files.ts'
import { consistencyProof, inclusionProof } from '../../../src/tlog/proofs.ts'
import { entriesPath, tilePath } from '../../../src/tlog/tile-paths.ts'
import { subtreesFromTiles } from '../../../src/tlog/tiles.ts'
import { leafHash } from '../../../src/tlog/tree-hash.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'

const entryReader = reader(recordEntrySchema, {
  name: 'entry of the record',
  limits: { maxBytes: 65_535, maxDepth: 8 },
})

let directory: TestDirectory
beforeEach(async () => {
  directory = await startTestDirectory()
})
afterEach(() => directory[Symbol.asyncDispose]())

async function sequence(): Promise<void> {
  while (await directory.sequence());
}

/** As a stranger reads it. */
async function checkpoint() {
  const { status, text } = await directory.ask('GET', '/tlog/checkpoint', { token: null })
  expect(status).toBe(200)
  const { key } = directory.logKey
  return openCheckpoint(text, { origin: key.name, logKeys: [key] })
}

function subtrees(size: number) {
  return subtreesFromTiles(size, async ({ level, index, width }) => {
    const { status, bytes } = await directory.ask('GET', `/tlog/${tilePath(level, index, width)}`, { token: null })
    expect(status).toBe(200)
    return bytes
  })
}

async function entries(size: number): Promise<readonly Uint8Array[]> {
  const all: Uint8Array[] = []
  while (all.length < size) {
    const path = entriesPath(all.length / 256, Math.min(256, size - all.length))
    const { status, bytes } = await directory.ask('GET', `/tlog/${path}`)
    expect(status).toBe(200)
    all.push(...decodeBundle(new Uint8Array(bytes)))
  }
  return all
}

function entryOf(bytes: Uint8Array): RecordEntry {
  const text = fromUtf8(bytes)
  const entry = entryReader.readJson(text)
  expect(canonicalJson(entry)).toBe(text)
  return entry
}

async function lastEntry(): Promise<RecordEntry> {
  await sequence()
  const [bytes] = await directory.store.record.entries((await directory.store.record.size()) - 1, 1)
  return entryOf(bytes ?? new Uint8Array())
}

async function fill(count: number, from = 0): Promise<void> {
  await directory.store.transaction(async () => {
    for (let at = from; at < from + count; at++) {
      await directory.store.audit.add({ at, actor: 'adm_1', act: 'labelled', subject: `thing ${at}`, details: { at } })
    }
  })
}

test('a stranger verifies every entry with the hash tiles and the checkpoint', async () => {
  await fill(600)
  await sequence()
  const { size, root } = await checkpoint()
  const read = subtrees(size)
  const all = await entries(size)
  expect(all.length).toBe(size)
  for (const index of [0, 1, 255, 256, 511, size - 1]) {
    const proof = await inclusionProof(index, size, read)
    const leaf = leafHash(all[index] ?? new Uint8Array())
    expect(() => checkInclusion({ leaf, index, size, root, proof })).not.toThrow()
  }
})

test('each checkpoint begins with the one before, however many entries come in between', async () => {
  let before = { size: 0, root: await rootOf(directory.store.record, 0) }
  for (const more of [1, 255, 1, 300, 1_100]) {
    await fill(more, before.size)
    await sequence()
    const now = await checkpoint()
    expect(now.size).toBeGreaterThanOrEqual(before.size + more)
    const proof = await consistencyProof(before.size, now.size, subtrees(now.size))
    expect(() =>
      checkConsistency({ oldSize: before.size, oldRoot: before.root, size: now.size, root: now.root, proof }),
    ).not.toThrow()
    before = now
  }
})

test('a clock put back a year changes no order of entries, and the log continues', async () => {
  await fill(3)
  await sequence()
  const before = await checkpoint()
  const add = (displayName: string) =>
    directory.ask('POST', '/api/v1/humans', { body: { userName: `${displayName}@example.org`, displayName } })
  await add('first')
  directory.clock.jump(-365 * 86_400_000)
  await add('second')
  await sequence()
  const { size, root } = await checkpoint()
  const proof = await consistencyProof(before.size, size, subtrees(size))
  expect(() => checkConsistency({ oldSize: before.size, oldRoot: before.root, size, root, proof })).not.toThrow()
  const [first, second] = (await entries(size)).slice(-2).map(entryOf)
  expect(second?.time).toBeLessThan(first?.time ?? 0)
  // Its place in the log says that it came later, and both are found at the time that their clock showed.
  const until = (first?.time ?? 0) - 1
  const { json } = await directory.ask('GET', `/api/v1/entries?act=human-added&until=${until}`)
  expect((json as { items: EntryView[] }).items.map(({ id }) => id)).toEqual([second?.id])
})

test('an entry says who did what, from where, and hides what is personal', async () => {
  const { status, json } = await directory.ask('POST', '/api/v1/humans', {
    body: { userName: 'ada@example.org', displayName: 'Ada', email: 'ada@example.org' },
  })
  expect(status).toBe(201)
  const entry = await lastEntry()
  const text = canonicalJson(entry)
  expect(entry).toMatchObject({ act: 'human-added', actor: { kind: 'administrator' }, details: { origin: 'hand' } })
  expect(json).toMatchObject({ human: { id: entry.subject } })
  expect(entry.from?.token).toBe(entry.actor.id)
  for (const personal of ['ada@', '127.0.0.1', 'Ada']) expect(text).not.toContain(personal)
  const [key] = directory.database.prepare('SELECT key FROM record_keys WHERE person = ?').all(entry.subject ?? '')
  const { userName } = entry.details as { userName: { sealed: string; key: string } }
  expect(openText(userName, key?.key as Uint8Array)).toBe('ada@example.org')
  expect(openText(userName, new Uint8Array(32))).toBeUndefined()
})

test.each([
  ['bundles', 'without a token', '/tlog/tile/entries/000.p/1', null, 401],
  ['a tile', 'that is not there', '/tlog/tile/0/001', null, 404],
  ['a tile', 'that is wider than the log', '/tlog/tile/0/000.p/255', null, 404],
  ['a tile', 'with another spelling', '/tlog/tile/0/0.p/1', null, 404],
  ['a tile', 'of no width', '/tlog/tile/0/000.p/0', null, 404],
  ['a tile', 'of a folder above', '/tlog/tile/0/..%2f..%2fx', null, 404],
])('refuses %s %s', async (_what, _how, path, token, refusal) => {
  await fill(1)
  await sequence()
  expect((await directory.ask('GET', path, { token })).status).toBe(refusal)
})

test('there is no checkpoint before the first entry has its index', async () => {
  expect((await directory.ask('GET', '/tlog/checkpoint', { token: null })).status).toBe(404)
})

test('an act that is undone has no entry, and without an entry there is no act', async () => {
  const count = () => directory.database.prepare('SELECT count(*) AS n FROM record_entries').get()?.n
  const before = count()
  const act = { at: 1, actor: 'adm_1', act: 'labelled', subject: 'x', details: {} } as const
  await expect(
    directory.store.transaction(async () => {
      await directory.store.audit.add(act)
      throw new Error('undone')
    }),
  ).rejects.toThrow('undone')
  expect(count()).toBe(before)
  directory.database.exec(
    `CREATE TRIGGER full BEFORE INSERT ON record_entries BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`,
  )
  const body = { userName: 'bea', displayName: 'Bea' }
  expect((await directory.ask('POST', '/api/v1/humans', { body })).status).toBeGreaterThanOrEqual(400)
  directory.database.exec('DROP TRIGGER full')
  expect((await directory.ask('GET', '/api/v1/humans')).json).toMatchObject({ items: [] })
})

test.each([
  `UPDATE record_entries SET bytes = x'00'`,
  `UPDATE record_entries SET leaf = zeroblob(32)`,
  `UPDATE record_entries SET position = position + 1`,
  `UPDATE record_entries SET at = 0`,
  'DELETE FROM record_entries',
  'UPDATE record_tiles SET hashes = zeroblob(length(hashes))',
  'DELETE FROM record_tiles',
])('the database refuses %s', async (statement) => {
  await fill(3)
  await sequence()
  expect(() => directory.database.exec(statement)).toThrow(/never (changed|deleted)/)
})

test('acts of before the record are entered once, in order, with their own time', async () => {
  await directory.store.record.enterPast(0, 1_000)
  const first = await directory.store.record.size()
  await fill(5, 100)
  const { database, store, clock } = directory
  // As the step of the upgrade finds them.
  database.exec('UPDATE record_past SET last = (SELECT max(id) FROM audit), entered = (SELECT max(id) FROM audit) - 5')
  await enterPast({ store, clock })
  await enterPast({ store, clock })
  await sequence()
  const all = (await store.record.entries(first, 1_000)).map(entryOf)
  const entered = all.filter((entry) => entry.entered !== undefined)
  expect(entered.map(({ time }) => time)).toEqual([100, 101, 102, 103, 104])
})

test('every change of a verdict is entered, also of a device that changes it all day', async () => {
  const device = 'dev_1'
  for (let at = 0; at < 150; at++) {
    const detail = { from: 'compliant', to: 'not-compliant', policy: 3 }
    await recordBounded(directory.store, { at, kind: 'verdict-changed', device, detail })
  }
  await sequence()
  const all = await directory.store.record.entries(0, 10_000)
  const verdicts = all.map(entryOf).filter(({ act }) => act === 'verdict-changed')
  expect(verdicts).toHaveLength(150)
  expect(verdicts[0]).toMatchObject({ device, policy: 3, actor: { id: 'directory' } })
})

test('work that waits for a transaction is entered as that of its own person', async () => {
  const principal = (id: string) => ({ id, kind: 'administrator', name: id }) as const
  const add = (id: string) =>
    actingAs({ principal: principal(id), address: `address of ${id}` }, () =>
      directory.store.transaction(async () => {
        const entry = { at: 1, actor: id, act: 'labelled', subject: id, details: {} } as const
        await directory.store.audit.add(entry)
      }),
    )
  await Promise.all(['adm_1', 'adm_2', 'adm_3'].map(add))
  await sequence()
  const all = (await directory.store.record.entries(0, 10_000)).map(entryOf).filter(({ act }) => act === 'labelled')
  expect(all.map(({ from }) => from?.token).toSorted()).toEqual(['adm_1', 'adm_2', 'adm_3'])
})

test('an entry that is too long has hashes in place of its longest members', async () => {
  const details = { long: 'x'.repeat(100_000) }
  await directory.store.audit.add({ at: 1, actor: 'adm_1', act: 'labelled', subject: 'x', details })
  const entry = await lastEntry()
  expect(entry).toMatchObject({ act: 'labelled', details: { cut: true } })
  expect(utf8(canonicalJson(entry)).length).toBeLessThan(65_536)
})

describe('the list', () => {
  beforeEach(async () => {
    for (const [at, actor, act, subject] of [
      [1_000, 'adm_1', 'stop-created', 'stop_1'],
      [2_000, 'adm_2', 'stop-released', 'stop_1'],
      [3_000, 'adm_1', 'token-created', 'tok_1'],
    ] as const) {
      await directory.store.audit.add({ at, actor, act, subject, device: 'dev_1', details: { agent: `agt of ${act}` } })
    }
    await sequence()
  })
  const listed = async (query: string) => {
    const { status, json } = await directory.ask('GET', `/api/v1/entries?until=4000&${query}`)
    expect(status).toBe(200)
    return (json as { items: EntryView[] }).items.map(({ time }) => time)
  }

  test.each([
    ['', [3_000, 2_000, 1_000]],
    ['actor=adm_1', [3_000, 1_000]],
    ['act=stop-released', [2_000]],
    ['subject=stop_1', [2_000, 1_000]],
    ['agent=agt%20of%20token-created', [3_000]],
    ['since=2000', [3_000, 2_000]],
    ['since=2000&actor=adm_1', [3_000]],
    ['actor=nobody', []],
    ['device=dev_AAAAAAAAAAAAAAAAAAAAAA', []],
  ])('has what %s asks for, newest first', async (query, times) => {
    expect(await listed(query)).toEqual(times)
  })

  test('a page begins where the one before ended, also while entries come', async () => {
    const page = async (cursor: string) => {
      const { json } = await directory.ask('GET', `/api/v1/entries?until=4000&limit=1${cursor}`)
      return json as { items: EntryView[]; next?: string }
    }
    const first = await page('')
    await directory.store.audit.add({ at: 3_500, actor: 'adm_1', act: 'labelled', subject: 'x', details: {} })
    const second = await page(`&cursor=${first.next}`)
    expect([first, second].flatMap(({ items }) => items.map(({ time }) => time))).toEqual([3_000, 2_000])
  })

  test('an entry is shown with a proof that verifies', async () => {
    const { json } = await directory.ask('GET', '/api/v1/entries?act=stop-released')
    const [{ id = '' } = {}] = (json as { items: EntryView[] }).items
    const shown = (await directory.ask('GET', `/api/v1/entries/${id}`)).json as EntryView
    const { index, proof, checkpoint: note, extra = new Uint8Array() } = parseProof(shown.proof ?? '')
    const { key } = directory.logKey
    const { size, root } = await openCheckpoint(note, { origin: key.name, logKeys: [key] })
    expect(() => checkInclusion({ leaf: leafHash(extra), index, size, root, proof })).not.toThrow()
    expect(entryOf(extra)).toMatchObject({ id, act: 'stop-released' })
    expect((await directory.ask('GET', '/api/v1/entries/ent_AAAAAAAAAAAAAAAAAAAAAA')).status).toBe(404)
  })
})
