import { CHECKS } from '../../../src/checks/checks.ts'
import type { Finding } from '../../../src/protocol/finding.ts'
import type { AttestationResult } from '../../../src/protocol/messages/attestation-result.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { nextAck, type ScriptedDevice } from '../../support/directory/scripted-device.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { waitFor } from '../../support/wait-for.ts'

/** A policy from its first version to a rollback, with devices that tell what they find. */

const DAY = 86_400_000
const HOUR = 3_600_000
/** An eighth of a day. The loops of a directory run through all the time that a test lets pass. */
const STEP = 3 * HOUR
let running: RunningDirectory
let clock: FakeClock
// A fresh directory for each test: it has one policy, and each test sets the first.
beforeEach(async () => {
  clock = new FakeClock(Date.now())
  running = await runningDirectory({}, { clock })
})
afterEach(() => running[Symbol.asyncDispose]())

const policies = () => running.directory.services.policies
const set = (rest: string, force = false) => policies().set(`schema: surety/policy@1\n${rest}`, { actor: 'adm', force })
const findings = (...bad: readonly string[]): Finding[] =>
  CHECKS.map((check) => ({ check, state: bad.includes(check) ? ('fail' as const) : ('pass' as const), detail: 'seen' }))

async function enrolled(found: readonly Finding[]) {
  const device = running.device()
  const { wire } = await device.enrol(await running.token())
  const tell = async (told: readonly Finding[]) => {
    wire.send(await device.batch({ findings: [...told] }))
    await nextAck(wire)
  }
  await tell(found)
  return { device, id: idOf(device), wire, tell }
}

function idOf({ id }: ScriptedDevice): string {
  if (id === undefined) throw new Error('the device has no id')
  return id
}

const becomes = (id: string, verdict: AttestationResult['verdict']) =>
  waitFor(
    `the verdict ${verdict}`,
    async () => {
      await clock.advance(0)
      return (await running.result(id)).verdict
    },
    { until: (seen) => seen === verdict },
  )
const events = async (device: string, kind: 'verdict-changed' | 'labelled') =>
  (await running.directory.store.events.list({ limit: 50, device, kind })).map(({ facts }) => facts)

test('a policy decides about devices, and each change of verdict says why', async () => {
  const good = await enrolled(findings())
  const bad = await enrolled(findings('network.firewall'))
  // A software key and no attestation of its own hardware: the verdict depends on the checks alone.
  await becomes(good.id, 'compliant')
  expect((await running.result(bad.id)).verdict).toBe('not-compliant')

  const first = await set('checks: {network.firewall: {weight: required, grace: 0.25}}\n')
  expect(first).toMatchObject({ version: 1, setBy: 'adm' })
  await becomes(bad.id, 'compliant')
  const [reason] = (await running.result(bad.id)).reasons
  expect(reason).toMatchObject({
    check: 'network.firewall',
    state: 'fail',
    graceUntil: Number(reason?.since) + 2 * STEP,
  })
  expect(await events(bad.id, 'verdict-changed')).toMatchObject([
    { from: 'not-compliant', to: 'compliant', policy: 1, reasons: [{ check: 'network.firewall', reason: 'seen' }] },
    { from: 'unknown', to: 'not-compliant', policy: 0 },
  ])
  // The device learns of it.
  for (;;) {
    const { payload } = await bad.wire.nextOf('result')
    if (JSON.stringify(payload).includes('graceUntil')) break
  }

  // Telling it again does not begin the grace anew.
  await clock.advance(STEP)
  await bad.tell(findings('network.firewall'))
  expect((await running.result(bad.id)).reasons[0]?.graceUntil).toBe(reason?.graceUntil)
  await clock.advance(STEP + HOUR)
  await becomes(bad.id, 'not-compliant')
  expect((await running.result(bad.id)).reasons[0]).not.toHaveProperty('graceUntil')
})

test('labels move a device into another group', async () => {
  const { id } = await enrolled(findings('session.screen-lock'))
  await set('groups: [{name: servers, match: {label: {role: server}}, checks: {session.screen-lock: off}}]\n')
  expect((await running.result(id)).verdict).toBe('not-compliant')
  const { devices } = running.directory.services
  await devices.label(id, { set: { role: 'server' } }, 'adm')
  expect((await running.result(id)).verdict).toBe('compliant')
  await devices.label(id, { remove: ['role'] }, 'adm')
  expect((await running.result(id)).verdict).toBe('not-compliant')
  expect(await events(id, 'labelled')).toEqual([{ removed: 'role' }, { set: 'role=server' }])
  await expect(() => devices.label(id, { set: { a: 'b' }, remove: ['a'] }, 'adm')).rejects.toThrow(
    /both set and removed/,
  )
  const many = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`k${i}`, 'v']))
  await devices.label(id, { set: many }, 'adm')
  await expect(() => devices.label(id, { set: { more: 'v' } }, 'adm')).rejects.toThrow(/at most 64 labels/)
  await expect(() => devices.label(`dev_${'x'.repeat(22)}`, { set: {} }, 'adm')).rejects.toThrow(/there is no device/)
})

test('an exemption is for one device and one check, and ends', async () => {
  const exempt = await enrolled(findings('boot.secure-boot'))
  const other = await enrolled(findings('boot.secure-boot'))
  const end = new Date(clock.now() + HOUR).toISOString().replace(/\.\d+Z/, 'Z')
  const member = `{device: ${exempt.id}, check: boot.secure-boot, owner: ada, reason: repair, end: "${end}"}`
  await set(`exemptions: [${member}]\n`)
  await becomes(exempt.id, 'compliant')
  expect((await running.result(other.id)).verdict).toBe('not-compliant')
  expect((await running.result(exempt.id)).validUntil).toBe(Date.parse(end))
  await clock.advance(HOUR + 60_000)
  await becomes(exempt.id, 'not-compliant')
})

test('refuses a policy that would fail every device, keeps the last, records --force', async () => {
  const { id } = await enrolled(findings())
  await set('freshness: {attestation: 3h}\n')
  await expect(set('# strict\nminimum-tier: tpm-attested\n')).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringMatching(/^line 3: tier is required, and the only device would fail: dev_.*--force$/),
  })
  await expect(set('checks: {a.b: required}\n')).rejects.toMatchObject({ code: 'INPUT_MALFORMED' })
  await expect(set('checks: [\n')).rejects.toMatchObject({ code: 'INPUT_MALFORMED' })
  expect(await policies().current()).toMatchObject({ version: 1 })
  expect((await running.result(id)).verdict).toBe('compliant')
  expect(await set('minimum-tier: tpm-attested\n', true)).toMatchObject({ version: 2, forced: true })
  await becomes(id, 'not-compliant')
  // What is better than before may be set although it is not good yet.
  expect(await set('minimum-tier: tpm-attested\nchecks: {network.firewall: off}\n')).toMatchObject({ version: 3 })
  await expect(policies().rollBack(9, { actor: 'adm', force: false })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(await policies().rollBack(1, { actor: 'eve', force: false })).toMatchObject({ version: 4, restores: 1 })
  await becomes(id, 'compliant')

  await running.restart()
  expect(await policies().current()).toMatchObject({ version: 4, policy: (await policies().textOf(1)).policy })
  expect(await policies().history({ limit: 10 })).toMatchObject([
    { version: 4, setBy: 'eve', restores: 1, current: true },
    { version: 3, current: false },
    { version: 2, forced: true },
    { version: 1, setBy: 'adm', setAt: expect.any(Number) },
    { version: 0, current: false },
  ])
  const acts = running.rows("SELECT act, actor FROM audit WHERE act LIKE 'policy-%' ORDER BY id")
  expect(acts.map(({ act, actor }) => `${act} ${actor}`)).toEqual([
    ...['policy-set adm', 'policy-set adm', 'policy-set adm', 'policy-rolled-back eve'],
  ])
})

test('a version says why it was set, and replaces only the one that was looked at', async () => {
  const again = (text: string, options: { reason?: string; replaces?: number }) =>
    policies().set(`schema: surety/policy@1\n${text}`, { actor: 'adm', ...options })
  const first = await again('# one\n', { reason: 'the audit asks', replaces: 0 })
  expect(first).toMatchObject({ version: 1, reason: 'the audit asks' })
  await expect(again('# two\n', { replaces: 0 })).rejects.toMatchObject({
    code: 'VERSION_STALE',
    message: expect.stringContaining('version 1 of the policy is in use, not version 0'),
  })
  // Both were tested while version 1 was in use.
  const both = await Promise.allSettled([again('# three\n', { replaces: 1 }), again('# four\n', { replaces: 1 })])
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'VERSION_STALE' } })
  await expect(policies().rollBack(0, { actor: 'adm', replaces: 1 })).rejects.toMatchObject({ code: 'VERSION_STALE' })
  await policies().rollBack(0, { actor: 'adm', reason: 'it was too strict', replaces: 2 })
  await running.restart()
  const versions = await policies().history({ limit: 10 })
  expect(versions.map(({ version, reason }) => [version, reason])).toEqual([
    [3, 'it was too strict'],
    [2, undefined],
    [1, 'the audit asks'],
    [0, undefined],
  ])
  const acts = running.rows("SELECT details_json AS facts FROM audit WHERE act LIKE 'policy-%' ORDER BY id")
  expect(acts.map(({ facts }) => JSON.parse(String(facts)).reason)).toEqual([
    ...['the audit asks', undefined, 'it was too strict'],
  ])
})

test('versions cannot be changed, and one that a release refuses is not used', async () => {
  await set('')
  await set('minimum-tier: software\n')
  await expect(running.exec("UPDATE policies SET text = 'x'")).rejects.toThrow(/append only/)
  await expect(running.exec('DELETE FROM policies')).rejects.toThrow(/append only/)
  await running.exec(`INSERT INTO policies VALUES (3, 'h', 'schema: surety/policy@0', 1, 'adm', 0, NULL, NULL)`)
  await running.restart()
  expect(await policies().current()).toMatchObject({ version: 2, refused: expect.stringMatching(/^version 3: line 1/) })
})

test('a test reports what a policy would and would have changed, and changes nothing', async () => {
  const flapping = await enrolled(findings())
  const good = await enrolled(findings())
  await becomes(good.id, 'compliant')
  await clock.advance(STEP)
  await flapping.tell(findings('tpm.present'))
  await clock.advance(2 * STEP)
  await flapping.tell(findings())
  await clock.advance(STEP)
  await flapping.tell(findings('tpm.present'))
  const before = running.rows('SELECT count(*) AS n FROM audit')
  const text = 'schema: surety/policy@1\nchecks: {tpm.present: required}\ngroups: [{name: none, match: {owner: x}}]\n'
  const test = await policies().test(text, 7 * DAY)
  expect(test).toMatchObject({ devices: 2, againstMs: 7 * DAY, warnings: ['no device is in the group none'] })
  // Advisory now, so it was compliant all the time.
  expect(test.current.past).toEqual({ alwaysCompliant: 2, changes: 0, notCompliantMs: 0 })
  expect(test.proposed.past).toEqual({ alwaysCompliant: 1, changes: 2, notCompliantMs: 2 * STEP })
  expect(test.checks).toEqual([{ check: 'tpm.present', current: 0, proposed: 1, inGrace: 0, exempt: 0 }])
  expect(test).not.toHaveProperty('failsEveryDevice')
  const grace = await policies().test(text.replace('required', '{weight: required, grace: 0.125}'), 7 * DAY)
  expect(grace.proposed.past).toEqual({ alwaysCompliant: 1, changes: 2, notCompliantMs: STEP })
  expect(grace.checks).toEqual([{ check: 'tpm.present', current: 0, proposed: 0, inGrace: 1, exempt: 0 }])
  expect(running.rows('SELECT count(*) AS n FROM audit')).toEqual(before)
  expect(await policies().current()).toMatchObject({ version: 0 })
})
