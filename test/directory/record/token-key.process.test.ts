import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { keyPlace, openLogKey } from '../../../src/directory/record/log-key.ts'
import { openLog } from '../../../src/directory/record/open-log.ts'
import { sequenceSome } from '../../../src/directory/record/sequencer.ts'
import type { TokenInit } from '../../../src/directory/record/token-key.ts'
import { openCheckpoint } from '../../../src/tlog/checkpoints.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { runDirectory, serveDirectory } from '../../support/directory/directory-process.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { makeSofthsmToken, softhsmMissing } from '../../support/tpm/softhsm.ts'
import { waitFor } from '../../support/wait-for.ts'

const missing = await softhsmMissing()
if (missing !== undefined) test.skip(`the key of the record on SoftHSM: ${missing}`, () => undefined)

const suite = missing === undefined ? describe : describe.skip
suite('the key of the record on a token', () => {
  const folder = temporaryFolder()
  let token: TokenInit
  beforeAll(async () => {
    token = await makeSofthsmToken(folder.path, 'record')
    await makeSofthsmToken(folder.path, 'another')
  })
  afterAll(() => folder[Symbol.dispose]())

  let directory: TestDirectory
  beforeEach(async () => {
    directory = await startTestDirectory()
    // The test directory made a key in a file.
    rmSync(keyFile('pem'))
  })
  afterEach(() => directory[Symbol.asyncDispose]())
  const keyFile = (ending: 'pem' | 'json') => join(directory.folder, 'keys', `record.key.${ending}`)
  const open = (init: Partial<TokenInit> = {}, mayFound = true) =>
    openLog(directory, { dataFolder: directory.folder, token: { ...token, ...init }, mayFound })

  async function signed() {
    const logKey = await open()
    await directory.ask('POST', '/api/v1/humans', { body: { userName: 'ada@example.org', displayName: 'Ada' } })
    while (await sequenceSome({ ...directory, logKey }));
    logKey.close?.()
    return logKey
  }

  test('signs checkpoints, and the same key does after a restart', async () => {
    const { key } = await signed()
    const { note = '' } = (await directory.store.record.checkpoint()) ?? {}
    expect((await openCheckpoint(note, { origin: key.name, logKeys: [key] })).size).toBeGreaterThan(0)
    expect(existsSync(keyFile('pem'))).toBe(false)
    const again = await open({}, false)
    expect(again.key).toEqual(key)
    again.close?.()
  })

  test('signs again once the token is back, and acts are recorded meanwhile', async () => {
    const logKey = await open()
    const [tokens, away] = [join(folder.path, 'tokens'), join(folder.path, 'away')]
    renameSync(tokens, away)
    try {
      await directory.ask('POST', '/api/v1/humans', { body: { userName: 'eve@example.org', displayName: 'Eve' } })
      expect(await codeThrown(() => sequenceSome({ ...directory, logKey }))).toBe('KEY_PROVIDER_UNAVAILABLE')
      expect(await codeThrown(() => sequenceSome({ ...directory, logKey }))).toBe('KEY_PROVIDER_UNAVAILABLE')
    } finally {
      renameSync(away, tokens)
    }
    while (await sequenceSome({ ...directory, logKey }));
    const { size, note = '' } = (await directory.store.record.checkpoint()) ?? {}
    expect(size).toBe(await directory.store.record.size())
    const origin = logKey.key.name
    expect((await openCheckpoint(note, { origin, logKeys: [logKey.key] })).size).toBe(size)
    logKey.close?.()
  })

  test('is another one where the database was restored, also without the token', async () => {
    const before = await signed()
    directory.database.exec("INSERT INTO backup_mark VALUES (1, 'bak_1', 1)")
    expect(await codeThrown(() => open({ tokenLabel: 'absent' }, false))).toBe('KEY_PROVIDER_UNAVAILABLE')
    const after = await open({}, false)
    after.close?.()
    expect(after.key.publicKey).not.toEqual(before.key.publicKey)
    expect(existsSync(join(directory.folder, 'keys', 'record.bak_1.key.json'))).toBe(true)
  })

  test.each<[string, Partial<TokenInit>, string]>([
    ['another token than before', { tokenLabel: 'another' }, 'KEY_PROVIDER_UNAVAILABLE'],
    ['a missing token', { tokenLabel: 'absent' }, 'KEY_PROVIDER_UNAVAILABLE'],
    ['a missing library', { library: '/nowhere/library.so' }, 'KEY_PROVIDER_UNAVAILABLE'],
    ['no PIN file', { pinFile: '/nowhere/pin' }, 'FILE_ABSENT'],
  ])('does not open with %s', async (_, init, code) => {
    await signed()
    expect(await codeThrown(() => open(init, false))).toBe(code)
  })

  test('does not open with a wrong PIN', async () => {
    await signed()
    const pinFile = join(folder.path, 'wrong-pin')
    writeFileSync(pinFile, '000000', { mode: 0o600 })
    expect(await codeThrown(() => open({ pinFile }, false))).toBe('KEY_AUTHORISATION_FAILED')
  })

  test('does not open with a file that is damaged, names another key, or is gone', async () => {
    await signed()
    const good = readFileSync(keyFile('json'), 'utf8')
    writeFileSync(keyFile('json'), good.replace('record-', 'record_'), { mode: 0o600 })
    expect(await codeThrown(() => open({}, false))).toBe('STORE_CORRUPT')
    const { digest: _, ...stored } = JSON.parse(good)
    writeFileSync(keyFile('json'), JSON.stringify({ ...stored, label: `record-${'0'.repeat(16)}` }), { mode: 0o600 })
    expect(await codeThrown(() => open({}, false))).toBe('KEY_PROVIDER_UNAVAILABLE')
    rmSync(keyFile('json'))
    expect(await codeThrown(() => open({}, false))).toBe('STORE_CORRUPT')
  })

  test('is not replaced by one in a file, nor one in a file by it', async () => {
    await signed()
    const inFile = { dataFolder: directory.folder, mayFound: true }
    expect(await codeThrown(() => openLog(directory, inFile))).toBe('CONFIG_INVALID')
    renameSync(keyFile('json'), join(directory.folder, 'aside.json'))
    await openLogKey(keyPlace(join(directory.folder, 'keys')), { mayMake: true })
    expect(await codeThrown(() => open())).toBe('CONFIG_INVALID')
  })

  test('serves a directory by three settings, and two of them are needed', async () => {
    using data = temporaryFolder({ inMemory: true })
    const environment = { SOFTHSM2_CONF: join(folder.path, 'softhsm2.conf') }
    const module = ['--record-pkcs11-module', token.library]
    const pin = ['--record-pkcs11-pin-file', token.pinFile]
    const refused = await runDirectory(['serve', '--data', data.path, ...module], environment)
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('record.pkcs11.pinFile') })
    const label = ['--record-pkcs11-token-label', 'record']
    await using serving = await serveDirectory(data.path, [...module, ...label, ...pin], undefined, environment)
    expect(serving.pid).toBeGreaterThan(0)
    await waitFor('a checkpoint', () => readFileSync(join(data.path, 'record.checkpoint'), 'utf8'), {
      until: (note) => note.includes('surety-record/'),
    })
    expect(existsSync(join(data.path, 'keys', 'record.key.json'))).toBe(true)
    expect(existsSync(join(data.path, 'keys', 'record.key.pem'))).toBe(false)
  })
})
