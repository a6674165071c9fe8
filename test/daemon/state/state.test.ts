import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { silentLog } from '../../../src/base/log.ts'
import { createHealth } from '../../../src/daemon/health/health.ts'
import type { Identity } from '../../../src/daemon/state/identity.ts'
import { openState } from '../../../src/daemon/state/state.ts'
import { sealJson } from '../../../src/system/files/own/sealed-json.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const ZEROS = 'A'.repeat(43)
const identity: Identity = {
  schema: 'surety/identity@1',
  status: 'enrolled',
  device: `dev_${'A'.repeat(22)}`,
  epoch: 1,
  tier: 'software',
  token: `tok_${'A'.repeat(22)}`,
  pins: { url: 'wss://directory.example:7443', ca: ZEROS, root: ZEROS },
  caCertificate: 'PEM',
  keyKind: 'software',
  key: ZEROS,
  enrolledAt: 0,
}

async function open(stateFolder: string) {
  const health = createHealth({ clock: new FakeClock() })
  const state = await openState({ clock: new FakeClock(), log: silentLog, health }, { stateFolder })
  return { state, warnings: health.warnings().map(({ code }) => code) }
}

test('reads what was written, from files that only the owner can read', async () => {
  using folder = temporaryFolder()
  const { state } = await open(folder.path)
  await state.setIdentity(identity)
  await state.changeProgress(() => ({ order: 7, open: [{ order: `ord_${'A'.repeat(22)}`, number: 7 }] }))
  const { state: again, warnings } = await open(folder.path)
  expect(again.identity).toEqual(identity)
  expect(again.progress).toEqual({
    schema: 'surety/progress@1',
    device: identity.device,
    order: 7,
    open: [{ order: `ord_${'A'.repeat(22)}`, number: 7 }],
  })
  expect(warnings).toEqual([])
  expect(readdirSync(folder.path).map((name) => statSync(join(folder.path, name)).mode & 0o777)).toEqual([0o600, 0o600])
})

test('counts orders for each device, also when the daemon stops before the first one', async () => {
  using folder = temporaryFolder()
  const { state } = await open(folder.path)
  await state.setIdentity(identity)
  await state.changeProgress(() => ({ order: 7, open: [] }))
  const other = { ...identity, device: `dev_${'B'.repeat(21)}A` }
  await state.setIdentity(other)
  const { state: again } = await open(folder.path)
  expect([state.progress.order, again.progress.order]).toEqual([0, 0])
  // If the new identity was not written, the old one goes on with its own number.
  await again.setIdentity(identity)
  expect(again.progress.order).toBe(7)
  await again.setIdentity(other)
  await again.changeProgress(({ order }) => ({ order: order + 1, open: [] }))
  expect((await open(folder.path)).state.progress).toMatchObject({ device: other.device, order: 1 })
})

test('takes progress that names no device as that of the present device', async () => {
  using folder = temporaryFolder()
  const { state } = await open(folder.path)
  await state.changeProgress(() => ({ order: 7, open: [] }))
  await state.setIdentity(identity)
  const { state: again } = await open(folder.path)
  expect(again.progress).toMatchObject({ device: identity.device, order: 7 })
  await again.setIdentity({ ...identity, device: `dev_${'B'.repeat(21)}A` })
  expect(again.progress.order).toBe(0)
})

test('keeps all of several concurrent changes', async () => {
  using folder = temporaryFolder()
  const { state } = await open(folder.path)
  await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      state.changeProgress(({ order, open: orders }) => ({
        order: order + 1,
        open: [...orders, { order: `ord_${i}`, number: i }],
      })),
    ),
  )
  expect([state.progress.order, state.progress.open.length]).toEqual([10, 10])
})

test('does not write a value that breaks the schema', async () => {
  using folder = temporaryFolder()
  const { state } = await open(folder.path)
  await state.setIdentity(identity)
  expect(await codeThrown(() => state.setIdentity({ ...identity, epoch: -1 }))).toBe('INPUT_MALFORMED')
  expect((await open(folder.path)).state.identity).toEqual(identity)
})

test('sets a damaged file aside, raises a warning and opens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      using folder = temporaryFolder()
      writeFileSync(join(folder.path, 'identity.json'), bytes, { mode: 0o600 })
      const { state, warnings } = await open(folder.path)
      expect([state.identity, warnings]).toEqual([undefined, ['STATE_DAMAGED']])
      const [aside = ''] = readdirSync(folder.path)
      expect(aside).toMatch(/^identity\.json\.damaged-\d+$/)
      expect(new Uint8Array(readFileSync(join(folder.path, aside)))).toEqual(bytes)
    }),
    { numRuns: 25 },
  )
})

test('takes a truncated identity for damaged, never for another identity', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'identity.json')
  await (await open(folder.path)).state.setIdentity(identity)
  const whole = readFileSync(path)
  for (let length = 0; length < whole.length - 2; length += 7) {
    writeFileSync(path, whole.subarray(0, length))
    expect((await open(folder.path)).state.identity).toBeUndefined()
  }
})

test('sets a symbolic link aside instead of following it', async () => {
  using folder = temporaryFolder()
  writeFileSync(join(folder.path, 'elsewhere'), JSON.stringify(identity), { mode: 0o600 })
  symlinkSync(join(folder.path, 'elsewhere'), join(folder.path, 'identity.json'))
  expect(await open(folder.path)).toMatchObject({ state: { identity: undefined }, warnings: ['STATE_DAMAGED'] })
})

test('closes a folder that other users may read, and raises a warning', async () => {
  using folder = temporaryFolder()
  chmodSync(folder.path, 0o755)
  expect((await open(folder.path)).warnings).toEqual(['STATE_FOLDER_OPEN'])
  expect(statSync(folder.path).mode & 0o777).toBe(0o700)
})

test('refuses a folder that other users could have written to', async () => {
  using folder = temporaryFolder()
  writeFileSync(join(folder.path, 'planted'), '')
  chmodSync(folder.path, 0o777)
  expect(await codeThrown(() => open(folder.path))).toBe('STORE_FAILED')
})

test.each<[string, (path: string, target: string) => void]>([
  ['a link', (path, target) => symlinkSync(target, path)],
  ['a file', (path) => writeFileSync(path, '')],
])('refuses %s in place of the folder', async (_, make) => {
  using folder = temporaryFolder()
  const [path, target] = [join(folder.path, 'state'), join(folder.path, 'target')]
  mkdirSync(target, { mode: 0o700 })
  make(path, target)
  expect(await codeThrown(() => open(path))).toBe('STORE_FAILED')
})

test('refuses the state of a newer version, and leaves it as it is', async () => {
  using folder = temporaryFolder()
  const { state } = await open(folder.path)
  await state.setIdentity(identity)
  const path = join(folder.path, 'identity.json')
  const newer = { ...identity, schema: 'surety/identity@2', keyKind: { of: 'a kind to come' } }
  const text = sealJson(newer)
  writeFileSync(path, text, { mode: 0o600 })
  expect(await codeThrown(() => open(folder.path))).toBe('STORE_FAILED')
  expect([readFileSync(path, 'utf8'), readdirSync(folder.path)]).toEqual([text, ['identity.json']])
})

test.each(['surety/identity@0', 'surety/progress@2', 'surety/identity@2x', 2, null])(
  'sets aside a file whose schema is %p: that is no newer version',
  async (schema) => {
    using folder = temporaryFolder()
    writeFileSync(join(folder.path, 'identity.json'), sealJson({ ...identity, schema }), { mode: 0o600 })
    expect((await open(folder.path)).warnings).toEqual(['STATE_DAMAGED'])
  },
)
