import { chmod, readFile, writeFile } from 'node:fs/promises'
import type { Bytes } from '../../../src/base/bytes.ts'
import { codeOf } from '../../../src/base/errors.ts'
import { keyFilePath } from '../../../src/keys/tpm/key-file.ts'
import { openTpmKeys } from '../../../src/keys/tpm/tpm-keys.ts'
import { simulatorTransport } from '../../../src/keys/tpm/transport/simulator-transport.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { swtpmMissing } from '../../support/tpm/swtpm.ts'
import { attestorOf, BINDING, keysOnSwtpm, MESSAGE } from './keys-on-swtpm.ts'
import { CODE, intercepted, responseOf } from './transport/intercepted-transport.ts'

const missing = swtpmMissing()
if (missing !== undefined) test.skip(`TPM keys on swtpm: ${missing}`, () => undefined)
const suite = missing === undefined ? describe : describe.skip

suite('with swtpm', () => {
  const { open, inFolder, makeDevice, simulator } = keysOnSwtpm()

  describe('refusals', () => {
    test('refuses a key file that others can read: NOT_PERMITTED', () =>
      inFolder(async (stateFolder) => {
        await makeDevice(stateFolder)
        await chmod(keyFilePath(stateFolder), 0o640)
        expect(await open(stateFolder).catch(codeOf)).toBe('NOT_PERMITTED')
      }))

    test.each(['', '{}', '{"version":2}', '\u0000', '{"version":1,"root":"primary"}'])(
      'refuses a key file of %j and leaves it unchanged: STORE_CORRUPT',
      (text) =>
        inFolder(async (stateFolder) => {
          await writeFile(keyFilePath(stateFolder), text, { mode: 0o600 })
          expect(await open(stateFolder).catch(codeOf)).toBe('STORE_CORRUPT')
          expect(await readFile(keyFilePath(stateFolder), 'utf8')).toBe(text)
        }),
    )

    test('refuses a TPM without P-256 before creating anything: KEY_UNSUPPORTED', () =>
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

    test('retries a busy TPM, and gives up if it stays busy: TPM_BUSY', () =>
      inFolder(async (stateFolder) => {
        const busy = { left: 3 }
        const response = async (code: number, ask: () => Promise<Uint8Array>) =>
          code === CODE.sign && busy.left-- > 0 ? responseOf(0x922) : await ask()
        const transport = intercepted(simulatorTransport(simulator()), { response })
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

    test('quotes again if PCRs change before they are read, and then gives up: TPM_BUSY', () =>
      inFolder(async (stateFolder) => {
        const changed = { left: 1 }
        const codes: number[] = []
        const response = async (code: number, ask: () => Promise<Uint8Array>) => {
          const bytes = await ask()
          codes.push(code)
          // Changes the last byte of the last value.
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

    test('cannot quote without an active SHA-256 bank: KEY_UNSUPPORTED', () =>
      inFolder(async (stateFolder) => {
        // The response selects nothing in the bank.
        const response = async (code: number, ask: () => Promise<Uint8Array>) =>
          code === CODE.pcrRead ? (await ask()).fill(0, 21, 24) : await ask()
        await using provider = await open(stateFolder, { response })
        expect(await attestorOf(provider).quote(BINDING, [0]).catch(codeOf)).toBe('KEY_UNSUPPORTED')
      }))

    test('fails if nothing listens: TPM_UNAVAILABLE', () =>
      inFolder(async (stateFolder) => {
        expect(await open(stateFolder, {}, 'unix:/nowhere/tpm').catch(codeOf)).toBe('TPM_UNAVAILABLE')
      }))

    test('makes no claim before there is an application key: KEY_NOT_FOUND', () =>
      inFolder(async (stateFolder) => {
        await using provider = await open(stateFolder)
        expect(await attestorOf(provider).enrolmentClaim(BINDING).catch(codeOf)).toBe('KEY_NOT_FOUND')
      }))
  })
})
