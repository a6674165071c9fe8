import type { RegistrationView } from '../../../src/protocol/nouns/agents/registrations.ts'
import { ADMINISTRATOR, seedHuman } from '../../directory/registrations/registration-fixture.ts'
import { seedDevices, work } from '../../directory/stops/stop-fixture.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { DANGEROUS, runCommand } from '../../support/directory/run-commands.ts'

let directory: TestDirectory
directoryForAll(async (started) => {
  directory = started
  for (const name of ['ada', 'bob']) await seedHuman(directory, name)
})

const run = (...args: readonly string[]) => runCommand(directory, ['registrations', ...args])
const shown = async (name: string): Promise<RegistrationView> =>
  JSON.parse((await run('show', name, '--json')).out).registration
const CREATE = ['create', 'nightly', '--purpose', 'builds', '--owner', 'ada']

test('an agent is registered with all that is said of it, shown and listed', async () => {
  const [device = ''] = await seedDevices(directory, 1)
  directory.database.exec("UPDATE devices SET label_json = json_set(label_json, '$.hostname', 'laptop-7')")
  const created = await run(
    ...[...CREATE, '--product', 'codex', 'amp', '--device', 'laptop-7', '--workspace', '/srv/a', '--active'],
    ...['--successor', 'bob', '--contact', 'bob', '--versions', '>=2 <3', '--application', 'git', '--tool', 'bash'],
    ...['--scope-workspace', '/srv', '--ceiling', 'asks', '--single', '--review', '90d', '--expires', '365d'],
  )
  expect(created).toMatchObject({ exitCode: 0, err: '', out: expect.stringMatching(/^agt_\S+ is active\n$/) })
  expect(await shown('NIGHTLY')).toMatchObject({
    criteria: { products: ['amp', 'codex'], device, workspaces: ['/srv/a'] },
    scope: { applications: ['git'], dataSets: [], tools: ['bash'], workspaces: ['/srv'] },
    versions: ['>=2 <3'],
    autonomyCeiling: 'asks',
    single: true,
    state: 'active',
    ownerName: 'ada N.',
    reviewAt: expect.any(Number),
    expiresAt: expect.any(Number),
  })
  const { out } = await run('show', 'nightly')
  expect(out).toMatch(/SPIFFE id +spiffe:\/\/example\.org\/agent\/agt_/)
  expect(out).toMatch(/owner +ada N\. \(hum_/)
  expect(out).toMatch(/successor +bob N\. \(hum_\S+\), has not accepted\n/)
  expect((await run('list')).out).toMatch(/\nnightly\tactive\tada\tproducts: amp or codex; /)
  expect((await run('list', '--owner', 'bob', '-o', 'id')).out).toBe('')
  expect((await run('list', '--device', 'laptop-7', '-o', 'csv')).out).toContain('nightly')
})

test('what is said is changed and taken away', async () => {
  await run(...CREATE, '--product', 'codex', '--successor', 'bob', '--ceiling', 'asks', '--single', '--review', '1d')
  expect((await run('change', 'nightly', '--name', 'daily', '--human', 'bob')).exitCode).toBe(0)
  const changed = await shown('daily')
  expect([changed.criteria.products, changed.autonomyCeiling, changed.single]).toEqual([undefined, 'asks', true])
  await run('change', 'daily', '--no-successor', '--no-ceiling', '--no-single', '--no-review')
  const { successor, autonomyCeiling, single, reviewAt } = await shown('daily')
  expect([successor, autonomyCeiling, single, reviewAt]).toEqual([undefined, undefined, false, undefined])
})

test('an agent goes through its states, and a refused step says what is possible', async () => {
  const [device = ''] = await seedDevices(directory, 1)
  await run(...CREATE, '--product', 'codex', '--device', device)
  const refused = await run('suspend', 'nightly', '--reason', 'r')
  expect([refused.exitCode, refused.err]).toEqual([
    1,
    expect.stringMatching(
      /cannot become suspended: it can become active or quarantined or retiring.*TRANSITION_REFUSED/s,
    ),
  ])
  expect((await run('accept', 'nightly')).out).toMatch(/^agt_\S+ is active\n$/)
  expect((await run('suspend', 'nightly', '--reason', 'r')).out).toMatch(
    /^agt_\S+ is suspended; see its devices with: surety-directory stops show stop_\S+\n$/,
  )
  expect(await work(directory)).toMatchObject([
    { kind: 'freeze', stop: { selector: { select: 'product', product: 'codex' } } },
  ])
  expect((await run('activate', 'nightly', '--reason', 'r')).out).toMatch(/^agt_\S+ is active\n$/)
  const asks = await run('retire', 'nightly', '--reason', 'r')
  expect([asks.exitCode, asks.err]).toEqual([1, expect.stringContaining('give --yes')])
  expect((await run('retire', 'nightly', '--reason', 'r', '--yes')).out).toContain('is retiring')
})

test('an owner and a successor', async () => {
  await run(...CREATE, '--product', 'codex', '--successor', 'bob')
  expect((await run('accept', 'nightly', '--successor')).out).toMatch(
    /^agt_\S+ is provisioning\nbob N\. gets it when the owner leaves\n$/,
  )
  expect((await run('transfer', 'nightly', '--owner', 'bob', '--reason', 'r')).out).toMatch(
    /^bob N\. answers for agt_\S+\n$/,
  )
})

test('lists those that end soon, and none that has ended or never does', async () => {
  for (const [name, expires] of [
    ['week', '6d'],
    ['month', '20d'],
    ['year', '300d'],
    ['over', '5d'],
  ] as const) {
    await run('create', name, '--purpose', 'builds', '--product', 'codex', '--owner', 'ada', '--expires', expires)
  }
  await run('create', 'never', '--purpose', 'builds', '--product', 'codex', '--owner', 'ada')
  await run('retire', 'over', '--reason', 'not needed', '--yes')
  const within = async (time: string, ...args: readonly string[]) =>
    (await run('list', '--columns', 'name', '-o', 'tsv', '--expires-within', time, ...args)).out
  expect(await within('7d')).toBe('name\nweek\n')
  expect(await within('30d')).toBe('name\nmonth\nweek\n')
  expect(await within('90d', '--sort', 'name', '--product', 'codex', '--owner', 'ada')).toBe('name\nmonth\nweek\n')
  expect(await within('30d', '--state', 'active')).toBe('name\n')
  expect((await run('list', '--expires-within', '31d')).exitCode).not.toBe(0)
})

test('lists those of an owner by any spelling, and those without one', async () => {
  await run(...CREATE, '--product', 'codex')
  await run('create', 'weekly', '--purpose', 'builds', '--product', 'codex', '--human', 'bob')
  const names = async (...args: readonly string[]) => (await run('list', '--columns', 'name', '-o', 'tsv', ...args)).out
  const { owner = '' } = await shown('nightly')
  for (const spelling of ['ADA', owner, owner.slice(0, 9)]) {
    expect(await names('--owner', spelling)).toBe('name\nnightly\n')
  }
  expect(await names('--no-owner')).toBe('name\nweekly\n')
  expect(await names('--user', 'bob', '--product', 'codex')).toBe('name\nweekly\n')
  expect(await names('--human', 'bob')).toBe('name\nweekly\n')
  expect(await names('--sort', 'name', '--reverse')).toBe('name\nweekly\nnightly\n')
  expect(await names('--search', 'WEEK')).toBe('name\nweekly\n')
  for (const args of [
    ['--owner', 'nobody'],
    ['--user', 'bob', '--human', 'bob'],
  ]) {
    expect((await run('list', ...args)).exitCode).not.toBe(0)
  }
})

test('names of devices and people never reach the terminal as a command', async () => {
  await seedDevices(directory, 1)
  const criteria = { products: ['unknown/<script>\u001b[2J'] }
  await directory.services.registrations.create(
    { name: 'סוכן', purpose: 'a\u001b[31mb', criteria, owner: 'ada' },
    { person: ADMINISTRATOR },
  )
  for (const args of [
    ['list', '-o', 'wide'],
    ['show', 'סוכן'],
  ]) {
    const { out } = await run(...args)
    expect(out).not.toMatch(DANGEROUS)
    expect(out).toContain('סוכן')
  }
})

test.each<[string, readonly string[], string]>([
  ['no purpose', ['create', 'x', '--product', 'codex'], '--purpose'],
  ['no criterion', ['create', 'x', '--purpose', 'p'], 'say what the agent is'],
  ['active without an owner', ['create', 'x', '--purpose', 'p', '--product', 'c', '--active'], 'OWNER_REQUIRED'],
  ['an owner who is none', ['create', 'x', '--purpose', 'p', '--product', 'c', '--owner', 'z'], 'NOT_FOUND'],
  ['a time that is none', ['create', 'x', '--purpose', 'p', '--product', 'c', '--review', 'soon'], 'such as 90d'],
  [
    'a ceiling that is none',
    ['create', 'x', '--purpose', 'p', '--product', 'c', '--ceiling', 'free'],
    'asks, autonomous',
  ],
  ['a device that is none', ['create', 'x', '--purpose', 'p', '--device', 'nowhere'], 'DEVICE_UNKNOWN'],
  ['a relative folder', ['create', 'x', '--purpose', 'p', '--workspace', 'code'], 'INPUT_MALFORMED'],
  ['an agent that is none', ['suspend', 'x', '--reason', 'r'], 'no registration has the name "x"'],
  ['no reason', ['suspend', 'x'], '--reason'],
  ['nothing to change', ['change', 'x'], 'say what to change'],
  ['a state that is none', ['list', '--state', 'asleep'], 'provisioning, active'],
])('refuses %s', async (_, args, words) => {
  const { exitCode, err } = await run(...args)
  expect([exitCode === 0, err]).toEqual([false, expect.stringContaining(words)])
  expect((await directory.store.registrations.list({ limit: 1 })).items).toEqual([])
})

test('stops by registration, human and group are said in words', async () => {
  await run(...CREATE, '--product', 'codex')
  await runCommand(directory, ['groups', 'add', 'crew'])
  const stop = (...args: readonly string[]) => runCommand(directory, ['stops', 'create', ...args, '--reason', 'r'])
  expect((await stop('--registration', 'nightly')).out).toMatch(/^Stop stop_\S+ is in force\.\n/)
  expect((await stop('--human', 'ada')).exitCode).toBe(0)
  expect((await stop('--group', 'crew')).exitCode).toBe(0)
  expect((await stop('--group', 'nobody')).err).toContain('NOT_FOUND')
  expect((await stop('--human', 'ada', '--product', 'codex')).err).toContain('INPUT_MALFORMED')
  const { out } = await runCommand(directory, ['stops', 'list'])
  expect(out).toContain('the registered agent nightly')
  expect(out).toContain('all agents of the person ada N.')
  expect(out).toContain('all agents of the group crew')
})
