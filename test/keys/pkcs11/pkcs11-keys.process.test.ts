import { chmod, mkdtemp, mkdtempDisposable, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../../../src/base/errors.ts'
import { openPkcs11Keys, type Pkcs11Init, pkcs11RecordPath } from '../../../src/keys/pkcs11/pkcs11-keys.ts'
import { loadPkcs11js, openToken, type TokenInit } from '../../../src/keys/pkcs11/pkcs11-module.ts'
import { describeKeyProvider } from '../../contracts/key-provider.contract.ts'
import { makeSofthsmToken, softhsmMissing } from '../../support/tpm/softhsm.ts'

const missing = await softhsmMissing()
if (missing !== undefined) test.skip(`PKCS#11 on SoftHSM: ${missing}`, () => undefined)

const suite = missing === undefined ? describe : describe.skip
suite('with SoftHSM', () => {
  let folder: string
  let token: Omit<Pkcs11Init, 'stateFolder'>
  beforeAll(async () => {
    folder = await mkdtemp('/tmp/surety-softhsm-')
    token = await makeSofthsmToken(folder, 'surety')
    await makeSofthsmToken(folder, 'another')
  })
  afterAll(() => rm(folder, { recursive: true }))
  const open = (stateFolder: string, init: Partial<Pkcs11Init> = {}) =>
    openPkcs11Keys({ ...token, ...init, stateFolder })

  describeKeyProvider('pkcs11', { open })

  test('works with two providers in one process', async () => {
    await using states = await mkdtempDisposable('/tmp/surety-keys-')
    await using one = await open(states.path)
    await using two = await open(states.path)
    const [first, second] = await Promise.all([one.getOrCreateKey('both'), two.getOrCreateKey('both')])
    expect(second.publicKey).toEqual(first.publicKey)
  })

  test('refuses another token than the one with the keys: KEY_PROVIDER_UNAVAILABLE', async () => {
    await using states = await mkdtempDisposable('/tmp/surety-keys-')
    await using first = await open(states.path)
    await first.getOrCreateKey('device')
    await first[Symbol.asyncDispose]()
    expect(await open(states.path, { tokenLabel: 'another' }).catch(codeOf)).toBe('KEY_PROVIDER_UNAVAILABLE')
  })

  test('does not recreate a key that the token has lost: KEY_PROVIDER_UNAVAILABLE', async () => {
    await using states = await mkdtempDisposable('/tmp/surety-keys-')
    await using first = await open(states.path)
    await first.getOrCreateKey('device')
    await first[Symbol.asyncDispose]()
    const { digest: _, ...record } = JSON.parse(await readFile(pkcs11RecordPath(states.path), 'utf8'))
    await writeFile(pkcs11RecordPath(states.path), JSON.stringify(record).replace('"device"', '"lost"'))
    await using second = await open(states.path)
    expect(await second.getOrCreateKey('lost').catch(codeOf)).toBe('KEY_PROVIDER_UNAVAILABLE')
  })

  test.each([
    ['a wrong PIN', async () => ({ pinFile: await pinFile('000000', 0o600) }), 'KEY_AUTHORISATION_FAILED'],
    ['a PIN that others can read', async () => ({ pinFile: await pinFile('648219', 0o644) }), 'NOT_PERMITTED'],
    ['no PIN file', async () => ({ pinFile: join(folder, 'none') }), 'FILE_ABSENT'],
    ['a missing token', async () => ({ tokenLabel: 'elsewhere' }), 'KEY_PROVIDER_UNAVAILABLE'],
    ['a missing library', async () => ({ library: '/nowhere/lib.so' }), 'KEY_PROVIDER_UNAVAILABLE'],
    ['a file that is no library', async () => ({ library: '/etc/hostname' }), 'KEY_PROVIDER_UNAVAILABLE'],
    ['a library by a relative path', async () => ({ library: 'lib.so' }), 'CONFIG_INVALID'],
  ] as const)('%s is refused', async (_, change, code) => {
    await using states = await mkdtempDisposable('/tmp/surety-keys-')
    expect(await open(states.path, await change()).catch(codeOf)).toBe(code)
  })

  test('does not try a refused PIN again until the file has another', async () => {
    await using states = await mkdtempDisposable('/tmp/surety-keys-')
    const refusedPins = new Set<string>()
    const path = join(folder, 'changing-pin')
    const openWith = async (pin: string) => {
      await writeFile(path, pin, { mode: 0o600 })
      return await openPkcs11Keys({ ...token, pinFile: path, stateFolder: states.path }, { refusedPins })
    }
    const messages: unknown[] = []
    for (const pin of ['000000', '000000', '111111', '000000']) {
      messages.push(await openWith(pin).catch((error) => `${codeOf(error)}: ${error.message}`))
    }
    const tried = expect.stringMatching(/^KEY_AUTHORISATION_FAILED: .*CKR_PIN_INCORRECT/)
    const skipped = expect.stringMatching(
      /^KEY_AUTHORISATION_FAILED: .*refused this PIN before.*setting pkcs11\.pinFile/,
    )
    expect(messages).toEqual([tried, skipped, tried, skipped])
    await using keys = await openWith('648219')
    expect((await keys.getOrCreateKey('device')).publicKey.length).toBe(91)
  })

  test('sends the PIN only to the token with the keys', async () => {
    const { library, logins } = await watchedLibrary()
    const expected = { label: 'surety', serial: '0123456789abcdef' }
    expect(codeOfOpening(library, { ...token, expected })).toBe('KEY_PROVIDER_UNAVAILABLE')
    expect(logins).toEqual([])
  })

  test.each([
    ['the next wrong PIN would lock', 0x20000, /the last try is not used.*Log in by hand/],
    ['is locked', 0x40000, /is locked.*SO PIN/],
  ])('sends no PIN to a token that %s', async (_, flag, message) => {
    const { library, logins } = await watchedLibrary(flag)
    expect(() => openToken(library, token, '648219', new Set())).toThrow(message)
    expect(codeOfOpening(library, token)).toBe('KEY_AUTHORISATION_FAILED')
    expect(logins).toEqual([])
    // Without the flag it does.
    const free = await watchedLibrary()
    openToken(free.library, token, '648219', new Set()).close()
    expect(free.logins).toHaveLength(1)
  })

  function codeOfOpening(library: Parameters<typeof openToken>[0], init: TokenInit): unknown {
    try {
      openToken(library, init, '648219', new Set())
    } catch (error) {
      return codeOf(error)
    }
    return undefined
  }

  /** The real library with an additional `flag` on each token. `logins` counts attempts to log in. */
  async function watchedLibrary(flag = 0) {
    const real = await loadPkcs11js()
    const logins: string[] = []
    class Watched extends real.PKCS11 {
      override C_GetTokenInfo(slot: Buffer) {
        const info = super.C_GetTokenInfo(slot)
        return { ...info, flags: info.flags | flag }
      }
      override C_Login(...[session, user, pin]: [Buffer, number, string]) {
        logins.push(pin)
        super.C_Login(session, user, pin)
      }
    }
    return { library: { ...real, PKCS11: Watched }, logins }
  }

  async function pinFile(pin: string, mode: number): Promise<string> {
    const path = join(folder, `pin-${pin}-${mode}`)
    await writeFile(path, pin, { mode })
    await chmod(path, mode)
    return path
  }
})
