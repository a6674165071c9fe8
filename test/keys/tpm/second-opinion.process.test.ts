import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Bytes, concatBytes, fromBase64Url, fromHex, toHex } from '../../../src/base/bytes.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { codeOf } from '../../../src/base/errors.ts'
import { makeCredential } from '../../../src/crypto/tpm/make-credential.ts'
import { nameOf, spkiOf } from '../../../src/crypto/tpm/public-area.ts'
import { verifyQuote } from '../../../src/crypto/tpm/quote.ts'
import { sized } from '../../../src/crypto/tpm/structures.ts'
import { openTpmKeys } from '../../../src/keys/tpm/tpm-keys.ts'
import { simulatorTransport } from '../../../src/keys/tpm/transport/simulator-transport.ts'
import { type Swtpm, startSwtpm, swtpmMissing } from '../../support/tpm/swtpm.ts'

/** tpm2-tools verify our output, and we verify theirs. */

const missing = swtpmMissing()
if (missing !== undefined) test.skip(`second opinion of tpm2-tools: ${missing}`, () => undefined)
const suite = missing === undefined ? describe : describe.skip

const BINDING = fromHex('5a'.repeat(32)) ?? new Uint8Array()
const PCRS = [0, 1, 7]
const SECRET = new TextEncoder().encode('0123456789abcdef0123456789abcdef')
/** The header that tpm2-tools write before TPM2B_ID_OBJECT and TPM2B_ENCRYPTED_SECRET. */
const CREDENTIAL_HEADER = fromHex('badcc0de00000001') ?? new Uint8Array()

suite.each(['rsa2048', 'p256'] as const)('with an endorsement key of %s, tpm2-tools', (ek) => {
  const algorithm = ek === 'p256' ? 'ecc' : 'rsa'
  let folder: string
  let tpm: Swtpm
  const file = (name: string) => join(folder, name)
  const read = async (name: string) => new Uint8Array(await readFile(file(name)))
  const tool = async (name: string, ...args: string[]) =>
    (await promisify(execFile)(name, args, { cwd: folder, env: { ...process.env, TPM2TOOLS_TCTI: tpm.tcti } })).stdout

  const provider = () =>
    openTpmKeys(
      { transport: simulatorTransport(tpm.simulator), clock: systemClock },
      { stateFolder: join(folder, 'keys') },
    )

  beforeAll(async () => {
    folder = await mkdtemp('/tmp/surety-opinion-')
    tpm = await startSwtpm({ folder: file('tpm'), ek })
    await promisify(execFile)('mkdir', ['-m', '700', file('keys')])
    await tool('tpm2_pcrextend', `7:sha256=${'ab'.repeat(32)}`)
    await tool('tpm2_createek', '-G', algorithm, '-c', 'ek.ctx', '-u', 'ek.pub')
    await tool(
      'tpm2_createak',
      '-C',
      'ek.ctx',
      '-c',
      'ak.ctx',
      '-G',
      'ecc',
      '-g',
      'sha256',
      '-s',
      'ecdsa',
      '-u',
      'ak.pub',
    )
    await tool('tpm2_flushcontext', '-t')
  })
  afterAll(async () => {
    await tpm.stop()
    await rm(folder, { recursive: true })
  })

  /** The TPMT_PUBLIC in a file that begins with its size. */
  const publicArea = async (name: string) => (await read(name)).slice(2)

  describe('make a quote', () => {
    const quote = async () => {
      const hex = (await tool('tpm2_pcrread', 'sha256:0,1,7')).matchAll(/(\d+) *: 0x([0-9A-F]{64})/g)
      return {
        attested: await read('quote'),
        signature: await read('quote.sig'),
        attestationPublic: await publicArea('ak.pub'),
        binding: BINDING,
        pcrs: Object.fromEntries([...hex].map(([, index = '', value = '']) => [index, value.toLowerCase()])),
        requested: PCRS,
      }
    }
    beforeAll(async () => {
      const out = ['-m', 'quote', '-s', 'quote.sig']
      await tool('tpm2_quote', '-c', 'ak.ctx', '-l', 'sha256:0,1,7', '-q', toHex(BINDING), '-g', 'sha256', ...out)
      await tool('tpm2_flushcontext', '-t')
    })

    test('which we accept', async () => {
      expect(verifyQuote(await quote())).toMatchObject({ restartCount: 0, safe: true })
    })

    test('which both refuse when it was tampered with', async () => {
      const good = await quote()
      const attested = good.attested.with(50, (good.attested[50] ?? 0) ^ 1)
      await writeFile(file('tampered'), attested)
      const check = ['-u', 'ak.pub', '-s', 'quote.sig', '-g', 'sha256', '-q', toHex(BINDING)]
      await tool('tpm2_checkquote', ...check, '-m', 'quote')
      await expect(tool('tpm2_checkquote', ...check, '-m', 'tampered')).rejects.toThrow()
      expect(() => verifyQuote({ ...good, attested })).toThrow(
        expect.objectContaining({ code: 'ATTESTATION_QUOTE_INVALID' }),
      )
      expect(() => verifyQuote({ ...good, pcrs: { ...good.pcrs, 7: '00'.repeat(32) } })).toThrow(
        expect.objectContaining({ code: 'ATTESTATION_PCR_MISMATCH' }),
      )
    })
  })

  describe('check our quote', () => {
    const checkArguments = ['-u', 'ours.pem', '-s', 'ours.sig', '-g', 'sha256', '-m', 'ours.quote']
    beforeAll(async () => {
      await using keys = await provider()
      await keys.getOrCreateKey('device')
      const claim = await keys.attestor?.enrolmentClaim(BINDING)
      const quote = await keys.attestor?.quote(BINDING, PCRS)
      if (claim?.keyKind !== 'tpm' || quote === undefined) throw new TypeError('no attestor')
      const spki = Buffer.from(spkiOf(bytesOf(claim.attestationPublic))).toString('base64')
      await writeFile(file('ours.pem'), `-----BEGIN PUBLIC KEY-----\n${spki}\n-----END PUBLIC KEY-----\n`)
      await writeFile(file('ours.sig'), bytesOf(quote.signature))
      await writeFile(file('ours.quote'), bytesOf(quote.attested))
      await writeFile(
        file('ours.pcrs'),
        concatBytes(...PCRS.map((index) => fromHex(quote.pcrs[index] ?? '') ?? SECRET)),
      )
    })

    test('and accept it with its PCR values', async () => {
      const pcrs = ['-f', 'ours.pcrs', '-F', 'values', '-l', 'sha256:0,1,7']
      await tool('tpm2_checkquote', ...checkArguments, '-q', toHex(BINDING), ...pcrs)
    })

    test('and refuse it for another binding, and with other PCR values', async () => {
      await expect(tool('tpm2_checkquote', ...checkArguments, '-q', '00'.repeat(32))).rejects.toThrow()
      await writeFile(file('other.pcrs'), new Uint8Array(96))
      const pcrs = ['-f', 'other.pcrs', '-F', 'values', '-l', 'sha256:0,1,7']
      await expect(tool('tpm2_checkquote', ...checkArguments, '-q', toHex(BINDING), ...pcrs)).rejects.toThrow()
    })
  })

  describe('activate our credential', () => {
    const activate = async (blob: Uint8Array) => {
      await writeFile(file('credential'), blob)
      await tool('tpm2_startauthsession', '--policy-session', '-S', 'session.ctx')
      try {
        await tool('tpm2_policysecret', '-S', 'session.ctx', '-c', 'e')
        const keys = ['-c', 'ak.ctx', '-C', 'ek.ctx', '-P', 'session:session.ctx']
        await tool('tpm2_activatecredential', ...keys, '-i', 'credential', '-o', 'secret')
        return await read('secret')
      } finally {
        await tool('tpm2_flushcontext', '-l')
        await tool('tpm2_flushcontext', '-t')
      }
    }
    const credentialFor = async (name: Bytes) => {
      const made = makeCredential({ endorsementPublic: await publicArea('ek.pub'), name, secret: SECRET })
      return concatBytes(CREDENTIAL_HEADER, made.credentialBlob, made.encryptedSecret)
    }

    test('when it was made for their key', async () => {
      expect(await activate(await credentialFor(nameOf(await publicArea('ak.pub'))))).toEqual(SECRET)
    })

    test('but not when it was tampered with or made for another key', async () => {
      const good = await credentialFor(nameOf(await publicArea('ak.pub')))
      await expect(activate(good.with(20, (good[20] ?? 0) ^ 1))).rejects.toThrow()
      await expect(activate(await credentialFor(nameOf(await publicArea('ek.pub'))))).rejects.toThrow()
    })
  })

  test('make a credential that our provider activates, and refuses when tampered with', async () => {
    await using keys = await provider()
    await keys.getOrCreateKey('device')
    const claim = await keys.attestor?.enrolmentClaim(BINDING)
    if (claim?.keyKind !== 'tpm' || keys.attestor === undefined) throw new TypeError('no attestor')
    await writeFile(file('our-ek.pub'), sized(bytesOf(claim.endorsementPublic)))
    await writeFile(file('secret.in'), SECRET)
    const name = toHex(nameOf(bytesOf(claim.attestationPublic)))
    await tool('tpm2_makecredential', '-T', 'none', '-u', 'our-ek.pub', '-s', 'secret.in', '-n', name, '-o', 'theirs')
    const theirs = (await read('theirs')).slice(CREDENTIAL_HEADER.length)
    const blobSize = 2 + new DataView(theirs.buffer).getUint16(0)
    const credential = { credentialBlob: theirs.slice(0, blobSize), encryptedSecret: theirs.slice(blobSize) }
    expect(await keys.attestor.activateCredential(credential)).toEqual(SECRET)
    const tampered = {
      ...credential,
      credentialBlob: credential.credentialBlob.with(10, (credential.credentialBlob[10] ?? 0) ^ 0xff),
    }
    expect(await keys.attestor.activateCredential(tampered).catch(codeOf)).toBe('TPM_IDENTITY_LOST')
  })
})

function bytesOf(text: string): Bytes {
  return fromBase64Url(text) ?? new Uint8Array()
}
