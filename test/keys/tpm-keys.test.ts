import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { chmod, mkdtemp, mkdtempDisposable, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Bytes, fromBase64Url, toBase64Url, toHex } from '../../src/base/bytes.ts'
import { systemClock } from '../../src/base/clock.ts'
import { codeOf, SuretyError } from '../../src/base/errors.ts'
import { importP256, verifyEs256 } from '../../src/crypto/jws.ts'
import { verifyCertify } from '../../src/crypto/tpm/certify.ts'
import {
  requireApplicationKey,
  requireAttestationKey,
  requireEndorsementKey,
} from '../../src/crypto/tpm/key-attributes.ts'
import { makeCredential } from '../../src/crypto/tpm/make-credential.ts'
import { nameOf, parsePublic, spkiOf } from '../../src/crypto/tpm/public-area.ts'
import { verifyQuote } from '../../src/crypto/tpm/quote.ts'
import type { Attestor, KeyProvider } from '../../src/keys/key-provider.ts'
import { tpmClient } from '../../src/keys/tpm/client.ts'
import { createPrimary, HIERARCHY, startHmacSession } from '../../src/keys/tpm/commands.ts'
import { keyFilePath } from '../../src/keys/tpm/key-file.ts'
import { listHandles, startup } from '../../src/keys/tpm/queries.ts'
import { simulatorTransport } from '../../src/keys/tpm/simulator-transport.ts'
import { storageRoot } from '../../src/keys/tpm/templates.ts'
import { openTpmKeys } from '../../src/keys/tpm/tpm-keys.ts'
import { describeKeyProvider } from '../contracts/key-provider.contract.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { type EkKind, type Swtpm, startSwtpm, swtpmMissing } from '../support/swtpm.ts'
import { CODE, type Interception, intercepted, responseOf } from './intercepted-transport.ts'

const missing = swtpmMissing()
if (missing !== undefined) test.skip(`TPM keys on swtpm: ${missing}`, () => undefined)
const suite = missing === undefined ? describe : describe.skip

const BINDING = new Uint8Array(32).fill(0x5a)
const OPTIONS = { signal: new AbortController().signal }
const MESSAGE = new TextEncoder().encode('evidence')

suite('with swtpm', () => {
  let home: string
  let tpm: Swtpm
  beforeAll(async () => {
    home = await mkdtemp('/tmp/surety-tpm-')
    tpm = await startSwtpm({ folder: join(home, 'tpm') })
  })
  afterAll(async () => {
    await tpm.stop()
    await rm(home, { recursive: true })
  })

  const open = (stateFolder: string, interception: Interception = {}, simulator = tpm.simulator) =>
    openTpmKeys(
      { transport: intercepted(simulatorTransport(simulator), interception), clock: systemClock },
      { stateFolder },
    )
  const inFolder = async (work: (stateFolder: string) => Promise<void>) => {
    await using folder = await mkdtempDisposable('/tmp/surety-keys-')
    await work(folder.path)
  }
  /** What is loaded in the TPM: transient objects and sessions. */
  const loadedNow = async () => {
    await using transport = simulatorTransport(tpm.simulator)
    const client = tpmClient({ transport, clock: systemClock })
    const objects = await listHandles(client, 0x80000000, OPTIONS)
    return [...objects, ...(await listHandles(client, 0x02000000, OPTIONS))]
  }

  describeKeyProvider('tpm', { open: (stateFolder) => open(stateFolder) })

  test(
    '10,000 signatures and a closed provider leave no transient object and no session behind',
    () =>
      inFolder(async (stateFolder) => {
        let verified = 0
        await using provider = await open(stateFolder, {})
        const key = await provider.getOrCreateKey('device')
        const publicKey = importP256(key.publicKey)
        for (let round = 0; round < 200; round++) {
          const messages = Array.from({ length: 50 }, (_, index) => new TextEncoder().encode(`${round} ${index}`))
          const signatures = await Promise.all(messages.map((message) => key.sign(message)))
          const [message, signature] = [messages[round % 50], signatures[round % 50]]
          if (message && signature && verifyEs256(message, signature, publicKey)) verified++
        }
        await provider[Symbol.asyncDispose]()
        expect([verified, await loadedNow()]).toEqual([200, []])
      }),
    60_000,
  )

  test('what a process that died left in a simulator is flushed at the next opening', () =>
    inFolder(async (stateFolder) => {
      {
        await using transport = simulatorTransport(tpm.simulator)
        const client = tpmClient({ transport, clock: systemClock })
        await startup(client, OPTIONS)
        for (let i = 0; i < 3; i++) await createPrimary(client, HIERARCHY.owner, storageRoot, OPTIONS)
        await startHmacSession(client, OPTIONS)
      }
      expect(await loadedNow()).toHaveLength(4)
      await using provider = await open(stateFolder)
      await provider.getOrCreateKey('device')
      await provider[Symbol.asyncDispose]()
      expect(await loadedNow()).toEqual([])
    }))

  test('the same message asked for twice at once is signed once', () =>
    inFolder(async (stateFolder) => {
      const codes: number[] = []
      await using provider = await open(stateFolder, { command: (code) => codes.push(code) })
      const key = await provider.getOrCreateKey('device')
      const [first, second] = await Promise.all([key.sign(MESSAGE), key.sign(MESSAGE)])
      const third = await key.sign(MESSAGE)
      expect(second).toEqual(first)
      expect(third).not.toEqual(first)
      expect(codes.filter((code) => code === CODE.sign)).toHaveLength(2)
    }))

  test('a queue that is full refuses: TPM_BUSY', () =>
    inFolder(async (stateFolder) => {
      await using provider = await open(stateFolder)
      const key = await provider.getOrCreateKey('device')
      const many = Array.from({ length: 100 }, (_, index) =>
        key.sign(Uint8Array.of(index)).then(() => 'signed', codeOf),
      )
      expect(new Set(await Promise.all(many))).toEqual(new Set(['signed', 'TPM_BUSY']))
    }))

  describe('secrets', () => {
    test('the key file is 0600 and its authorisation crosses the bus only when a key is made', () =>
      inFolder(async (stateFolder) => {
        const seen: [number, Uint8Array][] = []
        await using provider = await open(stateFolder, { command: (code, bytes) => seen.push([code, bytes]) })
        const key = await provider.getOrCreateKey('device')
        await key.sign(MESSAGE)
        await attestorOf(provider).enrolmentClaim(BINDING)
        await attestorOf(provider).quote(BINDING, [0])
        expect((await stat(keyFilePath(stateFolder))).mode & 0o777).toBe(0o600)
        const { authorisation } = JSON.parse(await readFile(keyFilePath(stateFolder), 'utf8'))
        const secret = toHex(bytesOf(authorisation)).replace(/(00)+$/, '')
        const codes = seen.filter(([, bytes]) => toHex(bytes).includes(secret)).map(([code]) => code)
        expect(codes).toEqual([CODE.create, CODE.create])
      }))

    test('without the authorisation the key does not sign: KEY_AUTHORISATION_FAILED', () =>
      inFolder(async (stateFolder) => {
        await makeDevice(stateFolder)
        await changeFile(stateFolder, (file) => ({ ...file, authorisation: toBase64Url(new Uint8Array(32).fill(1)) }))
        await using provider = await open(stateFolder)
        const key = await provider.getOrCreateKey('device')
        expect(await key.sign(MESSAGE).catch(codeOf)).toBe('KEY_AUTHORISATION_FAILED')
      }))

    test('a response changed on the bus is refused: KEY_AUTHORISATION_FAILED', () =>
      inFolder(async (stateFolder) => {
        const response = async (code: number, ask: () => Promise<Uint8Array>) => {
          const bytes = await ask()
          // A byte of the signature's r.
          if (code === CODE.sign) bytes[24] = (bytes[24] ?? 0) ^ 1
          return bytes
        }
        await using provider = await open(stateFolder, { response })
        const key = await provider.getOrCreateKey('device')
        expect(await key.sign(MESSAGE).catch(codeOf)).toBe('KEY_AUTHORISATION_FAILED')
      }))
  })

  describe('identity', () => {
    test('keys of another TPM are lost here, never made anew: TPM_IDENTITY_LOST', () =>
      inFolder(async (stateFolder) => {
        await makeDevice(stateFolder)
        const before = await readFile(keyFilePath(stateFolder))
        await using other = await startSwtpm({ folder: join(stateFolder, 'other'), ek: 'none' })
        expect(await open(stateFolder, {}, other.simulator).catch(codeOf)).toBe('TPM_IDENTITY_LOST')
        expect(await readFile(keyFilePath(stateFolder))).toEqual(before)
      }))

    test('TPM2_Clear ends the identity: TPM_IDENTITY_LOST', () =>
      inFolder(async (stateFolder) => {
        await using cleared = await startSwtpm({ folder: join(stateFolder, 'cleared') })
        await makeDevice(stateFolder, cleared.simulator)
        await promisify(execFile)('tpm2_clear', ['-c', 'p'], { env: { ...process.env, TPM2TOOLS_TCTI: cleared.tcti } })
        expect(await open(stateFolder, {}, cleared.simulator).catch(codeOf)).toBe('TPM_IDENTITY_LOST')
      }))

    test('a TPM that was reset while we hold keys goes on signing with the same key, counters told', () =>
      inFolder(async (stateFolder) => {
        const folder = join(stateFolder, 'reset')
        const before = await startSwtpm({ folder })
        await using provider = await open(stateFolder, {}, before.simulator)
        const key = await provider.getOrCreateKey('device')
        const first = await quoteCounters(provider)
        await before.stop()
        expect(await key.sign(MESSAGE).catch(codeOf)).toBe('TPM_UNAVAILABLE')
        await using _after = await startSwtpm({ folder })
        expect(verifyEs256(MESSAGE, await key.sign(MESSAGE), importP256(key.publicKey))).toBe(true)
        expect((await quoteCounters(provider)).resetCount).toBe(first.resetCount + 1)
      }))

    test('an owner hierarchy with a password is worked around by the storage root it left at 0x81000001', () =>
      inFolder(async (stateFolder) => {
        await using owned = await startSwtpm({ folder: join(stateFolder, 'owned') })
        const tool = (name: string, ...args: string[]) =>
          promisify(execFile)(name, args, { cwd: stateFolder, env: { ...process.env, TPM2TOOLS_TCTI: owned.tcti } })
        await tool('tpm2_createprimary', '-C', 'o', '-G', 'rsa', '-c', 'srk.ctx')
        await tool('tpm2_evictcontrol', '-C', 'o', '-c', 'srk.ctx', '0x81000001')
        await tool('tpm2_flushcontext', '-t')
        await tool('tpm2_changeauth', '-c', 'owner', 'password')
        await using provider = await open(stateFolder, {}, owned.simulator)
        const key = await provider.getOrCreateKey('device')
        expect(verifyEs256(MESSAGE, await key.sign(MESSAGE), importP256(key.publicKey))).toBe(true)
      }))
  })

  describe('refusals', () => {
    test('a key file that others can read is refused: NOT_PERMITTED', () =>
      inFolder(async (stateFolder) => {
        await makeDevice(stateFolder)
        await chmod(keyFilePath(stateFolder), 0o640)
        expect(await open(stateFolder).catch(codeOf)).toBe('NOT_PERMITTED')
      }))

    test.each(['', '{}', '{"version":2}', '\u0000', '{"version":1,"root":"primary"}'])(
      'a key file of %j is refused and left alone: STORE_CORRUPT',
      (text) =>
        inFolder(async (stateFolder) => {
          await writeFile(keyFilePath(stateFolder), text, { mode: 0o600 })
          expect(await open(stateFolder).catch(codeOf)).toBe('STORE_CORRUPT')
          expect(await readFile(keyFilePath(stateFolder), 'utf8')).toBe(text)
        }),
    )

    test('a TPM without P-256 is refused before anything is made: KEY_UNSUPPORTED', () =>
      inFolder(async (stateFolder) => {
        const response = async (code: number, ask: () => Promise<Uint8Array>) => {
          const bytes = await ask()
          const curves = new DataView(bytes.buffer, bytes.byteOffset)
          if (code === CODE.getCapability && curves.getUint32(11) === 8) curves.setUint16(19 + 4, 0x0001)
          return bytes
        }
        expect(await open(stateFolder, { response }).catch(codeOf)).toBe('KEY_UNSUPPORTED')
        expect(await readFile(keyFilePath(stateFolder)).catch(() => 'absent')).toBe('absent')
      }))

    test('a TPM that is busy for a while is asked again; one that stays busy is TPM_BUSY', () =>
      inFolder(async (stateFolder) => {
        const busy = { left: 3 }
        const response = async (code: number, ask: () => Promise<Uint8Array>) =>
          code === CODE.sign && busy.left-- > 0 ? responseOf(0x922) : await ask()
        const transport = intercepted(simulatorTransport(tpm.simulator), { response })
        const clock = new FakeClock()
        await using provider = await openTpmKeys({ transport, clock }, { stateFolder })
        const key = await provider.getOrCreateKey('device')
        const settled = async (signature: Promise<Bytes>) => {
          const outcome: { value?: unknown } = {}
          signature.then((bytes) => (outcome.value = bytes.length)).catch((error) => (outcome.value = codeOf(error)))
          while (!('value' in outcome)) await clock.advance(1_000)
          return outcome.value
        }
        expect(await settled(key.sign(MESSAGE))).toBe(64)
        busy.left = Number.POSITIVE_INFINITY
        expect(await settled(key.sign(MESSAGE))).toBe('TPM_BUSY')
      }))

    test('PCRs that changed between the quote and their reading are quoted again; ever changing ones are TPM_BUSY', () =>
      inFolder(async (stateFolder) => {
        const changed = { left: 1 }
        const codes: number[] = []
        const response = async (code: number, ask: () => Promise<Uint8Array>) => {
          const bytes = await ask()
          codes.push(code)
          // The last byte of the last value.
          return code === CODE.pcrRead && changed.left-- > 0 ? bytes.with(-1, 0xff) : bytes
        }
        await using provider = await open(stateFolder, { response })
        const { pcrs } = await attestorOf(provider).quote(BINDING, [0, 1])
        expect([pcrs, codes.filter((code) => code === CODE.quote).length]).toEqual([
          { 0: '00'.repeat(32), 1: '00'.repeat(32) },
          2,
        ])
        changed.left = Number.POSITIVE_INFINITY
        expect(await attestorOf(provider).quote(BINDING, [0, 1]).catch(codeOf)).toBe('TPM_BUSY')
      }))

    test('a TPM without an active SHA-256 bank cannot be quoted: KEY_UNSUPPORTED', () =>
      inFolder(async (stateFolder) => {
        // The selection of the response: nothing of the bank.
        const response = async (code: number, ask: () => Promise<Uint8Array>) =>
          code === CODE.pcrRead ? (await ask()).fill(0, 21, 24) : await ask()
        await using provider = await open(stateFolder, { response })
        expect(await attestorOf(provider).quote(BINDING, [0]).catch(codeOf)).toBe('KEY_UNSUPPORTED')
      }))

    test('nothing listens: TPM_UNAVAILABLE', () =>
      inFolder(async (stateFolder) => {
        expect(await open(stateFolder, {}, 'unix:/nowhere/tpm').catch(codeOf)).toBe('TPM_UNAVAILABLE')
      }))

    test('a claim before there is an application key: KEY_NOT_FOUND', () =>
      inFolder(async (stateFolder) => {
        await using provider = await open(stateFolder)
        expect(await attestorOf(provider).enrolmentClaim(BINDING).catch(codeOf)).toBe('KEY_NOT_FOUND')
      }))
  })

  describe.each<EkKind>(['rsa2048', 'p256', 'p384'])('the ceremony with an endorsement key of %s', (ek) => {
    let special: Swtpm
    let provider: KeyProvider
    let attestor: Attestor
    let claim: TpmClaim
    beforeAll(async () => {
      special = await startSwtpm({ folder: join(home, ek), ek })
      provider = await open(await mkdtemp(join(home, 'keys-')), {}, special.simulator)
      attestor = attestorOf(provider)
      await provider.getOrCreateKey('device')
      claim = await tpmClaim(attestor)
    })
    afterAll(async () => {
      await provider[Symbol.asyncDispose]()
      await special.stop()
    })

    test('the endorsement key is the one of the certificate, the others have the attributes they must', () => {
      const certified = new X509Certificate(bytesOf(claim.endorsementCertificate ?? ''))
      const spki = certified.publicKey.export({ type: 'spki', format: 'der' })
      expect(toHex(spkiOf(bytesOf(claim.endorsementPublic)))).toBe(toHex(spki))
      expect(attestor.endorsementPublic).toEqual(bytesOf(claim.endorsementPublic))
      requireEndorsementKey(parsePublic(bytesOf(claim.endorsementPublic)))
      requireAttestationKey(parsePublic(bytesOf(claim.attestationPublic)))
      requireApplicationKey(parsePublic(bytesOf(claim.applicationPublic)))
    })

    test('the certification of the application key verifies', async () => {
      const key = await provider.getOrCreateKey('device')
      expect(key.publicKey).toEqual(bytesOf(claim.applicationKey))
      const counters = verifyCertify({
        attested: bytesOf(claim.certify.attested),
        signature: bytesOf(claim.certify.signature),
        attestationPublic: bytesOf(claim.attestationPublic),
        subjectPublic: bytesOf(claim.applicationPublic),
        binding: BINDING,
      })
      expect(counters).toMatchObject({ restartCount: 0, safe: true })
      // Counters of keys outside the endorsement hierarchy would be blurred into large numbers.
      expect(counters.resetCount).toBeLessThan(10)
    })

    test.each([[[0]], [[7, 0, 3, 1, 2, 4, 5, 6, 11, 14]], [Array.from({ length: 24 }, (_, index) => index)], [[]]])(
      'a quote over PCRs %j verifies',
      async (pcrs: number[]) => {
        const quote = await attestor.quote(BINDING, pcrs)
        const counters = verifyQuote({
          attested: bytesOf(quote.attested),
          signature: bytesOf(quote.signature),
          pcrs: quote.pcrs,
          attestationPublic: bytesOf(claim.attestationPublic),
          binding: BINDING,
          requested: pcrs,
        })
        expect(counters.safe).toBe(true)
      },
    )

    test('a credential for it is activated, as often as asked', async () => {
      for (const byte of [1, 2, 3]) {
        const secret = new Uint8Array(32).fill(byte)
        expect(await attestor.activateCredential(credentialFor(claim, { secret }))).toEqual(secret)
      }
    })

    test('a credential for another key, another TPM, or changed on the way is refused: TPM_IDENTITY_LOST', async () => {
      const other = nameOf(bytesOf(claim.applicationPublic))
      const good = credentialFor(claim, {})
      const changed = (bytes: Uint8Array) => bytes.map((byte, index) => (index === bytes.length - 1 ? byte ^ 1 : byte))
      const refused = [
        credentialFor(claim, { name: other }),
        { ...good, credentialBlob: changed(good.credentialBlob) },
        { ...good, encryptedSecret: changed(good.encryptedSecret) },
      ]
      const codes = []
      for (const credential of refused) codes.push(await attestor.activateCredential(credential).catch(codeOf))
      expect(codes).toEqual(refused.map(() => 'TPM_IDENTITY_LOST'))
      const malformed = { ...good, credentialBlob: good.credentialBlob.slice(1) }
      expect(await attestor.activateCredential(malformed).catch(codeOf)).toBe('TPM_STRUCTURE_MALFORMED')
      expect(await attestor.activateCredential(good)).toHaveLength(32)
    })
  })

  test('a TPM whose maker certified nothing makes the same ceremony without a certificate', () =>
    inFolder(async (stateFolder) => {
      await using plain = await startSwtpm({ folder: join(stateFolder, 'tpm'), ek: 'none' })
      await using provider = await open(stateFolder, {}, plain.simulator)
      await provider.getOrCreateKey('device')
      const claim = await tpmClaim(attestorOf(provider))
      expect([claim.endorsementCertificate, claim.endorsementChain]).toEqual([undefined, []])
      expect(await attestorOf(provider).activateCredential(credentialFor(claim, {}))).toHaveLength(32)
    }))

  test('certificates of the authorities above, where the TPM keeps them, are told too', () =>
    inFolder(async (stateFolder) => {
      await using chained = await startSwtpm({ folder: join(stateFolder, 'tpm') })
      const [root, issuer] = await Promise.all(
        chained.caCertificates.map(async (path) => new X509Certificate(await readFile(path)).raw),
      )
      // One certificate across two indices, the other behind it.
      const both = Buffer.concat([issuer ?? Buffer.of(), root ?? Buffer.of()])
      const parts = [both.subarray(0, 700), both.subarray(700)]
      for (const [at, part] of parts.entries()) {
        const [index, file] = [`0x01c0010${at}`, join(stateFolder, `part-${at}`)]
        await writeFile(file, part)
        const tool = (name: string, ...args: string[]) =>
          promisify(execFile)(name, args, { env: { ...process.env, TPM2TOOLS_TCTI: chained.tcti } })
        await tool(
          'tpm2_nvdefine',
          index,
          '-C',
          'p',
          '-s',
          String(part.length),
          '-a',
          'ppwrite|ownerread|no_da|platformcreate',
        )
        await tool('tpm2_nvwrite', index, '-C', 'p', '-i', file)
      }
      await using provider = await open(join(stateFolder, 'tpm', 'ca'), {}, chained.simulator)
      await provider.getOrCreateKey('device')
      const { endorsementChain } = await tpmClaim(attestorOf(provider))
      expect(endorsementChain).toEqual([issuer, root].map((der) => der?.toString('base64url')))
    }))

  async function makeDevice(stateFolder: string, simulator?: string): Promise<void> {
    await using provider = await open(stateFolder, {}, simulator)
    await provider.getOrCreateKey('device')
  }

  async function quoteCounters(provider: KeyProvider) {
    const quote = await attestorOf(provider).quote(BINDING, [0])
    return verifyQuote({
      attested: bytesOf(quote.attested),
      signature: bytesOf(quote.signature),
      pcrs: quote.pcrs,
      attestationPublic: bytesOf((await tpmClaim(attestorOf(provider))).attestationPublic),
      binding: BINDING,
      requested: [0],
    })
  }
})

type TpmClaim = Extract<Awaited<ReturnType<Attestor['enrolmentClaim']>>, { keyKind: 'tpm' }>

async function tpmClaim(attestor: Attestor): Promise<TpmClaim> {
  const claim = await attestor.enrolmentClaim(BINDING)
  if (claim.keyKind !== 'tpm') throw new SuretyError('KEY_UNSUPPORTED', 'not a TPM claim')
  return claim
}

function attestorOf(provider: KeyProvider): Attestor {
  if (provider.attestor === undefined) throw new TypeError('no attestor')
  return provider.attestor
}

function credentialFor(claim: TpmClaim, change: { name?: Uint8Array; secret?: Uint8Array }) {
  return makeCredential({
    endorsementPublic: bytesOf(claim.endorsementPublic),
    name: nameOf(bytesOf(claim.attestationPublic)),
    secret: new Uint8Array(32).fill(9),
    ...change,
  })
}

async function changeFile(stateFolder: string, change: (file: object) => object): Promise<void> {
  // Without its digest: what is tried is what the TPM says to it.
  const { digest: _, ...file } = JSON.parse(await readFile(keyFilePath(stateFolder), 'utf8'))
  await writeFile(keyFilePath(stateFolder), JSON.stringify(change(file)), { mode: 0o600 })
}

function bytesOf(text: string): Bytes {
  return fromBase64Url(text) ?? new Uint8Array()
}
