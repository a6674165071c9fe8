import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { toHex } from '../../../src/base/bytes.ts'
import { codeOf } from '../../../src/base/errors.ts'
import { verifyCertify } from '../../../src/crypto/tpm/certify.ts'
import {
  requireApplicationKey,
  requireAttestationKey,
  requireEndorsementKey,
} from '../../../src/crypto/tpm/key-attributes.ts'
import { makeCredential } from '../../../src/crypto/tpm/make-credential.ts'
import { nameOf, parsePublic, spkiOf } from '../../../src/crypto/tpm/public-area.ts'
import { verifyQuote } from '../../../src/crypto/tpm/quote.ts'
import type { Attestor, KeyProvider } from '../../../src/keys/provider/key-provider.ts'
import { type EkKind, type Swtpm, startSwtpm, swtpmMissing } from '../../support/tpm/swtpm.ts'
import { attestorOf, BINDING, bytesOf, keysOnSwtpm, type TpmClaim, tpmClaim } from './keys-on-swtpm.ts'

const missing = swtpmMissing()
if (missing !== undefined) test.skip(`TPM keys on swtpm: ${missing}`, () => undefined)
const suite = missing === undefined ? describe : describe.skip

suite('with swtpm', () => {
  const { open, inFolder, home } = keysOnSwtpm()

  describe.each<EkKind>(['rsa2048', 'p256', 'p384'])('the ceremony with an endorsement key of %s', (ek) => {
    let special: Swtpm
    let provider: KeyProvider
    let attestor: Attestor
    let claim: TpmClaim
    beforeAll(async () => {
      special = await startSwtpm({ folder: join(home(), ek), ek })
      provider = await open(await mkdtemp(join(home(), 'keys-')), {}, special.simulator)
      attestor = attestorOf(provider)
      await provider.getOrCreateKey('device')
      claim = await tpmClaim(attestor)
    })
    afterAll(async () => {
      await provider[Symbol.asyncDispose]()
      await special.stop()
    })

    test('uses the endorsement key of the certificate, and keys with the needed attributes', () => {
      const certified = new X509Certificate(bytesOf(claim.endorsementCertificate ?? ''))
      const spki = certified.publicKey.export({ type: 'spki', format: 'der' })
      expect(toHex(spkiOf(bytesOf(claim.endorsementPublic)))).toBe(toHex(spki))
      expect(attestor.endorsementPublic).toEqual(bytesOf(claim.endorsementPublic))
      requireEndorsementKey(parsePublic(bytesOf(claim.endorsementPublic)))
      requireAttestationKey(parsePublic(bytesOf(claim.attestationPublic)))
      requireApplicationKey(parsePublic(bytesOf(claim.applicationPublic)))
    })

    test('certifies the application key', async () => {
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
      // Outside the endorsement hierarchy, counters would be obfuscated into large numbers.
      expect(counters.resetCount).toBeLessThan(10)
    })

    test.each([[[0]], [[7, 0, 3, 1, 2, 4, 5, 6, 11, 14]], [Array.from({ length: 24 }, (_, index) => index)], [[]]])(
      'quotes the PCRs %j',
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

    test('activates a credential as often as requested', async () => {
      for (const byte of [1, 2, 3]) {
        const secret = new Uint8Array(32).fill(byte)
        expect(await attestor.activateCredential(credentialFor(claim, { secret }))).toEqual(secret)
      }
    })

    test('refuses a credential for another key or TPM, or a changed one: TPM_IDENTITY_LOST', async () => {
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

  test('makes a claim without a certificate if the TPM has none', () =>
    inFolder(async (stateFolder) => {
      await using plain = await startSwtpm({ folder: join(stateFolder, 'tpm'), ek: 'none' })
      await using provider = await open(stateFolder, {}, plain.simulator)
      await provider.getOrCreateKey('device')
      const claim = await tpmClaim(attestorOf(provider))
      expect([claim.endorsementCertificate, claim.endorsementChain]).toEqual([undefined, []])
      expect(await attestorOf(provider).activateCredential(credentialFor(claim, {}))).toHaveLength(32)
    }))

  test('adds the certificates of the issuing authorities in the TPM', () =>
    inFolder(async (stateFolder) => {
      await using chained = await startSwtpm({ folder: join(stateFolder, 'tpm') })
      const [root, issuer] = await Promise.all(
        chained.caCertificates.map(async (path) => new X509Certificate(await readFile(path)).raw),
      )
      // One certificate spans two indices, and the other follows.
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
})

function credentialFor(claim: TpmClaim, change: { name?: Uint8Array; secret?: Uint8Array }) {
  return makeCredential({
    endorsementPublic: bytesOf(claim.endorsementPublic),
    name: nameOf(bytesOf(claim.attestationPublic)),
    secret: new Uint8Array(32).fill(9),
    ...change,
  })
}
