import { report } from '../../directory/stops/stop-fixture.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { DANGEROUS, runCommand } from '../../support/directory/run-commands.ts'
import { HOSTILE_NAME, seedDevice } from '../../support/directory/seeded-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'

const TERMINAL = { terminal: { columns: 200, colour: false } }

let directory: TestDirectory
/** By name, in the order of their ids. */
const devices = new Map<string, string>()
beforeAll(async () => {
  directory = await startTestDirectory()
  for (const name of ['anna', 'berta', 'carl']) {
    const { device } = await seedDevice(directory, testKey(name))
    directory.database.prepare('UPDATE devices SET owner = ? WHERE id = ?').run(`${name}@example.org`, device)
    devices.set(name, device)
  }
  await directory.store.devices.putLabels(idOf('carl'), { role: 'server' })
  await directory.store.findings.drop(idOf('berta'), 'disk.root-encrypted')
})
afterAll(() => directory[Symbol.asyncDispose]())

const idOf = (name: string) => devices.get(name) ?? ''
const run = (...args: string[]) => runCommand(directory, ['devices', 'list', ...args])
const onTerminal = (...args: string[]) => runCommand(directory, ['devices', 'list', ...args], TERMINAL)
const ids = async (...args: string[]) => (await run(...args, '-o', 'id')).out.split('\n').slice(0, -1)

test('a terminal gets a table with its total, anything else tab-separated values', async () => {
  const table = await onTerminal()
  expect(table.out).not.toMatch(DANGEROUS)
  expect(table.out).toMatch(/^ {2}ID .* HOST\n/)
  expect(table.out).toMatch(/\n3 devices\n$/)
  const { out, err } = await run()
  expect({ err, dangerous: DANGEROUS.test(out.replaceAll('\t', '')) }).toEqual({ err: '', dangerous: false })
  const [heading, ...rows] = out.split('\n').map((line) => line.split('\t'))
  expect(heading?.slice(0, 2)).toEqual(['id', 'verdict'])
  expect(rows.slice(0, -1).map(([id, verdict]) => `${id} ${verdict}`)).toEqual(
    [...devices.values()].toSorted().map((id) => `${id} not-compliant`),
  )
  expect(new Set(rows.slice(0, -1).map(({ length }) => length)).size).toBe(1)
})

test('filters narrow each other, and an empty list says of how many', async () => {
  expect(await ids('--owner', 'anna@example.org')).toEqual([idOf('anna')])
  expect((await ids('--failing', 'disk.root-encrypted')).toSorted()).toEqual([idOf('anna'), idOf('carl')].toSorted())
  expect(await ids('--failing', 'disk.root-encrypted', '--label', 'role=server')).toEqual([idOf('carl')])
  expect(
    await ids('--os', 'debian', '--tier', 'software', '--name', '*script*', '--owner', 'carl@example.org'),
  ).toEqual([idOf('carl')])
  const nothing = await onTerminal('--owner', 'nobody')
  expect(nothing).toEqual({ exitCode: 0, out: 'none of 3 devices matches\n', err: '' })
  expect(await run('--owner', 'nobody')).toEqual({
    exitCode: 0,
    out: expect.stringMatching(/^id\t[^\n]+\n$/),
    err: 'none of 3 devices matches\n',
  })
  expect(JSON.parse((await run('--owner', 'nobody', '-o', 'json')).out)).toEqual({
    schema: 'surety-directory/devices@1',
    devices: [],
    total: 0,
  })
})

test('the list is sorted, turned round and cut', async () => {
  const order = ['anna', 'berta', 'carl'].map(idOf)
  expect(await ids('--sort', 'owner')).toEqual(order)
  expect(await ids('--sort', 'owner', '--reverse')).toEqual(order.toReversed())
  expect(await ids('--sort', 'owner', '--limit', '2')).toEqual(order.slice(0, 2))
  expect((await onTerminal('--limit', '2')).out).toMatch(/\n2 of 3 devices\n$/)
  const { devices: listed, total } = JSON.parse((await run('--json', '--limit', '1')).out)
  expect([listed.length, total]).toEqual([1, 3])
})

test('a device that was not heard for long is found, and one that attested is not', async () => {
  expect(await ids('--older-than', '1h')).toEqual([])
  await directory.clock.advance(3_700_000)
  await directory.store.devices.putAttestation(idOf('berta'), { at: directory.clock.now() })
  expect((await ids('--older-than', '1h')).toSorted()).toEqual([idOf('anna'), idOf('carl')].toSorted())
})

test('devices are found by what is known of their daemons', async () => {
  const anna = idOf('anna')
  expect(await ids('--tampered')).toEqual([])
  await report(directory, anna, {
    tamperSigns: [{ kind: 'settings-changed', time: 1 }],
    health: [{ code: 'SETTINGS_REFUSED', remedy: 'mend', since: 1 }],
    inventory: {
      hostname: HOSTILE_NAME,
      platform: 'linux',
      arch: 'x64',
      osName: 'Debian',
      osVersion: '13',
      kernel: '6.12',
      daemon: { version: '1.4.2', updates: 'rolled-back', channel: 'stable', refused: '1.5.0' },
    },
  })
  await directory.store.silence.put(idOf('berta'), { heardAt: 1, noticedAt: 2 })
  expect(await ids('--tampered')).toEqual([anna])
  expect(await ids('--tamper-sign', 'settings-changed')).toEqual([anna])
  expect(await ids('--tamper-sign', 'stopped')).toEqual([])
  expect(await ids('--silent-too-long')).toEqual([idOf('berta')])
  expect(await ids('--daemon-version', '1.4', '--updates', 'rolled-back', '--channel', 'stable')).toEqual([anna])
  expect(await ids('--daemon-older-than', '1.4.2')).toEqual([])
  expect(await ids('--daemon-older-than', '1.5.0')).toEqual([anna])
  expect(await ids('--warning', 'SETTINGS_REFUSED')).toEqual([anna])
  expect(await ids('--warning', 'SETTINGS_CHANGED')).toEqual([])
  expect((await ids('--warning', 'SPOOL_FULL')).toSorted()).toEqual([idOf('berta'), idOf('carl')].toSorted())
  const { out } = await onTerminal('-o', 'wide', '--tampered')
  for (const words of ['1.4.2', 'rolled-back, stable', 'SETTINGS_REFUSED']) expect(out).toContain(words)
  const status = await runCommand(directory, ['status'])
  expect(status.out).toMatch(/tampering +1 device with a sign of the last 7 days \(devices list --tampered\)/)
  expect(status.out).toMatch(/too silent +1 device for longer than the policy allows/)
})

test('each format escapes what a device calls itself', async () => {
  const { out } = await run('-o', 'csv', '--owner', 'anna@example.org')
  const [heading, row] = out.split('\r\n')
  expect(heading).toMatch(/^id,verdict,tier,status,last_seen,owner,host,os,/)
  expect(row).toContain('"<script>alert(1)</script>\\x1b[31m""\\u{202e}\\x0d\\nERROR forged"')
  const wide = await onTerminal('-o', 'wide', '--owner', 'anna@example.org')
  expect(wide.out).not.toMatch(DANGEROUS)
  expect(wide.out).toContain('Debian 13')
  expect(JSON.parse((await run('--json', '--owner', 'anna@example.org')).out).devices).toMatchObject([
    { label: { hostname: HOSTILE_NAME }, os: 'Debian 13' },
  ])
})

test('a retired device is listed only where retired ones are asked for', async () => {
  const { device } = await seedDevice(directory, testKey('dora'))
  await directory.services.devices.retire(device, 'sold', 'adm_test')
  expect(await ids()).not.toContain(device)
  expect(await ids('--retired')).toEqual([device])
  expect(await ids('--retired', '--silent')).toEqual([])
})

test.each([
  ['--verdict', 'fine', 2, 'a verdict is one of'],
  ['--tier', 'gold', 2, 'a tier is one of'],
  ['--sort', 'colour', 2, 'a column is one of'],
  ['--limit', '0', 2, 'a whole number from 1'],
  ['--limit', '1e3', 2, 'a whole number from 1'],
  ['--older-than', 'yesterday', 2, 'a time is a number and s, m, h or d'],
  ['--output', 'xml', 2, 'a format is one of'],
  ['--failing', 'disk.root-encrypte', 1, 'there is no check "disk.root-encrypte". Similar: disk.root-encrypted'],
  ['--failing', 'No Check', 1, 'there is no check "No Check". The checks: disk.root-encrypted'],
  ['--label', 'role', 2, 'a label is written NAME=VALUE'],
  ['--label', 'Role=x', 2, 'a label is written NAME=VALUE'],
  ['--owner', '', 2, 'is empty'],
  ['--tamper-sign', 'any', 2, 'Allowed choices are'],
  ['--updates', 'new', 2, 'a state is one of'],
  ['--daemon-version', '1.', 1, 'INPUT_MALFORMED'],
  ['--daemon-version', '1.4.2.1', 1, 'INPUT_MALFORMED'],
  ['--daemon-older-than', '1.4', 1, 'INPUT_MALFORMED'],
  ['--channel', 'Stable', 1, 'INPUT_MALFORMED'],
  ['--warning', 'settings', 1, 'INPUT_MALFORMED'],
  ['--warning', 'SETTINGS_REFUSE', 1, 'there is no warning "SETTINGS_REFUSE". Similar: SETTINGS_REFUSED'],
])('%s %j is refused', async (option, value, code, message) => {
  const { exitCode, out, err } = await run(option, value)
  expect({ exitCode, out }).toEqual({ exitCode: code, out: '' })
  expect(err).toContain(message)
})

test('the API refuses cursors of another order', async () => {
  const ask = async (query: string) => {
    const { status, json } = await directory.ask('GET', `/api/v1/devices?${query}`)
    return { status, ...Object(json) }
  }
  const { next } = await ask('sort=owner&limit=1')
  expect((await ask(`sort=owner&limit=1&cursor=${next}`)).items).toMatchObject([{ id: idOf('berta') }])
  const [id] = next.split('.')
  for (const query of [
    `cursor=${next}`,
    `sort=owner&cursor=${id}`,
    `sort=owner&cursor=${id}.AAAA`,
    `sort=owner&cursor=${id}.bnVsbA`,
    `sort=owner&cursor=${id}.`,
    'status=gone',
    'order=down',
    'olderThanMs=-1',
    'label=role%00=x',
    `name=${'x'.repeat(257)}`,
  ]) {
    expect([query, (await ask(query)).status]).toEqual([query, 400])
  }
  expect(await ask('limit=1')).toMatchObject({ total: 3 })
  expect(await ask(`limit=1&cursor=${idOf('anna')}`)).not.toHaveProperty('total')
})
