import { DEVICE, seed } from '../../contracts/stores/seeds.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { DANGEROUS, runCommand } from '../../support/directory/run-commands.ts'

let directory: TestDirectory
directoryForAll((started) => {
  directory = started
})

const run = (...args: string[]) => runCommand(directory, args)
const add = (name: string, ...options: string[]) => run('people', 'add', name, ...options)
const CI = ['--purpose', 'builds', '--expires', '90d']

test('a human is added with a warning about a name that looks like another one', async () => {
  expect((await add('admin')).out).toMatch(/^added admin \(hum_\S+\)\n$/)
  const twin = await add('аdmin')
  expect([twin.exitCode, twin.err]).toEqual([0, ''])
  expect(twin.out).toMatch(/warning +"аdmin" mixes letters of Latin and Cyrillic\nwarning +"аdmin" looks like "admin"/)
})

test('lists names of any script whole, and escapes what would command a terminal', async () => {
  await add('דוד', '--name', 'דוד המלך')
  await add('x'.repeat(200))
  await add('eve', '--name', '=cmd|calc')
  const list = await run('people', 'list', '-o', 'wide')
  expect(list.out).not.toMatch(DANGEROUS)
  expect(list.out).toContain('דוד המלך')
  expect(list.out).toContain('3 people')
  expect((await run('people', 'list', '-o', 'csv')).out).toContain("'=cmd|calc")
})

test('the command of before is the same command', async () => {
  await add('ada')
  expect(await run('humans', 'list', '--json')).toEqual(await run('people', 'list', '--json'))
  expect((await run('humans', 'show', 'ada')).out).toContain('user name')
})

test('deactivating asks, and first says what would happen', async () => {
  await add('ada')
  await add('bob')
  await run('service-accounts', 'add', 'ci', '--owner', 'ada', '--successor', 'bob', ...CI)
  await run('service-accounts', 'accept', 'ci')
  await run('service-accounts', 'add', 'cron', '--owner', 'ada', ...CI)
  const leave = ['people', 'deactivate', 'ada', '--reason', 'left']
  const dry = await run(...leave, '--dry-run')
  expect(dry.out).toMatch(/ada \(hum_\S+\) would be deactivated/)
  expect(dry.out).toMatch(/ci \(sac_\S+\): to hum_/)
  expect(dry.out).toMatch(/cron \(sac_\S+\): ended/)
  expect(dry.out).toContain(
    '1 to successors, 1 without an accepted successor, 0 groups left, 0 accounts kept as history',
  )
  expect((await directory.store.humans.byName('ada'))?.status).toBe('active')
  expect(await run(...leave)).toMatchObject({ exitCode: 1, err: expect.stringContaining('give --yes') })
  const questions: string[] = []
  const answered = (answer: string) =>
    runCommand(directory, leave, {
      ask: (question) => {
        questions.push(question)
        return Promise.resolve(answer)
      },
    })
  const refused = await answered('n')
  expect([refused.exitCode, refused.err]).toEqual([
    1,
    expect.stringMatching(/cron \(sac_\S+\): ended[\s\S]*NOT_CONFIRMED/),
  ])
  expect((await directory.store.humans.byName('ada'))?.status).toBe('active')
  expect((await answered('y')).exitCode).toBe(0)
  expect(questions).toEqual(['Deactivate ada? [y/N] ', 'Deactivate ada? [y/N] '])
  expect((await directory.store.humans.byName('ada'))?.status).toBe('deactivated')
  expect((await directory.store.serviceAccounts.byName('ci'))?.owner).toBe(
    (await directory.store.humans.byName('bob'))?.id,
  )
})

test('what a command line cannot mean is refused', async () => {
  await seed(directory.store)
  await directory.store.accounts.seen(DEVICE, { id: '1000', name: 'ada' }, { at: 1 })
  await add('ada')
  await add('bob', '--email', 'team@example.org')
  await add('eve', '--email', 'team@example.org')
  await run('groups', 'add', 'crew')
  const refused: readonly (readonly [readonly string[], number, RegExp])[] = [
    [['people', 'show', 'nobody'], 1, /no person has the name "nobody".*people list/],
    [['people', 'show', ''], 2, /is empty/],
    [['people', 'show', 'hum_'], 1, /no person/],
    [['people', 'show', 'team@example.org'], 1, /may be hum_\S+ \(bob, active\), hum_\S+ \(eve, active\): give its id/],
    [['people', 'add', 'ADA'], 1, /already a person.*CONFLICT/],
    [['people', 'add', 'a\u202eb'], 1, /userName: must have a visible character and no control characters/],
    [['people', 'add', 'carol', '--email', 'carol'], 1, /email/],
    [['people', 'add', 'carol', '--manager', 'nobody'], 1, /no person has the name "nobody"/],
    [['people', 'change', 'ada', '--manager', 'ada'], 1, /cycle of managers/],
    [['people', 'list', '--status', 'gone'], 2, /a status is one of active, deactivated/],
    [['groups', 'show', 'nowhere'], 1, /no group/],
    [['people', 'list', '--search', '\u202e'], 1, /cannot be seen/],
    [['people', 'deactivate', 'ada'], 2, /required option '--reason <text>'/],
    [['people', 'reactivate', 'ada', '--reason', 'x'], 1, /is active/],
    [['groups', 'change', 'crew', '--add', 'nobody'], 1, /no person "nobody"/],
    [['groups', 'change', 'crew', '--add', 'team@example.org'], 1, /names hum_.*give an id/],
    [['groups', 'remove', 'crew'], 1, /give --yes/],
    [['accounts', 'list', '--state', 'odd'], 2, /an? state is one of unassigned/],
    [['accounts', 'confirm', DEVICE], 2, /name a device and one of its users/],
    [['accounts', 'confirm', DEVICE, '1000'], 1, /names no person/],
    [['accounts', 'confirm', DEVICE, '7', '--human', 'ada'], 1, /no agent of a user "7"/],
    [['accounts', 'confirm', '--all-proposed'], 1, /give --yes/],
    [['accounts', 'confirm', '--all-proposed', '--human', 'ada', '--yes'], 2, /goes with neither/],
    [['accounts', 'confirm', DEVICE, '1000', '--all-proposed', '--yes'], 2, /goes with neither/],
    [['accounts', 'release', DEVICE, '1000', '--reason', 'x'], 1, /is not confirmed/],
    [['service-accounts', 'add', 'ci', '--owner', 'ada', '--purpose', 'p'], 2, /required option '--expires <time>'/],
    [['service-accounts', 'add', 'ci', '--owner', 'ada', '--purpose', 'p', '--expires', '367d'], 1, /within 366 days/],
    [
      ['service-accounts', 'add', 'ci', '--owner', 'ada', '--purpose', 'p', '--expires', 'soon'],
      2,
      /a time is a number/,
    ],
    [['service-accounts', 'add', 'ci', '--owner', 'nobody', ...CI], 1, /no person "nobody"/],
    [['service-accounts', 'show', 'ci'], 1, /no service account has the name "ci"/],
  ]
  const wrong: unknown[] = []
  for (const [words, expected, said] of refused) {
    const { exitCode, err, out } = await run(...words)
    if (exitCode !== expected || !said.test(err) || out !== '') wrong.push([words, exitCode, err, out])
  }
  expect(wrong).toEqual([])
  expect(await directory.store.humans.page({ limit: 9 })).toHaveLength(3)
  expect((await directory.store.accounts.of(DEVICE, '1000'))?.state).toBe('unassigned')
})
