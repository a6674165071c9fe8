import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { silentLog } from '../../../src/base/log.ts'
import { hashOfText } from '../../../src/crypto/hash.ts'
import { splitJws, verifyJws } from '../../../src/crypto/jws.ts'
import { GatePolicyKeeper } from '../../../src/daemon/offers/gate-policy-keeper.ts'
import { LIMITS } from '../../../src/protocol/limits.ts'
import type { JwsKind } from '../../../src/protocol/messages/jws-types.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { signRaw } from '../../support/protocol/raw-jws.ts'
import { type TestKey, testKey } from '../../support/protocol/test-keys.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const DIRECTORY = testKey('orders of a directory')
const STRANGER = testKey('orders of another directory')
const ROOT = hashOfText('root of a directory')
const OTHER_ROOT = hashOfText('root of another directory')

const textOf = (version: number) => `// version ${version}\npermit (principal, action, resource);`
const json = (version: number, text = textOf(version)) =>
  JSON.stringify({ schema: 'surety/gate-policy@1', version, text })

/** The order key of a directory, as a session verifies with it. */
const KEYS = {
  verify: (_: string, compact: string) => verifyJws(splitJws('gate-policy', compact), DIRECTORY.publicKey),
}

interface Sent {
  readonly key?: TestKey
  readonly sent?: string
  readonly kind?: JwsKind
}

async function keeper(folder: string, root: string | undefined = ROOT) {
  const warnings = new Map<string, string | undefined>()
  let replaced = 0
  const made = new GatePolicyKeeper({ clock: new FakeClock(), log: silentLog, onReplaced: () => replaced++ })
  const health = {
    raise: (code: string, detail?: string) => void warnings.set(code, detail),
    clear: (code: string) => void warnings.delete(code),
  }
  await made.open({ health }, { stateFolder: folder, root })
  const offer = (text: string, version: number, from = ROOT) =>
    made.wants({ version, hash: hashOfText(text) }, { root: from })
  const received = (compact: string) => made.received(compact, { root: ROOT, keys: KEYS })
  const receive = async (text: string, version: number, init: Sent = {}) => {
    const { key = DIRECTORY, sent = text, kind = 'gate-policy' } = init
    expect(offer(text, version)).toBe(true)
    await received(await signRaw(kind, { payload: sent }, key))
  }
  return { made, warnings, offer, received, receive, replaced: () => replaced }
}

test('without one of a directory, the gate has its built-in default', async () => {
  using folder = temporaryFolder()
  const { made, warnings } = await keeper(folder.path)
  expect([made.current(), made.version, made.wants(undefined, { root: ROOT })]).toEqual([undefined, 0, false])
  expect(warnings.size).toBe(0)
})

test('uses a newer one of the directory, also after a restart', async () => {
  using folder = temporaryFolder()
  const first = await keeper(folder.path)
  await first.receive(json(1), 1)
  await first.receive(json(4), 4)
  expect([first.made.current(), first.replaced()]).toEqual([{ version: 4, text: textOf(4) }, 2])
  const second = await keeper(folder.path)
  expect(second.made.current()).toEqual({ version: 4, text: textOf(4) })
  expect(second.offer(json(4), 4)).toBe(false)
  expect(second.warnings.size).toBe(0)
})

test('takes the largest text that a directory sets', async () => {
  using folder = temporaryFolder()
  const { made, receive } = await keeper(folder.path)
  const text = '"\n'.repeat(128 * 1024)
  await receive(json(1, text), 1)
  expect(made.current()).toEqual({ version: 1, text })
})

test('returns to the default once the device is enrolled with another directory', async () => {
  using folder = temporaryFolder()
  const first = await keeper(folder.path)
  await first.receive(json(6), 6)
  expect(first.made.wants(undefined, { root: OTHER_ROOT })).toBe(false)
  expect([first.made.current(), first.replaced()]).toEqual([undefined, 2])
  const second = await keeper(folder.path, OTHER_ROOT)
  expect(second.made.current()).toBeUndefined()
  // The other directory begins with version 1.
  expect(second.offer(json(1), 1, OTHER_ROOT)).toBe(true)
})

test.each<[string, string, number, Sent]>([
  ['signed by another directory', json(6), 6, { key: STRANGER }],
  ['signed as a catalogue', json(6), 6, { kind: 'catalogue' }],
  ['signed as an order', json(6), 6, { kind: 'order' }],
  ['truncated', json(6), 6, { sent: json(6).slice(0, -1) }],
  ['not the offered one', json(6), 6, { sent: json(6, 'permit (principal, action, resource);') }],
  ['of another version than was offered', json(8), 6, {}],
  ['not JSON', 'x', 6, {}],
  ['not canonical', `${json(6)} `, 6, {}],
  ['with a duplicate member', json(6).replace('"version":6', '"version":6,"version":6'), 6, {}],
  ['of another schema', json(6).replace('gate-policy@1', 'gate-policy@2'), 6, {}],
  ['with an unknown member', json(6).replace('"version"', '"colour":"red","version"'), 6, {}],
  ['without a text', json(6).replace(/,"text":.*}/, '}'), 6, {}],
  ['with a text of more than 256 KiB', json(6, 'x'.repeat(256 * 1024 + 1)), 6, {}],
  ['larger than a frame may be', json(6, 'x'.repeat(LIMITS.gatePolicyBytes)), 6, {}],
])('refuses one that is %s, warns, and does not request it again', async (_, text, version, sent) => {
  using folder = temporaryFolder()
  const { made, warnings, receive, offer, replaced } = await keeper(folder.path)
  await receive(json(5), 5)
  await receive(text, version, sent)
  expect([made.current(), replaced()]).toEqual([{ version: 5, text: textOf(5) }, 1])
  expect([...warnings.keys()]).toEqual(['GATE_POLICY_REFUSED'])
  expect(warnings.get('GATE_POLICY_REFUSED')).not.toContain('xxx')
  expect(offer(text, version)).toBe(false)
  // Nothing of it is stored.
  expect((await keeper(folder.path)).made.version).toBe(5)
  // A valid one clears the warning.
  await receive(json(9), 9)
  expect([made.version, warnings.size]).toEqual([9, 0])
})

test.each([
  ['older', 4],
  ['equally old', 5],
])('does not request an %s version than the one in use, and warns', async (_, version) => {
  using folder = temporaryFolder()
  const { offer, receive, warnings } = await keeper(folder.path)
  await receive(json(5), 5)
  expect(offer(json(version, 'other'), version)).toBe(false)
  expect(warnings.get('GATE_POLICY_REFUSED')).toContain(`version ${version} is not above 5`)
})

test('ends the session for one that was not requested, and for a second copy', async () => {
  using folder = temporaryFolder()
  const { received, receive } = await keeper(folder.path)
  const compact = await signRaw('gate-policy', { payload: json(6) }, DIRECTORY)
  await expect(received(compact)).rejects.toMatchObject({ code: 'FRAME_UNEXPECTED' })
  await receive(json(6), 6)
  await expect(received(compact)).rejects.toMatchObject({ code: 'FRAME_UNEXPECTED' })
})

test('keeps the earlier one when the disk fails, and requests the new one again', async () => {
  using folder = temporaryFolder()
  const { made, warnings, receive, offer } = await keeper(join(folder.path, 'absent'))
  await receive(json(6), 6)
  expect([made.current(), [...warnings.keys()]]).toEqual([undefined, ['GATE_POLICY_REFUSED']])
  expect(offer(json(6), 6)).toBe(true)
})

test('sets a damaged stored one aside, and takes it again', async () => {
  using folder = temporaryFolder()
  await (await keeper(folder.path)).receive(json(6), 6)
  const path = join(folder.path, 'gate-policy.json')
  writeFileSync(path, readFileSync(path, 'utf8').replace('permit', 'forbid'))
  const { made, warnings, receive } = await keeper(folder.path)
  expect([made.current(), [...warnings.keys()]]).toEqual([undefined, ['STATE_DAMAGED']])
  await receive(json(6), 6)
  expect(made.version).toBe(6)
})
