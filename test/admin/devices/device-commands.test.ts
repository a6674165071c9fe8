import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import type { AttestationResult } from '../../../src/protocol/messages/attestation-result.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { DANGEROUS, runCommand } from '../../support/directory/run-commands.ts'
import { ZEROS } from '../../support/directory/scripted-device.ts'
import { sampleResult, seedDevice, seedReEnrolment } from '../../support/directory/seeded-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'

let directory: TestDirectory
let seeded: Awaited<ReturnType<typeof seedDevice>>
beforeAll(async () => {
  directory = await startTestDirectory()
  seeded = await seedDevice(directory)
})
afterAll(() => directory[Symbol.asyncDispose]())

const run = (...args: string[]) => runCommand(directory, args)

test('shows a device with reasons and checks, and escapes what it calls itself', async () => {
  const { exitCode, out, err } = await run('devices', 'show', seeded.device)
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
  expect(out).not.toMatch(DANGEROUS)
  for (const line of [
    `device       ${seeded.device}`,
    'host         <script>alert(1)</script>\\x1b[31m"\\u{202e}\\x0d\\nERROR forged',
    'verdict      not-compliant',
    'tier         software',
    `chain        epoch 1, sequence 1, head ${seeded.hash}`,
    'note         the key is in no hardware',
  ]) {
    expect(out.split('\n')).toContain(line)
  }
  expect(out).toMatch(/^ {2}CHECK +STATE +COUNTS +SINCE +FOUND$/m)
  expect(out).toMatch(/^ {2}os\.supported +pass +- +- +Debian 13$/m)
})

test('each check is one row, which says whether it is required or advisory', async () => {
  const { device } = await seedDevice(directory, testKey('several reasons'))
  const now = directory.clock.now()
  const advised = { check: 'tpm.present', state: 'fail' as const, since: now - 2000 }
  await directory.store.findings.put(device, { ...advised, detail: 'no TPM' }, now)
  await directory.store.findings.put(device, { check: 'other.check', state: 'unknown', reason: 'not asked' }, now)
  const result = sampleResult(now)
  const reasons: AttestationResult['reasons'] = [
    { check: 'tier', state: 'fail', reason: 'the tier is too low' },
    ...result.reasons,
    { check: 'os.security-updates', state: 'unknown', reason: 'not reported by the device' },
    { ...advised, reason: 'no TPM', advisory: true },
  ]
  await directory.store.results.put(device, { ...result, reasons })
  const { out } = await run('devices', 'show', device)
  const lines = out.split('\n')
  const table = lines.slice(lines.findIndex((line) => /^ {2}CHECK /.test(line)) + 1)
  const rows = table.slice(0, table.indexOf('')).map((line) => line.trim().split(/ {2,}/))
  expect(rows.map(([check, state, counts]) => [check, state, counts])).toEqual([
    ['tier', 'fail', 'required'],
    ['disk.root-encrypted', 'fail', 'required'],
    ['os.security-updates', 'could not check', 'required'],
    ['tpm.present', 'fail', 'advisory'],
    ['os.supported', 'pass', '-'],
    ['other.check', 'could not check', '-'],
  ])
  expect(rows.map(([, , , since]) => since === '-')).toEqual([true, false, true, false, true, true])
  expect(rows.map(([, , , , found]) => found)).toEqual([
    'the tier is too low',
    expect.stringContaining('<script>'),
    'not reported by the device',
    'no TPM',
    'Debian 13',
    'not asked',
  ])
  expect(out).not.toMatch(/REASON/)
})

test('the same as JSON is what the API says', async () => {
  const { out } = await run('devices', 'show', seeded.device, '--json')
  const { json } = await directory.ask('GET', `/api/v1/devices/${seeded.device}`)
  expect(JSON.parse(out)).toEqual({ schema: 'surety-directory/device@1', device: json })
})

test('distinguishes connected, unconnected and retired devices', async () => {
  const { device: connected } = await seedDevice(directory, testKey('connected'))
  const { device: retired } = await seedDevice(directory, testKey('long gone'))
  directory.connected.add(connected).add(retired)
  await directory.store.devices.retire(retired)
  const heardOf = async (...args: string[]) => {
    const { out } = await run('devices', 'list', '-o', 'table', ...args)
    const rows = out.split('\n').map((line) => line.trim().split(/ {2,}/))
    return new Map(rows.slice(1).map(([id = '', , , , heard]) => [id, heard]))
  }
  const all = await heardOf()
  expect([seeded.device, connected, retired].map((id) => all.get(id))).toEqual(['silent, just now', 'now', undefined])
  expect((await heardOf('--retired')).get(retired)).toBe('just now')
  const silent = await heardOf('--silent')
  expect([seeded.device, connected, retired].map((id) => silent.has(id))).toEqual([true, false, false])
  const shown = async (id: string) => /^connected +(.*)$/m.exec((await run('devices', 'show', id)).out)?.[1]
  expect([await shown(seeded.device), await shown(connected), await shown(retired)]).toEqual([
    'no. Data below is from the last report, just now.',
    'yes',
    undefined,
  ])
  const presenceOf = async (id: string) => JSON.parse((await run('devices', 'show', id, '--json')).out).device.presence
  expect([await presenceOf(seeded.device), await presenceOf(connected), await presenceOf(retired)]).toEqual([
    'silent',
    'connected',
    undefined,
  ])
})

test('a verdict that ran out says what is missing, and since when', async () => {
  const { device } = await seedDevice(directory, testKey('stale'))
  const told = directory.clock.now()
  const stale = async () => /^verdict +(\w+, [^\d]+) 20/m.exec((await run('devices', 'show', device)).out)?.[1]
  await directory.clock.advance(7_200_000)
  expect(await stale()).toBe('stale, silent since')
  await directory.store.evidence.putChain(device, { sequence: 2, head: ZEROS, bytes: 1, at: directory.clock.now() })
  expect(await stale()).toBe('stale, not attested since')
  await directory.store.devices.putAttestation(device, {
    at: directory.clock.now(),
    counters: undefined,
    pcrs: undefined,
  })
  await directory.store.findings.markReported(device, told)
  expect(await stale()).toBe('stale, its checks not reported since')
})

test('an order goes out', async () => {
  const { exitCode, out } = await run('devices', 'order', seeded.device, 'collect', '--reason', 'audit')
  expect({ exitCode, out }).toEqual({
    exitCode: 0,
    out: expect.stringMatching(/^order ord_\S+ \(number 1, collect\) is pending until 20\d\d-/),
  })
})

test('a device is retired, with its reason on the record', async () => {
  const { device } = await seedDevice(directory, testKey('retired by command'))
  expect(await run('devices', 'retire', device, '--reason', 'stolen', '--yes')).toEqual({
    exitCode: 0,
    out: `device ${device} is retired\n`,
    err: '',
  })
  const { out } = await run('devices', 'show', device, '--json')
  const retired = { at: directory.clock.now(), by: expect.stringMatching(/^adm_/), reason: 'stolen' }
  expect(JSON.parse(out)).toMatchObject({
    device: { status: 'retired', retired, result: { verdict: 'not-compliant' } },
  })
  const words = String.raw`20\d\d-\S+ \S+Z by adm_\S+: stolen`
  expect((await run('devices', 'show', device)).out).toMatch(new RegExp(`^retired +${words}$`, 'm'))
  // Another reason is not dropped silently, and does not take the place of the first.
  expect((await run('devices', 'retire', device, '--reason', 'lost', '--yes')).out).toMatch(
    new RegExp(`^device ${device} was retired before, ${words}; this reason is not kept\n$`),
  )
  expect((await run('devices', 'retire', device, '--reason', 'stolen', '--yes')).out).toBe(
    `device ${device} is retired\n`,
  )
  expect((await run('devices', 'retire', device)).err).toContain('--reason')
})

test('a re-enrolment is listed, taken, and then only in the list of all', async () => {
  const id = await seedReEnrolment(directory, { device: seeded.device, token: seeded.token, epoch: 2 })
  const listed = await run('re-enrolments', 'list')
  expect(listed.out).toMatch(new RegExp(`\\tpending\\t20\\S+\\tits key is known\\tsoftware\\t${seeded.device}\\t2\\t`))
  expect(listed.out.replaceAll('\t', ' ')).not.toMatch(DANGEROUS)
  expect(await run('re-enrolments', 'deny', id)).toEqual({
    exitCode: 0,
    out: `re-enrolment ${id} on ${seeded.device} is denied\n`,
    err: '',
  })
  expect((await run('re-enrolments', 'list')).err).toBe('no enrolment is waiting for approval\n')
  expect((await run('re-enrolments', 'list', '--all')).out).toMatch(
    new RegExp(`\\tdenied\\t.*\\t20\\S+\\tadm_\\S+\\t\\t${id}$`, 'm'),
  )
  const again = await run('re-enrolments', 'approve', id)
  expect(again).toEqual({
    exitCode: 1,
    out: '',
    err: expect.stringMatching(
      /^surety-directory: the directory refused: the re-enrolment was denied before \[CONFLICT\]\n$/,
    ),
  })
})

test('a re-enrolment is named by its beginning, or by its device while it waits', async () => {
  const names = ['of an id', 'of a device', 'by a host name']
  for (const name of names) {
    const { device, token } = await seedDevice(directory, testKey(`named ${name}`))
    directory.database
      .prepare("UPDATE devices SET label_json = json_set(label_json, '$.hostname', ?) WHERE id = ?")
      .run(`host ${name}`, device)
    const id = await seedReEnrolment(directory, { device, token, epoch: 20 + names.indexOf(name) })
    const typed = { 'of an id': id.slice(0, 12), 'of a device': device.slice(0, 14) }[name] ?? `HOST ${name}`
    const { exitCode, out } = await run('re-enrolments', 'approve', typed, '--reason', 'ticket 7')
    expect({ exitCode, out }).toEqual({ exitCode: 0, out: `re-enrolment ${id} on ${device} is approved\n` })
    const { items } = Object((await directory.ask('GET', `/api/v1/events?device=${device}`)).json)
    expect(items[0]).toMatchObject({ kind: 're-enrolment-approved', facts: { reEnrolment: id, reason: 'ticket 7' } })
    // A decided one is not named by its device any more.
    expect((await run('re-enrolments', 'deny', typed)).err).toMatch(/no pending re-enrolment has the name/)
  }
})

test('a name of two re-enrolments is refused with their ids', async () => {
  const { device, token } = await seedDevice(directory, testKey('asks twice'))
  const ids = await Promise.all([2, 3].map((epoch) => seedReEnrolment(directory, { device, token, epoch: epoch + 30 })))
  const { exitCode, err } = await run('re-enrolments', 'approve', device)
  expect({ exitCode, all: ids.every((id) => err.includes(id)), dangerous: DANGEROUS.test(err) }).toEqual({
    exitCode: 1,
    all: true,
    dangerous: false,
  })
  expect((await run('re-enrolments', 'approve', '')).exitCode).toBe(2)
  expect((await run('re-enrolments', 'approve', '..')).err).toContain('re-enrolments list')
  expect((await run('re-enrolments', 'approve', device, '--reason', '')).exitCode).toBe(2)
  for (const id of ids) expect((await directory.store.reEnrolments.view(id))?.status).toBe('pending')
})

test('a re-enrolment shows how the machine is known, and that it was retired, and why', async () => {
  const { device, token } = await seedDevice(directory, testKey('comes back'))
  await directory.services.devices.retire(device, 'stolen\u001b[31m', 'adm_test')
  const asked = await seedReEnrolment(directory, { device, token, epoch: 2 })
  const rowOf = async () => {
    const { out } = await run('re-enrolments', 'list', '--all')
    expect(out.replaceAll('\t', ' ')).not.toMatch(DANGEROUS)
    return out.split('\n').find((line) => line.includes(asked))
  }
  expect(await rowOf()).toMatch(/\tits key is known, RETIRED 20\d\d-\S+ \S+Z by adm_\S+: stolen\\x1b\[31m\t/)
  const { out } = await run('re-enrolments', 'list', '--json')
  expect(JSON.parse(out).reEnrolments).toContainEqual(
    expect.objectContaining({
      id: asked,
      knownBy: 'key',
      retired: { at: directory.clock.now(), by: expect.stringMatching(/^adm_/), reason: 'stolen\u001b[31m' },
    }),
  )
  // Its TPM was that of its first epoch.
  const { database } = directory
  database.prepare("UPDATE device_keys SET endorsement_hash = 'ek' WHERE device = ?").run(device)
  database.prepare("UPDATE re_enrolments SET endorsement_hash = 'ek' WHERE id = ?").run(asked)
  expect(await rowOf()).toMatch(/\tits TPM is known, RETIRED /)
  // Once it is let in the device is retired no more. The decision keeps why it was made, and against what.
  await directory.services.reEnrolments.settle(asked, 'approve', 'adm_test', 'found\u202e again')
  expect(await rowOf()).toMatch(/\tits TPM is known, RETIRED .*: stolen\\x1b\[31m\t.*\tfound\\u\{202e\} again\t/)
  expect((await run('devices', 'show', device)).out).not.toMatch(/^retired/m)
})

test('a catalogue is set from a file and shown', async () => {
  const file = join(directory.folder, 'catalogue.json')
  const catalogue = {
    schema: 'surety/catalogue@1',
    version: 5,
    asOf: '2026-11-25',
    sources: { seen: { title: 'seen' } },
    entries: [{ id: 'one', name: 'One', vendor: 'V', kind: 'cli-agent', sources: ['seen'] }],
  }
  writeFileSync(file, JSON.stringify(catalogue, null, 2))
  const none = { exitCode: 0, out: 'none is handed out: devices use their own\n', err: '' }
  expect(await run('catalogue', 'show')).toEqual(none)
  expect(JSON.parse((await run('catalogue', 'show', '--json')).out)).toEqual({
    schema: 'surety-directory/catalogue@1',
    catalogue: null,
  })
  const set = await run('catalogue', 'set', file)
  expect(set).toMatchObject({ exitCode: 0, err: '', out: expect.stringMatching(/^catalogue 5 is handed out since /) })
  // What programs bring along is above it.
  expect(set.out).toContain(`bring ${builtInCatalogue().version} along and take only what is above it`)
  const faulty = { schema: 'surety/catalogue@1', version: 6, asOf: '2026-02-30', sources: {}, entries: [], refuted: 1 }
  const faultyFile = join(directory.folder, 'faulty.json')
  writeFileSync(faultyFile, JSON.stringify(faulty))
  expect(await run('catalogue', 'set', faultyFile)).toMatchObject({
    exitCode: 1,
    out: '',
    err: expect.stringMatching(/the directory refused: catalogue: refuted: must be array \[INPUT_MALFORMED\]\n$/),
  })
  expect(await run('catalogue', 'show')).toEqual(set)
  expect(await run('catalogue', 'set', file)).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining('not above the current version 5'),
  })
  expect(await run('catalogue', 'set', '/nowhere')).toMatchObject({ exitCode: 1 })
})
