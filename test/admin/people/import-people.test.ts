import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parsePeople } from '../../../src/admin/people/people-file.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { DANGEROUS, runCommand } from '../../support/directory/run-commands.ts'

let directory: TestDirectory
const by = { id: 'adm_test', name: 'Grace' }
directoryForAll(async (started) => {
  directory = started
  const { humans, groups } = started.services
  await humans.add({ userName: 'ada', displayName: 'Ada', email: 'ada@example.org' }, by)
  await humans.add({ userName: 'sam', displayName: 'Sam', origin: 'scim' }, by)
  const { human } = await humans.add({ userName: 'left' }, by)
  await started.services.departures.deactivate(human.id, by, { reason: 'left' })
  await groups.add({ name: 'Crew' }, by)
  await groups.add({ name: 'idp', origin: 'scim' }, by)
})

const file = () => join(directory.folder, 'people.csv')
async function importOf(content: string, ...options: string[]) {
  writeFileSync(file(), content)
  return await runCommand(directory, ['people', 'import', file(), ...options])
}
const named = (userName: string) => directory.store.humans.byName(userName)
const people = async () => (await directory.store.humans.page({ limit: 100 })).map(({ userName }) => userName)

test('adds people, and changes only what the file says of those who are there', async () => {
  const { exitCode, out, err } = await importOf(
    '\ufeffUser Name,name,manager,groups\r\nADA,"Lovelace, Ada",bob,\r\n\r\n# a comment\r\nbob,Bob,,crew;CREW\r\nsam,Sam,,Crew\r\n',
  )
  expect([exitCode, err]).toEqual([0, ''])
  expect(out).toBe(
    [
      'change person "ada": displayName Ada -> "Lovelace, Ada"; manager bob',
      'add person "bob": displayName Bob; groups Crew',
      'change person "sam": groups +Crew',
      '1 added, 2 changed, 0 unchanged\n',
    ].join('\n'),
  )
  const bob = await named('bob')
  expect(await named('ada')).toMatchObject({ displayName: 'Lovelace, Ada', email: 'ada@example.org', manager: bob?.id })
  const crew = await directory.store.groups.byName('crew')
  expect((await directory.store.groups.membersOf(crew?.id ?? '')).toSorted()).toEqual(
    [bob?.id, (await named('sam'))?.id].toSorted(),
  )
  const again = await importOf('user_name;name;groups\nada;Lovelace, Ada;\nbob;Bob;"crew"\n')
  expect(again).toMatchObject({ exitCode: 0, out: '0 added, 0 changed, 2 unchanged\n' })
})

test('a dry run says what would be done, and does nothing', async () => {
  const events = await directory.store.events.list({ limit: 100 })
  const { exitCode, out } = await importOf('user_name\tname\nbob\tBob\nada\tAda\n', '--dry-run')
  expect([exitCode, out]).toEqual([0, 'add person "bob": displayName Bob\n1 new, 0 to change, 1 unchanged\n'])
  expect(await people()).toEqual(['ada', 'sam', 'left'])
  expect(await directory.store.events.list({ limit: 100 })).toEqual(events)
})

test('one line that is refused keeps everything from being written', async () => {
  const { exitCode, out, err } = await importOf(
    [
      'user_name,name,email,manager,groups',
      'good,Good,good@example.org,,Crew',
      'two columns,only',
      'left,,,,',
      'sam,Samuel,,,',
      'b\u202eb,,,,',
      'carl,,no address,,',
      'dora,,,nobody,',
      'eve,,,,no such group',
      'fay,,,,idp',
      'GOOD,,,,',
      'gus,"open,,,',
      ',,,,',
      'x,,,y,',
      'y,,,x,',
    ].join('\n'),
  )
  expect([exitCode, out]).toEqual([1, ''])
  expect(err).not.toMatch(DANGEROUS)
  const lines = err.replaceAll(file(), 'people.csv').trimEnd().split('\n')
  expect(lines).toEqual([
    'people.csv:3: 2 columns, and the heading has 5 [INPUT_MALFORMED]',
    expect.stringMatching(/^people.csv:4: "left" is deactivated: reactivate them \[CONFLICT\]$/),
    expect.stringMatching(/^people.csv:5: "sam" comes by SCIM.*\[CONFLICT\]$/),
    expect.stringMatching(/^people.csv:6: userName: .*\[INPUT_MALFORMED\]$/),
    expect.stringMatching(/^people.csv:7: email: .*\[INPUT_MALFORMED\]$/),
    expect.stringMatching(/^people.csv:8: there is no .* "nobody" \[NOT_FOUND\]$/),
    expect.stringMatching(/^people.csv:9: there is no group "no such group": add it with groups add .*\[NOT_FOUND\]$/),
    expect.stringMatching(/^people.csv:10: the group "idp" comes by SCIM.*\[CONFLICT\]$/),
    expect.stringMatching(/^people.csv:11: .* has the same user name \[CONFLICT\]$/),
    'people.csv:12: a quotation mark is not closed [INPUT_MALFORMED]',
    expect.stringMatching(/^people.csv:13: userName: .*\[INPUT_MALFORMED\]$/),
    expect.stringMatching(/^people.csv:15: a cycle of managers.*\[CONFLICT\]$/),
    expect.stringMatching(/12 faults, and nothing was changed.*\[INPUT_MALFORMED\]$/),
  ])
  expect(await people()).toEqual(['ada', 'sam', 'left'])
})

test.each([
  ['', /is empty: begin with a heading/],
  ['user_name,name\n', /nobody is in it/],
  ['name,email\nAda,a@b\n', /the heading has no column user_name/],
  ['user_name,gruops\nada,Crew\n', /line 1: there is no column "gruops": did you mean groups\?/],
  ['user_name,__proto__\nada,Ada\n', /there is no column "__proto__"/],
  ['user_name,mail,email\nada,a@b,c@d\n', /two columns say the same/],
  ['"user_name\nada\n', /the heading has no column user_name/],
])('a file that cannot be read is refused with its name and line: %j', async (content, said) => {
  const { exitCode, err, out } = await importOf(content)
  expect([exitCode, out, err]).toEqual([1, '', expect.stringMatching(said)])
  expect(err).toContain(file())
})

test('the API refuses what is not a dry run with the first fault, and writes nothing', async () => {
  const post = (body: object) => directory.ask('POST', '/api/v1/humans/import', { body })
  const refused = await post({
    humans: [{ userName: 'new' }, { userName: 'left' }, { userName: 'x', groups: ['none'] }],
  })
  expect([refused.status, refused.json]).toEqual([
    409,
    expect.objectContaining({ detail: expect.stringMatching(/^nothing was changed: person 2: .* \(and 1 more\)$/) }),
  ])
  for (const body of [{}, { humans: [] }, { humans: 'ada' }, { humans: [1], dryRun: 'yes' }])
    expect([body, (await post(body)).status]).toEqual([body, 400])
  expect(await people()).toEqual(['ada', 'sam', 'left'])
})

test('the document has every change and every warning', async () => {
  const lines = Array.from({ length: 30 }, (_, at) => `user${at},`)
  const { out } = await importOf(['user_name,name', ...lines, 'аda,'].join('\n'), '--json')
  const document = JSON.parse(out)
  expect(document).toMatchObject({
    schema: 'surety-directory/people-import@1',
    done: true,
    counts: { add: 31, change: 0 },
  })
  expect(document.changes).toHaveLength(31)
  expect(document.warnings.join()).toContain('looks like')
  const shown = await importOf(['user_name,name', ...lines.map((line) => `${line}New`)].join('\n'), '--dry-run')
  expect(shown.out).toContain('\nand 10 more: --json has all\n')
})

test('a cell in quotation marks has its separators and marks', () => {
  const { people: read } = parsePeople('user_name,name,groups\na,"b ""c"", d"," x ; y "\n')
  expect(read).toEqual([{ line: 2, person: { userName: 'a', displayName: 'b "c", d', groups: ['x', 'y'] } }])
})
