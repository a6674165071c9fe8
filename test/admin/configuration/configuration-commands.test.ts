import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { runCommand } from '../../support/directory/run-commands.ts'
import { seedDevice } from '../../support/directory/seeded-directory.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

let directory: TestDirectory
let folder: ReturnType<typeof temporaryFolder>
beforeEach(async () => {
  directory = await startTestDirectory()
  folder = temporaryFolder()
})
afterEach(async () => {
  folder[Symbol.dispose]()
  await directory[Symbol.asyncDispose]()
})

const run = (command: string, ...args: readonly string[]) =>
  runCommand(directory, [command, '-f', folder.path, ...args])
const write = (file: string, text: string | Uint8Array) => writeFileSync(join(folder.path, file), text)
const people = async () => (await directory.store.humans.page({ limit: 99 })).map(({ userName }) => userName)

const PEOPLE = `# Our people.
---
kind: person
name: ada
spec: {}
---
kind: person
name: bob
spec:
  manager: ada
---
`
const GROUPS = 'kind: group\nname: payments\nspec:\n  members:\n    - ada\n    - bob\n'

test('a folder is compared, applied and exported, and then nothing differs', async () => {
  write('people.yaml', PEOPLE)
  mkdirSync(join(folder.path, 'teams'))
  write('teams/groups.yml', GROUPS)
  write('README.md', '# no document')
  mkdirSync(join(folder.path, '.git'))
  write('.git/config.yaml', '\0')
  const diff = await run('diff')
  expect(diff).toMatchObject({ exitCode: 3, err: expect.stringContaining('3 differences') })
  expect(diff.out).toBe(`add person "ada"
add person "bob": manager ada
add group "payments": members ada, bob
3 to add, 0 to change, 0 to remove, 0 unchanged
`)
  expect((await run('apply', '--dry-run')).out).toBe(diff.out)
  expect(await people()).toEqual([])
  expect(await run('apply', '--yes')).toMatchObject({ exitCode: 0, out: expect.stringContaining('3 added, 0 changed') })
  expect(await run('diff')).toMatchObject({ exitCode: 0, err: '' })
  rmSync(folder.path, { recursive: true })
  expect(await run('export')).toMatchObject({ exitCode: 0 })
  expect(readdirSync(folder.path)).toEqual([
    ...['access-policy.yaml', 'administrators.yaml', 'gate-policy.yaml'],
    ...['groups.yaml', 'people.yaml', 'policy.yaml', 'rules.yaml'],
  ])
  expect(await run('diff')).toMatchObject({ exitCode: 0, out: expect.stringContaining('8 unchanged') })
})

test('an export has the same bytes again, and keeps the lines of a policy', async () => {
  const policy = 'schema: surety/policy@1\n\n# why:\nchecks:\n  disk.root-encrypted: advisory   # later\n'
  write(
    'policy.yaml',
    `kind: policy\nname: policy\nspec:\n  text: |\n    ${policy.trimEnd().replaceAll('\n', '\n    ')}\n`,
  )
  expect(await run('apply', '--yes')).toMatchObject({ exitCode: 0 })
  expect((await run('export')).err).toMatch(/policy\.yaml is there: give --force/)
  await run('export', '--force')
  const texts = () => readdirSync(folder.path).map((file) => readFileSync(join(folder.path, file), 'utf8'))
  const first = texts()
  expect(first.join('')).toContain('    # why:\n    checks:\n      disk.root-encrypted: advisory   # later\n')
  await run('export', '--force')
  expect(texts()).toEqual(first)
  expect((await directory.services.policies.current()).policy).toBe(policy)
})

test('a plan, an application and an export are documents with --json', async () => {
  write('people.yaml', PEOPLE)
  const diff = await run('diff', '--json')
  const plan = JSON.parse(diff.out)
  expect(plan).toMatchObject({
    schema: 'surety-directory/plan@1',
    applied: false,
    counts: { create: 2 },
    changes: [
      { action: 'create', kind: 'person', name: 'ada', source: 0, fields: [] },
      { action: 'create', kind: 'person', name: 'bob', source: 1, fields: [{ field: 'manager', after: 'ada' }] },
    ],
  })
  expect(JSON.parse(diff.err)).toMatchObject({ error: { code: 'DIFFERENCES_FOUND' } })
  const done = JSON.parse((await run('apply', '--yes', '--json', '--state', plan.state)).out)
  expect(done).toMatchObject({ applied: true, state: plan.state, set: plan.set })
  const again = await run('apply', '--yes', '--json', '--state', plan.state)
  expect(again).toMatchObject({ exitCode: 1, err: expect.stringContaining('VERSION_STALE') })
  const exported = JSON.parse((await run('export', '--json', '--force')).out)
  expect(exported).toMatchObject({ schema: 'surety-directory/export@1', leftOut: [] })
})

test('an application asks first, and does what was shown or nothing', async () => {
  write('people.yaml', PEOPLE)
  expect(await run('apply')).toMatchObject({ exitCode: 1, err: expect.stringContaining('give --yes [NOT_CONFIRMED]') })
  expect(await people()).toEqual([])
  const asked: string[] = []
  const meanwhile = await runCommand(directory, ['apply', '-f', folder.path], {
    ask: async (question) => {
      asked.push(question)
      await directory.services.humans.add({ userName: 'eve' }, { id: 'adm_x', name: 'x' })
      return 'y'
    },
  })
  expect(asked).toEqual(['Carry out 2 changes? [y/N] '])
  expect(meanwhile).toMatchObject({ exitCode: 1, err: expect.stringContaining('VERSION_STALE') })
  expect(await people()).toEqual(['eve'])
})

test('nothing is removed without --prune', async () => {
  write('people.yaml', PEOPLE)
  write('groups.yaml', GROUPS)
  await run('apply', '--yes')
  rmSync(join(folder.path, 'groups.yaml'))
  write('people.yaml', 'kind: person\nname: ada\nspec: {}\n')
  expect((await run('diff')).out).toContain('in no file, and kept: 1 person (--prune removes them)')
  const { out } = await run('apply', '--yes', '--prune')
  expect(out).toContain('deactivate person "bob": their agents')
  expect(await directory.store.groups.byName('payments')).toBeDefined()
})

const doc = (text: string) => `# a comment\n${text}`
test.each<[what: string, file: string, text: string | Uint8Array, said: RegExp]>([
  [
    'an unknown kind',
    'x.yaml',
    doc('kind: grup\nname: x\nspec: {}\n'),
    /x\.yaml:2: there is no kind "grup".*\[INPUT_MALFORMED\]/,
  ],
  [
    'an unknown field',
    'x.yaml',
    doc('kind: person\nname: x\nspec:\n  mail: x\n'),
    /x\.yaml:5: mail: no such member; .*email/,
  ],
  [
    'a wrong type',
    'x.yaml',
    doc('kind: group\nname: x\nspec:\n  members:\n    - 7\n'),
    /x\.yaml:6: members > 0: must be .*string/,
  ],
  [
    'a name twice',
    'x.yaml',
    doc('kind: person\nname: x\nspec: {}\n---\nkind: person\nname: X\nspec: {}\n'),
    /x\.yaml:7: two documents.*\[CONFLICT\]/,
  ],
  [
    'a reference to nobody',
    'x.yaml',
    doc('kind: group\nname: x\nspec: {members: [no]}\n'),
    /x\.yaml:2: there is no person "no" \[NOT_FOUND\]/,
  ],
  [
    'a cycle',
    'x.yaml',
    doc('kind: person\nname: x\nspec:\n  manager: x\n'),
    /x\.yaml:5: a cycle of managers: x -> x.*\[CONFLICT\]/,
  ],
  [
    'a fault of a policy',
    'x.yaml',
    'kind: policy\nname: policy\nspec:\n  text: |\n    schema: surety/policy@1\n    cheks: {}\n',
    /x\.yaml:6: line 2: cheks/,
  ],
  ['no document', 'x.yaml', '- kind: person\n', /x\.yaml:1: .*must be.*object/],
  ['a tab', 'x.yaml', doc('kind: person\nname: x\nspec:\n\tmanager: x\n'), /x\.yaml:\d: .*[Tt]ab/],
  ['an anchor', 'x.yaml', doc('kind: &k person\nname: *k\nspec: {}\n'), /x\.yaml:2: the anchor &k/],
  ['an alias bomb', 'x.yaml', 'a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n', /x\.yaml:1: the anchor &a/],
  [
    'a key twice',
    'x.yaml',
    doc('kind: person\nkind: group\nname: x\nspec: {}\n'),
    /x\.yaml:3: the key "kind" appears twice/,
  ],
  ['a tag', 'x.yaml', doc('kind: !!js/function x\n'), /x\.yaml:2: /],
  ['binary', 'x.yaml', new Uint8Array([0x6b, 0xff, 0xfe, 0x00]), /x\.yaml is no text in UTF-8/],
  [
    'what is nested too deeply',
    'x.yaml',
    `kind: ${'['.repeat(60)}${']'.repeat(60)}\n`,
    /x\.yaml:1: .*nested too deeply.*\[INPUT_TOO_DEEP\]/,
  ],
  ['what is too large', 'x.yaml', `# ${'x'.repeat(16 * 1024 * 1024)}\n`, /FILE_TOO_LARGE/],
  ['an empty folder', 'x.txt', '', /there is no \.yaml file in .*\[NOT_FOUND\]/],
])('%s is refused with its file and line, and nothing is done', async (_what, file, text, said) => {
  if (file.endsWith('.yaml')) write('a.yaml', 'kind: person\nname: good\nspec: {}\n')
  write(file, text)
  const { exitCode, err, out } = await run('apply', '--yes')
  expect(err.replaceAll('\n', ' ')).toMatch(said)
  expect([exitCode, out]).toEqual([1, ''])
  expect(await people()).toEqual([])
})

test('every fault is named on a line of its own', async () => {
  write('a.yaml', 'kind: person\nname: good\nspec: {x: 1}\n')
  write('b.yaml', 'kind: no\n')
  const { err } = await run('diff')
  expect(err.split('\n')).toEqual([
    expect.stringMatching(/a\.yaml:3: x: no such member.* \[INPUT_MALFORMED\]$/),
    expect.stringMatching(/b\.yaml:1: there is no kind "no".* \[INPUT_MALFORMED\]$/),
    expect.stringMatching(/: 2 faults, and nothing was changed.*\[INPUT_MALFORMED\]$/),
    '',
  ])
})

test.each(['file', 'folder'])('a link to a %s is refused', async (what) => {
  write('a.yaml', 'kind: person\nname: good\nspec: {}\n')
  symlinkSync(what === 'file' ? '/etc/passwd' : '/etc', join(folder.path, what === 'file' ? 'b.yaml' : 'b'))
  expect(await run('apply', '--yes')).toMatchObject({ exitCode: 1, err: expect.stringContaining('[FILE_IS_LINK]') })
  expect(await people()).toEqual([])
})

test('a policy that every device would fail needs --force', async () => {
  await seedDevice(directory)
  const text = 'kind: policy\nname: policy\nspec:\n  text: |\n    schema: surety/policy@1\n    minimum-tier: tpm\n'
  write('policy.yaml', text)
  const { err } = await run('apply', '--yes')
  expect(err).toMatch(/policy\.yaml:6: line 2: tier is required.*--force \[CONFLICT\]/s)
  expect(await run('apply', '--yes', '--force')).toMatchObject({ exitCode: 0 })
  expect(directory.services.policies.version).toBe(1)
})

const cedar = (text: string) =>
  `kind: access-policy\nname: access-policy\nspec:\n  text: |\n${text.replaceAll(/^/gm, '    ')}\n`

test('an access policy is set with the rest, and a fault in it has file and line', async () => {
  const sound = 'permit (principal, action, resource)\nwhen { context has device && context.device.compliant };'
  write('people.yaml', 'kind: person\nname: ada\nspec: {}\n')
  write('access-policy.yaml', cedar(`${sound}\nforbid (principal, action, resource) when { context.agent.x };`))
  const refused = await run('apply', '--yes')
  expect(refused).toMatchObject({ exitCode: 1, err: expect.stringMatching(/access-policy\.yaml:7: line 3: /) })
  expect([await people(), directory.services.access.version]).toEqual([[], 0])
  write('access-policy.yaml', cedar(sound))
  const diff = await run('diff')
  expect(diff.out).toContain('change access-policy: text ')
  expect(await run('apply', '--yes')).toMatchObject({ exitCode: 0 })
  expect([await people(), directory.services.access.version]).toEqual([['ada'], 1])
  const kinds = (await directory.store.record.list({ limit: 3 })).items.map(({ act }) => act)
  expect(kinds.toSorted()).toEqual(['access-set', 'configuration-applied', 'human-added'])
  expect(await run('diff')).toMatchObject({ exitCode: 0 })
})

test('an access policy that permits everything needs --force', async () => {
  write('access-policy.yaml', cedar('permit (principal, action, resource);'))
  expect((await run('apply', '--yes')).err).toMatch(/access-policy\.yaml:5: line 1: .*--force \[CONFLICT\]/s)
  expect(await run('apply', '--yes', '--force')).toMatchObject({ exitCode: 0 })
})

test('a folder is needed, and must be there', async () => {
  expect(await runCommand(directory, ['diff'])).toMatchObject({ exitCode: 2, err: expect.stringContaining('--file') })
  expect(await runCommand(directory, ['diff', '-f', '/nowhere'])).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining('there is no file or folder /nowhere [NOT_FOUND]'),
  })
})
