import { randomBytes } from 'node:crypto'
import { rmSync, statSync, writeFileSync } from 'node:fs'
import { sha256 } from '../../../src/crypto/hash.ts'
import {
  administratorFile,
  keepAdministratorFile,
  readAdministratorFile,
  writeNewAdministrator,
} from '../../../src/directory/principals/administrator-file.ts'
import { newAdministrator, principalOf, replaceAdministrators } from '../../../src/directory/principals/principals.ts'
import { sqliteDatabase } from '../../../src/directory/sql/sqlite.ts'
import { directoryStore } from '../../../src/directory/store/directory-store.ts'
import { openStore } from '../../../src/directory/store/open-store.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

function setUp() {
  const folder = temporaryFolder()
  const database = openStore(`${folder.path}/directory.db`)
  const lines: string[] = []
  const write = (message: string, fields?: object) => void lines.push(`${message} ${JSON.stringify(fields)}`)
  const components = {
    store: directoryStore(sqliteDatabase(database)),
    clock: new FakeClock(),
    random: (size: number) => new Uint8Array(randomBytes(size)),
    log: { debug: write, info: write, warn: write, error: write },
  }
  const init = { dataFolder: folder.path, url: 'https://127.0.0.1:1', ca: 'PEM' }
  return {
    database,
    components,
    init,
    lines,
    file: administratorFile(folder.path),
    [Symbol.dispose]() {
      database.close()
      folder[Symbol.dispose]()
    },
  }
}

test('the first start writes a private profile once, and logs its path and no secret', async () => {
  using at = setUp()
  await keepAdministratorFile(at.components, at.init)
  const profile = await readAdministratorFile(at.file)
  expect(profile).toEqual({
    url: 'https://127.0.0.1:1',
    ca: 'PEM',
    token: expect.stringMatching(/^surety_adm_[A-Za-z0-9_-]{43}$/),
  })
  expect(statSync(at.file).mode & 0o777).toBe(0o600)
  expect(at.lines).toEqual([`first administrator made ${JSON.stringify({ profileFile: at.file })}`])
  expect(
    await principalOf(at.components.store.principals, `Bearer ${profile?.token}`, at.components.clock.now()),
  ).toEqual({
    id: expect.stringMatching(/^adm_/),
    kind: 'administrator',
    name: 'administrator',
    role: 'administrator',
  })
})

test('only a hash of the token is in the database', async () => {
  using at = setUp()
  await keepAdministratorFile(at.components, at.init)
  const { token = '' } = (await readAdministratorFile(at.file)) ?? {}
  const secret = Buffer.from(token.slice('surety_adm_'.length), 'base64url')
  const rows = at.database.prepare('SELECT * FROM principals').all()
  expect(rows).toMatchObject([{ token_hash: Buffer.from(sha256(secret)).toString('base64url'), revoked_at: null }])
  expect(JSON.stringify(rows)).not.toContain(token.slice('surety_adm_'.length))
})

test('a deleted profile does not come back; a kept one follows address and certificate', async () => {
  using at = setUp()
  await keepAdministratorFile(at.components, at.init)
  const first = await readAdministratorFile(at.file)
  await keepAdministratorFile(at.components, { ...at.init, url: 'https://127.0.0.1:2', ca: 'PEM2' })
  expect(await readAdministratorFile(at.file)).toEqual({ ...first, url: 'https://127.0.0.1:2', ca: 'PEM2' })
  rmSync(at.file)
  await keepAdministratorFile(at.components, at.init)
  expect(await readAdministratorFile(at.file)).toBeUndefined()
})

test('a reset revokes what was there before', async () => {
  using at = setUp()
  await keepAdministratorFile(at.components, at.init)
  const before = await readAdministratorFile(at.file)
  await writeNewAdministrator(at.components, { path: at.file, url: at.init.url, ca: at.init.ca, actor: 'local' })
  const after = await readAdministratorFile(at.file)
  expect(
    await principalOf(at.components.store.principals, `Bearer ${before?.token}`, at.components.clock.now()),
  ).toBeUndefined()
  const { principals, events } = at.components.store
  const administrator = await principalOf(principals, `Bearer ${after?.token}`, at.components.clock.now())
  expect(await principals.list()).toEqual([expect.objectContaining(administrator)])
  expect(await events.list({ limit: 10 })).toMatchObject([
    { kind: 'administrator-reset', actor: 'local', facts: { administrator: administrator?.id, revoked: 1 } },
  ])
})

test('a profile that others can read, or that is damaged, is refused', async () => {
  using at = setUp()
  writeFileSync(at.file, '{}', { mode: 0o644 })
  expect(await codeThrown(() => readAdministratorFile(at.file))).toBe('NOT_PERMITTED')
  rmSync(at.file)
  writeFileSync(at.file, '{}', { mode: 0o600 })
  expect(await codeThrown(() => readAdministratorFile(at.file))).toBe('CONFIG_INVALID')
})

test.each([undefined, '', 'Bearer', 'Bearer surety_adm_', `Bearer surety_adm_${'A'.repeat(42)}`, 'Bearer \u0000'])(
  'no administrator speaks as %j',
  async (header) => {
    using at = setUp()
    await replaceAdministrators(at.components, newAdministrator(at.components).principal)
    expect(await principalOf(at.components.store.principals, header, at.components.clock.now())).toBeUndefined()
  },
)
