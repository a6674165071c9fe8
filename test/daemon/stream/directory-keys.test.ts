import { randomBytes } from 'node:crypto'
import { silentLog } from '../../../src/base/log.ts'
import { readChallenge } from '../../../src/daemon/stream/directory-keys.ts'
import { openAuthority } from '../../../src/directory/authority/authority.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const HOUR_MS = 3_600_000

/** The keys of a directory on a device whose two clocks the test moves. */
async function verifiedKeys(folder: string) {
  const clock = new FakeClock()
  const authority = await openAuthority(
    { clock, log: silentLog, random: (bytes) => new Uint8Array(randomBytes(bytes)) },
    { dataFolder: folder, names: ['localhost'], mayFound: true },
  )
  const challenge = {
    type: 'challenge',
    nonce: randomBytes(32).toString('base64url'),
    time: clock.now(),
    expiresInMs: 60_000,
    pcrs: [0],
    channelBinding: 'required',
    delegations: Object.values(authority.delegations()),
    root: authority.root,
  }
  let uptimeMs = 5_000
  const frame = await authority.signAcknowledgement('challenge', challenge)
  const { keys } = readChallenge({ clock, boot: { uptimeMs: () => uptimeMs } }, frame, authority.pins)
  const wake = async (sleptMs: number) => {
    uptimeMs += sleptMs
    clock.jump(sleptMs)
  }
  return { clock, authority, keys, start: challenge.time, wake }
}

test('advances the time of the directory while the device sleeps', async () => {
  using folder = temporaryFolder()
  const { clock, keys, start, wake } = await verifiedKeys(folder.path)
  await clock.advance(1_000)
  await wake(8 * HOUR_MS)
  expect(keys.time() - start).toBe(8 * HOUR_MS)
  await clock.advance(9 * HOUR_MS)
  // The time since boot stands still in this test. The monotonic clock counts alone.
  expect(keys.time() - start).toBe(9 * HOUR_MS + 1_000)
})

test("keeps the directory's time independent of the wall clock, and never sets it back", async () => {
  using folder = temporaryFolder()
  const { clock, keys, start } = await verifiedKeys(folder.path)
  clock.jump(365 * 24 * HOUR_MS)
  keys.adopt(start - 1)
  const before = keys.time()
  keys.adopt(start + 5_000)
  expect([before - start, keys.time() - start]).toEqual([0, 5_000])
})

test('refuses a key whose delegation ended during sleep', async () => {
  using folder = temporaryFolder()
  const { authority, keys, wake } = await verifiedKeys(folder.path)
  const order = await authority.signOrder('order', { type: 'order' })
  expect(keys.verify('order', order)).toBe('{"type":"order"}')
  await wake(5 * 365 * 24 * HOUR_MS)
  expect(await codeThrown(() => keys.verify('order', order))).toBe('DELEGATION_REFUSED')
})
