import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ProviderSettings, providerOf } from '../../../src/directory/console/read-provider.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const folder = temporaryFolder({ inMemory: true })
const clientSecretFile = join(folder.path, 'secret')
const WHOLE = { issuer: 'https://login.example.org', clientId: 'surety', clientSecretFile }
beforeEach(() => writeFileSync(clientSecretFile, 'secret\n', { mode: 0o600 }))
afterAll(() => folder[Symbol.dispose]())

test('there is none without settings, and one with all of them', async () => {
  expect(await providerOf({})).toBeUndefined()
  expect((await providerOf(WHOLE))?.name).toBe('login.example.org')
  expect((await providerOf({ ...WHOLE, issuer: 'http://localhost:3000/realms/a' }))?.name).toBe('localhost:3000')
})

test.each<[string, ProviderSettings, () => void]>([
  ['an issuer alone', { issuer: WHOLE.issuer }, () => undefined],
  ['no issuer', { ...WHOLE, issuer: undefined }, () => undefined],
  ['an issuer without TLS', { ...WHOLE, issuer: 'http://login.example.org' }, () => undefined],
  ['an issuer that only begins like loopback', { ...WHOLE, issuer: 'http://localhost.example.org' }, () => undefined],
  ['a secret that is absent', WHOLE, () => rmSync(clientSecretFile)],
  ['a secret that is empty', WHOLE, () => writeFileSync(clientSecretFile, '\n')],
  ['a secret that others can read', WHOLE, () => chmodSync(clientSecretFile, 0o644)],
])('refuses %s', async (_name, settings, spoil) => {
  spoil()
  await expect(providerOf(settings)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})
