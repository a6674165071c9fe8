import { faultOf } from '../../../src/base/schema.ts'
import { type SearchAnswer, searchAnswerSchema } from '../../../src/protocol/nouns/directory/search.ts'
import { newTestId, type TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { DANGEROUS, runCommand } from '../../support/directory/run-commands.ts'
import { seedDevice } from '../../support/directory/seeded-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'

let directory: TestDirectory
directoryForAll(async (started) => {
  directory = started
  for (let number = 0; number < 7; number++) await seedDevice(directory, testKey(`device ${number}`))
  await directory.ask('POST', '/api/v1/humans', { body: { userName: 'alice', displayName: 'Alice' } })
  await directory.ask('POST', '/api/v1/stops', {
    body: { kind: 'freeze', selector: { all: true }, reason: 'alice asked' },
  })
})

const search = async (words: string, token?: string) =>
  directory.ask('GET', `/api/v1/search?q=${encodeURIComponent(words)}`, token === undefined ? {} : { token })

test('answers with five of each kind, and says that there are more', async () => {
  const { status, json } = await search('alice')
  expect([status, faultOf(searchAnswerSchema, json)]).toEqual([200, undefined])
  const { people, devices, stops, agents } = json as SearchAnswer
  expect([people.items.map(({ name }) => name), people.more]).toEqual([['alice'], false])
  expect([devices.items.length, devices.more]).toEqual([5, true])
  expect(stops?.items).toMatchObject([{ name: 'alice asked', about: expect.stringContaining('freeze') }])
  expect(agents).toEqual({ items: [], more: false })
})

test('a viewer finds no stops', async () => {
  const body = { name: 'vic', role: 'viewer' }
  const { token } = (await directory.ask('POST', '/api/v1/administrators', { body })).json as { token: string }
  const { status, json } = await search('alice', token)
  expect([status, 'stops' in Object(json), Object(json).people.items.length]).toEqual([200, false, 1])
})

test.each([
  ['only a blank', '?q=%20'],
  ['a control character', '?q=a%1b'],
  ['a character that turns the direction', '?q=a%E2%80%AE'],
  ['a zero width space', '?q=a%E2%80%8Bb'],
])('refuses %s', async (_what, query) => {
  const { status, json } = await directory.ask('GET', `/api/v1/search${query}`)
  expect([status, Object(json).code]).toEqual([400, 'INPUT_MALFORMED'])
})

test('the command prints a row for each and names the list with more', async () => {
  const { exitCode, out } = await runCommand(directory, ['search', 'alice', '-o', 'table'])
  expect(exitCode).toBe(0)
  expect(out).toMatch(/^ +KIND +NAME +ABOUT +ID\n/)
  expect(out).toMatch(/\n +person +alice +Alice +hum_/)
  expect(out).toMatch(/\n +stop +alice asked +freeze, /)
  expect(out).toMatch(/\n7 results\nmore: surety-directory devices list --name 'alice\*'\n$/)
  expect(out).not.toMatch(DANGEROUS)
  const document = JSON.parse((await runCommand(directory, ['search', 'alice', '--json'])).out)
  expect(document).toMatchObject({ schema: 'surety-directory/search@1', words: 'alice', found: { people: {} } })
})

test('the command says that nothing was found, and refuses to look for nothing', async () => {
  const id = newTestId('agt')
  expect(await runCommand(directory, ['search', id, '-o', 'table'])).toEqual({
    exitCode: 0,
    out: `nothing is called ${id}\n`,
    err: '',
  })
  expect((await runCommand(directory, ['search', ' '])).err).toContain('INPUT_MALFORMED')
  expect((await runCommand(directory, ['search'])).exitCode).toBe(2)
})
