import { CHECKS } from '../../../src/checks/checks.ts'
import { applySightings } from '../../../src/directory/evidence/apply-sightings.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { DANGEROUS, runCommand } from '../../support/directory/run-commands.ts'
import { HOSTILE_NAME, seedDevice, seedReEnrolment } from '../../support/directory/seeded-directory.ts'
import { mcpServerSighting } from '../../support/protocol/sample-sightings.ts'
import { testKey } from '../../support/protocol/test-keys.ts'

const DAY_MS = 86_400_000
let directory: TestDirectory
directoryForAll((started) => {
  directory = started
})

const run = (...args: string[]) => runCommand(directory, args)
const rows = (text: string) => new Map(text.split('\n').map((line) => [line.split(/ {2,}/)[0], line.split(/ {2,}/)[1]]))

test('the status of an empty fleet', async () => {
  const { exitCode, out, err } = await run('status')
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
  expect(Object.fromEntries(rows(out))).toMatchObject({
    devices: '0, and 0 retired',
    verdicts: '0 compliant, 0 not-compliant, 0 no-verdict, 0 stale',
    failing: 'no check',
    stops: 'none in force',
    policy: 'the default',
    're-enrolments': 'none waits',
  })
})

test('the status says what a human would look at', async () => {
  const one = await seedDevice(directory)
  const two = await seedDevice(directory, testKey('two'))
  const gone = await seedDevice(directory, testKey('gone'))
  await directory.services.devices.retire(gone.device, 'sold', 'adm_test')
  directory.connected.add(one.device)
  await directory.store.devices.markForked(two.device, directory.clock.now())
  await seedReEnrolment(directory, { device: two.device, token: two.token, epoch: 2 })
  const items = [{ ...mcpServerSighting('7'), plaintextSecret: true }, mcpServerSighting('8')]
  const at = directory.clock.now()
  await applySightings(directory.store, two.device, {
    sightings: { mode: 'full', snapshot: 't', part: 0, parts: 1, items },
    at,
  })
  const text = (await directory.ask('GET', '/api/v1/policy')).json
  await directory.services.policies.set(String(Object(text).policy), { actor: 'adm_test', force: true })
  const stop = { kind: 'freeze', selector: { device: one.device }, reason: 'strange' }
  expect((await directory.ask('POST', '/api/v1/stops', { body: stop })).status).toBe(201)
  const { out } = await run('status')
  expect(Object.fromEntries(rows(out))).toMatchObject({
    devices: '2, and 1 retired',
    stops: expect.stringMatching(/^1 in force: 0 devices frozen, [01] without an answer, 0 failed$/),
    verdicts: '0 compliant, 2 not-compliant, 0 no-verdict, 0 stale',
    connected: '1, 1 silent',
    forked: '1 device: two machines use one key',
    failing: 'disk.root-encrypted 2 (checks list, devices list --failing CHECK)',
    agents: '2: 2 running, 2 unrecognised, 0 that act without asking',
    risks: '1 of 2 MCP servers, 0 agent files, 1 AI extension installed',
    policy: expect.stringMatching(/^version 1, set 20\d\d-.* by adm_test; 3 devices still to appraise by it$/),
    're-enrolments': '1 wait for a decision (re-enrolments list)',
  })
  const { status } = JSON.parse((await run('status', '--json')).out)
  expect(status).toEqual((await directory.ask('GET', '/api/v1/summary')).json)
})

test.each([
  ['another administrator', 'administrator', 1, undefined],
  ['an operator', 'operator', 1, undefined],
  ['a viewer, who may not', 'viewer', 1, /./],
  ['one whose token has expired', 'operator', 2 * DAY_MS, /./],
] as const)(
  'the status warns of a single person who may confirm stops: %s is added',
  async (_name, role, laterMs, warns) => {
    const warning = async () => rows((await run('status')).out).get('WARNING')
    expect(await warning()).toBe(
      'nobody can confirm a large stop: add a second person with surety-directory administrators add NAME --role operator --out FILE; a new person can confirm after 24 hours',
    )
    await directory.services.principals.add({ kind: 'administrator', name: 'bob', role, ttlMs: DAY_MS }, 'adm_test')
    // Servers cannot stop anything.
    await directory.services.principals.add(
      { kind: 'service', name: 'gate', role: 'read', ttlMs: 9 * DAY_MS },
      'adm_test',
    )
    await directory.clock.advance(laterMs)
    expect(await warning()).toEqual(warns === undefined ? undefined : expect.stringMatching(warns))
    const { status } = JSON.parse((await run('status', '--json')).out)
    expect(status.stops.persons).toBe(warns === undefined ? 2 : 1)
  },
)

test('the status warns until the new person can confirm, a day after they were added', async () => {
  directory.clock.jump(2 * DAY_MS)
  const persons = async () => JSON.parse((await run('status', '--json')).out).status.stops.persons
  await directory.services.principals.add(
    { kind: 'administrator', name: 'bob', role: 'operator', ttlMs: 9 * DAY_MS },
    'adm_test',
  )
  expect(await persons()).toBe(1)
  directory.clock.jump(DAY_MS - 1)
  expect(await persons()).toBe(1)
  directory.clock.jump(1)
  expect(await persons()).toBe(2)
})

test('checks are listed with their numbers, weights and excuses', async () => {
  const { device } = await seedDevice(directory)
  await seedDevice(directory, testKey('two'))
  await directory.store.findings.put(device, { check: 'strange.check', state: 'fail', detail: HOSTILE_NAME }, 1)
  const policy = [
    'schema: surety/policy@1',
    'checks: {disk.root-encrypted: {weight: required, grace: 30}, tpm.present: off}',
    'groups: [{name: g, match: {owner: [eve]}, checks: {os.supported: advisory}}]',
    `exemptions: [{device: ${device}, check: boot.secure-boot, owner: ada, reason: r, end: 2099-01-31}]`,
  ].join('\n')
  await directory.services.policies.set(policy, { actor: 'adm_test', force: true })
  await directory.services.devices.label(device, { set: { seen: 'yes' } }, 'adm_test')
  const { out } = await run('checks', 'list', '-o', 'table')
  expect(out).not.toMatch(DANGEROUS)
  const cells = new Map(out.split('\n').map((line) => [line.trim().split(/ {2,}/)[0], line.trim().split(/ {2,}/)]))
  expect(cells.get('CHECK')).toEqual([
    ...['CHECK', 'WEIGHT', 'PASS', 'FAIL', 'COULD NOT CHECK', 'NOT APPLICABLE', 'NOT REPORTED', 'IN GRACE', 'EXEMPT'],
  ])
  expect(cells.get('disk.root-encrypted')).toEqual([
    ...['disk.root-encrypted', 'required', '0', '2', '0', '0', '0', '1', '0'],
  ])
  expect(cells.get('os.supported')).toEqual([
    ...['os.supported', 'required, differs in groups', '2', '0', '0', '0', '0', '0', '0'],
  ])
  expect(cells.get('boot.secure-boot')).toEqual([
    ...['boot.secure-boot', 'required', '0', '0', '0', '0', '2', '0', '1'],
  ])
  expect(cells.get('tpm.present')?.slice(0, 2)).toEqual(['tpm.present', 'off'])
  expect(cells.get('strange.check')?.slice(0, 4)).toEqual(['strange.check', 'off', '0', '1'])
  expect(out).toMatch(new RegExp(`\n${CHECKS.length + 1} checks on 2 devices\n$`))
  // As many as the list of devices has.
  const failing = await run('devices', 'list', '--failing', 'disk.root-encrypted', '-o', 'id')
  expect(failing.out.trim().split('\n')).toHaveLength(2)
  expect((await run('checks', 'list')).out.split('\n')[1]).toBe('disk.root-encrypted\trequired\t0\t2\t0\t0\t0\t1\t0')
  expect((await run('checks', 'list', '-o', 'csv')).out).toMatch(/^check,weight,pass,fail,/)
})

test.each([
  [['status', 'devices'], 2],
  [['checks', 'list', 'x'], 2],
  [['checks', 'list', '-o', 'xml'], 2],
  [['checks', 'lst'], 2],
])('%j is refused', async (args, code) => {
  const { exitCode, out } = await run(...args)
  expect({ exitCode, out }).toEqual({ exitCode: code, out: '' })
})
