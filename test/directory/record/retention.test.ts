import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { openLog } from '../../../src/directory/record/open-log.ts'
import { removing } from '../../../src/directory/record/retention.ts'
import { sequenceSome, subtreesOf } from '../../../src/directory/record/sequencer.ts'
import { checkInclusion } from '../../../src/tlog/check-proofs.ts'
import { openCheckpoint } from '../../../src/tlog/checkpoints.ts'
import { parseProof } from '../../../src/tlog/proof-files.ts'
import { inclusionProof } from '../../../src/tlog/proofs.ts'
import { leafHash } from '../../../src/tlog/tree-hash.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'

let directory: TestDirectory
beforeEach(async () => {
  directory = await startTestDirectory()
})
afterEach(() => directory[Symbol.asyncDispose]())

const DAY_MS = 86_400_000
const api = (method: string, path: string, body?: object) =>
  directory.ask(method, `/api/v1${path}`, body === undefined ? {} : { body })

async function addAda(): Promise<string> {
  const { json } = await api('POST', '/humans', { userName: 'ada@example.org', displayName: 'Ada Lovelace' })
  return (json as { human: { id: string } }).human.id
}

async function entriesAbout(id: string) {
  await directory.sequence()
  const { json } = await api('GET', `/entries?subject=${id}`)
  return (json as { items: { id: string; act: string; details?: object; removed?: true }[] }).items
}

async function requireProof(id: string): Promise<void> {
  const { json } = await api('GET', `/entries/${id}`)
  const { index, proof, checkpoint, extra = new Uint8Array() } = parseProof((json as { proof: string }).proof)
  const { key } = directory.logKey
  const { size, root } = await openCheckpoint(checkpoint, { origin: key.name, logKeys: [key] })
  checkInclusion({ leaf: leafHash(extra), index, size, root, proof })
}

test('a person who is forgotten is nowhere in the database, and proofs verify', async () => {
  const id = await addAda()
  const path = `/humans/${id}/forgetting`
  expect((await api('POST', path, { reason: 'asked for it' })).status).toBe(409)
  await api('POST', `/humans/${id}/deactivation`, { reason: 'left' })
  expect((await api('POST', path, { reason: 'asked for it' })).status).toBe(200)
  const [, , added] = await entriesAbout(id)
  expect(added).toMatchObject({ act: 'human-added', details: { userName: null } })
  for (const { id: entry } of await entriesAbout(id)) await requireProof(entry)
  for (const table of ['audit', 'humans', 'record_entries', 'record_keys']) {
    const rows = directory.database.prepare(`SELECT * FROM ${table}`).all()
    const text = rows.map((row) => Object.values(row).map(String).join(' ')).join('\n')
    expect([table, /ada@example|Lovelace/i.test(text)]).toEqual([table, false])
  }
})

test('what is held is neither forgotten nor removed, until it is released', async () => {
  const id = await addAda()
  await api('POST', `/humans/${id}/deactivation`, { reason: 'left' })
  expect((await api('POST', '/entries/holds', { about: id, reason: 'case 7' })).status).toBe(200)
  expect((await api('POST', '/entries/holds', { about: id, reason: 'again' })).status).toBe(409)
  expect((await api('POST', `/humans/${id}/forgetting`, { reason: 'asked' })).status).toBe(409)
  const { store, clock } = directory
  await directory.sequence()
  await clock.advance(400 * DAY_MS)
  const remove = removing({ store, clock }, 184)
  while (await remove());
  expect((await entriesAbout(id)).filter(({ removed }) => removed === true)).toEqual([])
  const release = { about: id, reason: 'closed' }
  expect((await api('POST', '/entries/releases', release)).status).toBe(200)
  expect((await api('POST', '/entries/releases', release)).status).toBe(404)
  while (await remove());
  expect((await entriesAbout(id)).find(({ act }) => act === 'human-added')).toMatchObject({ removed: true })
})

test('content whose time is over goes, and the hash that is left proves its place', async () => {
  const id = await addAda()
  const [{ id: entry = '' } = {}] = await entriesAbout(id)
  const row = directory.database.prepare('SELECT leaf, position FROM record_entries WHERE id = ?').get(entry)
  const { store, clock } = directory
  await clock.advance(183 * DAY_MS)
  while (await removing({ store, clock }, 184)());
  expect((await entriesAbout(id))[0]?.removed).toBeUndefined()
  await clock.advance(2 * DAY_MS)
  while (await removing({ store, clock }, 184)());
  while (await removing({ store, clock }, 0)());
  expect((await entriesAbout(id))[0]).toMatchObject({ removed: true, act: 'human-added' })
  const note = (await store.record.checkpoint())?.note ?? ''
  const { key } = directory.logKey
  const { size, root } = await openCheckpoint(note, { origin: key.name, logKeys: [key] })
  const index = Number(row?.position)
  const proof = await inclusionProof(index, size, subtreesOf(store.record, size))
  expect(() => checkInclusion({ leaf: row?.leaf as Uint8Array, index, size, root, proof })).not.toThrow()
})

describe('a log that could fork', () => {
  const open = () => openLog(directory, { dataFolder: directory.folder, mayFound: false })
  const sign = async () => {
    const logKey = await open()
    while (await sequenceSome({ ...directory, logKey }));
    return logKey
  }

  test('does not open on a database that lost entries, or has others', async () => {
    await addAda()
    await sign()
    await open()
    directory.database.exec(
      'DROP TRIGGER record_tiles_no_update; UPDATE record_tiles SET hashes = zeroblob(length(hashes))',
    )
    expect(await codeThrown(open)).toBe('STORE_CORRUPT')
    directory.database.exec('DROP TRIGGER record_entries_no_delete; DELETE FROM record_entries')
    expect(await codeThrown(open)).toBe('STORE_CORRUPT')
  })

  test('does not open without its key, or with another origin', async () => {
    await addAda()
    await sign()
    expect(
      await codeThrown(() => openLog(directory, { dataFolder: directory.folder, origin: 'other', mayFound: false })),
    ).toBe('STORE_CORRUPT')
    rmSync(join(directory.folder, 'keys', 'record.key.pem'))
    expect(await codeThrown(open)).toBe('STORE_CORRUPT')
  })

  test('begins again with another key where the database was restored', async () => {
    await addAda()
    const before = await sign()
    directory.database.exec("INSERT INTO backup_mark VALUES (1, 'bak_1', 1)")
    const after = await open()
    expect(after.key.name).not.toBe(before.key.name)
    // Interrupted before the mark is taken: the second start takes the same key.
    expect((await open()).key.name).toBe(after.key.name)
    const { json } = await api('GET', '/entries?act=record-continued')
    expect(json).toMatchObject({ items: [{ details: { backup: 'bak_1', size: expect.any(Number) } }] })
  })
})
