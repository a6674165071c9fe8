import { toBase64Url } from '../../../src/base/bytes.ts'
import { sha256 } from '../../../src/crypto/hash.ts'
import { type FakeWire, fakeDirectory, type Script, stranger, ZEROS } from '../../support/daemon/fake-directory.ts'
import { runningDaemon } from '../../support/daemon/running-daemon.ts'
import { signRaw } from '../../support/protocol/raw-jws.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { outcomeOf } from './stream-outcomes.ts'

const DAY_MS = 86_400_000

async function delegation(change: object, signer = stranger): Promise<string> {
  const payload = {
    type: 'delegation',
    purpose: 'acknowledgements',
    key: toBase64Url(stranger.spki),
    notBefore: Date.now() - DAY_MS,
    notAfter: Date.now() + DAY_MS,
    serial: 9,
    ...change,
  }
  return await signRaw('delegation', { payload: JSON.stringify(payload) }, signer)
}

/** The root key of a directory that signs whatever a test needs. */
const root = testKey('root')

describe('a device that is not enrolled trusts only the pinned directory', () => {
  test.each<[string, string, (wire: FakeWire) => Promise<unknown>]>([
    ['another root key', 'PIN_MISMATCH', (wire) => wire.greet({ root: toBase64Url(stranger.spki) })],
    [
      'a delegation that the root did not sign',
      'SIGNATURE_INVALID',
      async (wire) => wire.greet({ delegations: [await delegation({})] }, stranger),
    ],
    ['no delegation', 'DELEGATION_REFUSED', (wire) => wire.greet({ delegations: [] })],
    ['a challenge by a key that is not delegated', 'SIGNATURE_INVALID', (wire) => wire.greet({}, stranger)],
    [
      'a challenge with a time at which no delegation is valid',
      'DELEGATION_REFUSED',
      (wire) => wire.greet({ time: Date.now() + 400 * DAY_MS }),
    ],
    ['a welcome by another key', 'SIGNATURE_INVALID', (wire) => wire.welcome({}, stranger)],
    ['a welcome for another challenge', 'NONCE_UNKNOWN', (wire) => wire.welcome({ nonce: ZEROS })],
    ['a welcome below the tier of the token', 'TIER_TOO_LOW', (wire) => wire.welcome({ tier: 'simulated' })],
    [
      'an acknowledgement instead of a welcome',
      'SIGNATURE_HEADER_REFUSED',
      async (wire) => {
        await wire.greet()
        await wire.ack({ sequence: 0, head: ZEROS })
      },
    ],
    [
      'a frame that is not a JWS',
      'FRAME_MALFORMED',
      async (wire) => {
        await wire.next()
        wire.send('nonsense')
      },
    ],
    [
      'JSON that is not a refusal',
      'FRAME_MALFORMED',
      async (wire) => {
        await wire.next()
        wire.send('{"type":"welcome"}')
      },
    ],
    [
      'a challenge that is not canonical',
      'INPUT_NOT_CANONICAL',
      async (wire) => {
        await wire.next()
        wire.send(await signRaw('challenge', { payload: '{ "type": "challenge" }' }, stranger))
      },
    ],
    [
      'a refusal of a later version',
      'FRAME_UNEXPECTED',
      async (wire) => {
        await wire.next()
        wire.refuse('FROM_THE_FUTURE')
      },
    ],
    [
      'a close without a frame',
      'DIRECTORY_UNREACHABLE',
      async (wire) => {
        await wire.next()
        wire.close()
      },
    ],
  ])('%s: %s', async (_, code, script) => {
    const outcome = await outcomeOf(async (wire) => {
      await script(wire)
      await wire.next()
    })
    expect(outcome).toMatchObject({ code })
    expect(outcome.enrolment).not.toBe('enrolled')
  })

  test('refuses an ended delegation, for any time that its key signs', async () => {
    const outcome = await outcomeFromRoot(async (wire) => {
      const ended = { notBefore: Date.now() - 30 * DAY_MS, notAfter: Date.now() - 2 * DAY_MS }
      const time = Date.now() - 10 * DAY_MS
      await wire.greet({ root: toBase64Url(root.spki), delegations: [await delegation(ended, root)], time }, stranger)
    })
    expect(outcome).toBe('DELEGATION_REFUSED')
  })

  test('refuses a challenge signed by a key that is delegated for orders', async () => {
    const outcome = await outcomeFromRoot(async (wire) => {
      const orders = await delegation({ purpose: 'orders' }, root)
      await wire.greet({ root: toBase64Url(root.spki), delegations: [orders] }, stranger)
    })
    expect(outcome).toBe('DELEGATION_REFUSED')
  })

  async function outcomeFromRoot(script: Script): Promise<string | undefined> {
    await using directory = await fakeDirectory(script)
    using folder = temporaryFolder()
    const enrolment = directory.enrolmentWith({ root: toBase64Url(sha256(root.spki)) })
    await using daemon = runningDaemon({ stateFolder: folder.path, enrolment })
    const { directory: view } = await daemon.untilStatus(({ directory: { lastError } }) => lastError !== undefined)
    return view.lastError?.code
  }

  test('sends no hello to a server without the pinned CA key', async () => {
    await using directory = await fakeDirectory((wire) => wire.welcome())
    using folder = temporaryFolder()
    const enrolment = directory.enrolmentWith({ ca: 'B'.repeat(43) })
    await using daemon = runningDaemon({ stateFolder: folder.path, enrolment })
    const status = await daemon.untilStatus(({ directory: { lastError } }) => lastError !== undefined)
    expect(status).toMatchObject({
      directory: { lastError: { code: 'PIN_MISMATCH' } },
      health: [{ code: 'DIRECTORY_UNTRUSTED' }],
    })
    expect(directory.hellos).toEqual([])
  })

  test('sends no hello to a server whose certificate is for another name', async () => {
    await using directory = await fakeDirectory((wire) => wire.welcome())
    using folder = temporaryFolder()
    const enrolment = directory.enrolmentWith({ url: directory.url.replace('localhost', '127.0.0.2') })
    await using daemon = runningDaemon({ stateFolder: folder.path, enrolment })
    await daemon.untilStatus(({ directory: { lastError } }) => lastError !== undefined)
    expect(directory.hellos).toEqual([])
  })
})
