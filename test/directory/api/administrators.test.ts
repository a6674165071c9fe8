import { randomBytes } from 'node:crypto'
import { rmSync, statSync, writeFileSync } from 'node:fs'
import { sha256 } from '../../../src/crypto/hash.ts'
import {
  administratorFile,
  giveAdministrator,
  keepAdministratorFile,
  readAdministratorFile,
} from '../../../src/directory/api/administrator-file.ts'
import { authenticate, newAdministrator } from '../../../src/directory/api/administrators.ts'
import { administratorStore } from '../../../src/directory/store/administrator-store.ts'
import { openStore } from '../../../src/directory/store/open-store.ts'
import { FakeClock } from '../../fakes/fake-clock.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

function setUp() {
  const folder = temporaryFolder()
  const database = openStore(`${folder.path}/directory.db`)
  const lines: string[] = []
  const write = (message: string, fields?: object) => void lines.push(`${message} ${JSON.stringify(fields)}`)
  const components = {
    store: administratorStore(database),
    clock: new FakeClock(),
    randomBytes: (size: number) => new Uint8Array(randomBytes(size)),
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

test('the first start writes the profile once, private, and logs where it lies and never what it is', async () => {
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
  expect(authenticate(at.components.store, `Bearer ${profile?.token}`)).toEqual({
    id: expect.stringMatching(/^adm_/),
    name: 'administrator',
  })
})

test('only a hash of the token is in the database', async () => {
  using at = setUp()
  await keepAdministratorFile(at.components, at.init)
  const { token = '' } = (await readAdministratorFile(at.file)) ?? {}
  const secret = Buffer.from(token.slice('surety_adm_'.length), 'base64url')
  const rows = at.database.prepare('SELECT * FROM administrators').all()
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
  await giveAdministrator(at.components, { path: at.file, url: at.init.url, ca: at.init.ca })
  const after = await readAdministratorFile(at.file)
  expect(authenticate(at.components.store, `Bearer ${before?.token}`)).toBeUndefined()
  const administrators = at.components.store.administrators()
  expect(administrators.map(({ id, name }) => ({ id, name }))).toEqual([
    authenticate(at.components.store, `Bearer ${after?.token}`),
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
  (header) => {
    using at = setUp()
    const { stored } = newAdministrator(at.components.randomBytes, 'x')
    at.components.store.replaceAdministrators(stored, 1)
    expect(authenticate(at.components.store, header)).toBeUndefined()
  },
)
