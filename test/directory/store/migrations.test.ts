import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { MIGRATIONS } from '../../../src/directory/store/migrations/migrations.ts'
import { openStore, requireWhole } from '../../../src/directory/store/open-store.ts'
import { openDatabase } from '../../../src/system/sqlite/sqlite.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** The beginning of SHA-256 of each step. A step that people's databases were made with never changes: the next one is added. */
const HASHES: readonly string[] = [
  '241b95ae82e37afd',
  '5940bd401a88ddf7',
  'd67f248612d64068',
  'e2f20c80a1462055',
  '658ccfa980c3a997',
  '2e12a3e104badec9',
  'f3806162302eabc0',
  '748cc0c47055f557',
  'b8ca79239dab788b',
  '5aedfae66b3e8755',
  '1a23b04c66f098a0',
  'b7d7fca9339cb1b6',
  '9b7a75a826a4aa14',
  'f63fd5163869a0c7',
  '65b1d12e87fec25f',
  '067fa7278fc6088b',
  '7631b73acb1a3906',
  'f748417df4101044',
  '8ffc9d43df00ad56',
  'b5f242915676197c',
  'f028a58ef8b79a2d',
  '9a931383e8fdc1f2',
  '2920463bb00ac3bd',
  'd2564f5fc690fd9b',
  'd09ced945cc4da94',
  '29f0e0306079a40f',
  '69361863601e912f',
  '2d361c645397133c',
  '9f0ad3efa76c3d59',
  'dc0f5981364b9aa2',
  '427bb0a73e95a21c',
]

test('keeps each step as it was: a database whose tables differ is refused as damaged', () => {
  expect(MIGRATIONS.map((step) => createHash('sha256').update(step).digest('hex').slice(0, 16))).toEqual(HASHES)
})

const OLD_ROWS = `
  INSERT INTO tokens (id, secret_hash, owner, minimum_tier, created_at, expires_at, uses) VALUES ('t', 'h', 'ada', 'software', 1, 2, 1);
  INSERT INTO devices (id, epoch, status, tier, owner, token, application_key, label_json, enrolled_at, head)
    VALUES ('d', 1, 'active', 'software', 'ada', 't', 'k', '{"hostname":"laptop","platform":"linux","arch":"x64"}', 1, 'head');
  INSERT INTO sightings (device, id, kind, name, json, first_seen, last_seen, snapshot)
    VALUES ('d', 'a', 'agent', 'Claude', '{"state":"running","user":{"id":"1","name":"ada"}}', 1, 1, 's');
  INSERT INTO stops (id, kind, state, json, created_at) VALUES ('s1', 'freeze', 'standing',
    '{"created":{"by":{"id":"adm_1","name":"Ada"}}}', 1);
  INSERT INTO preregistrations (id, kind, name_key, name, owner, added_at, added_by)
    VALUES ('p', 'serial', 's', 'S', 'Ada@Example.org', 1, 'adm_1');
`

test('a database of the first version is taken to this one with what it holds', () => {
  using folder = temporaryFolder({ inMemory: true })
  const path = join(folder.path, 'directory.db')
  {
    using old = openDatabase(path)
    old.exec(MIGRATIONS[0] ?? '')
    old.exec('PRAGMA user_version=1')
    old.exec(OLD_ROWS)
  }
  using database = openStore(path)

  requireWhole(path, database)
  database.exec(`UPDATE sightings SET json = json_set(json, '$.frozenBy', json('[]'))`)

  expect(database.prepare('SELECT user_name, frozen FROM sightings').get()).toEqual({ user_name: 'ada', frozen: 1 })
  expect(database.prepare('SELECT unknown, frozen FROM sighting_counts').get()).toEqual({ unknown: 1, frozen: 1 })
  expect(database.prepare('SELECT owner_key FROM preregistrations').get()).toEqual({ owner_key: 'ada@example.org' })
  expect(database.prepare('SELECT alone_by FROM stops').get()).toEqual({ alone_by: 'ada' })
})
