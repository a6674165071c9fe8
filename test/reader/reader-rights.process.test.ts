import { silentLog } from '../../src/base/log.ts'
import { builtInCatalogue } from '../../src/discovery/catalogue/built-in.ts'
import { homeReader } from '../../src/reader/home-reader.ts'
import { startProgram } from '../../src/system/program/command.ts'
import { FakeClock } from '../support/fake-clock.ts'

/** With which rights a home is read, where its user cannot be had. */

const ANN = { id: 'S-1-5-21-1-2-3-1001', name: 'ann', home: 'C:/Users/ann', shell: '', kind: 'human' } as const
const BOB = { ...ANN, id: 'S-1-5-21-1-2-3-1002', name: 'bob' }

/** A child that answers with `members`. */
function readerOf(members: object, logged: object[], asked: string[] = []) {
  const line = JSON.stringify({ task: 'chromium', sightings: [], sources: [], ...members })
  return homeReader(
    {
      startProgram(program, user) {
        asked.push(user.id)
        return startProgram(program)
      },
      clock: new FakeClock(),
      log: { ...silentLog, info: (message, details) => void logged.push({ message, ...details }) },
    },
    { command: [process.execPath, '-e', `console.log(${JSON.stringify(line)})`] },
  )
}

async function read(reader: ReturnType<typeof readerOf>, user: typeof ANN | typeof BOB) {
  const request = { user, catalogue: builtInCatalogue(), tasks: ['chromium'] as const }
  return (await reader.readHome(request, { signal: new AbortController().signal })).sources
}

test('a home that was read without its user is said once for each user', async () => {
  const logged: object[] = []
  const asked: string[] = []
  const reader = readerOf({ rights: 'reduced' }, logged, asked)
  for (const user of [ANN, ANN, BOB]) expect(await read(reader, user)).toEqual([])
  expect(asked).toEqual([ANN.id, ANN.id, BOB.id])
  const message = 'home read without its user'
  expect(logged).toEqual([ANN, BOB].map(({ id }) => ({ message, user: id, reason: 'the user is not logged on' })))
})

test('nothing is said of a home that was read with the rights of its user', async () => {
  const logged: object[] = []
  expect(await read(readerOf({}, logged), ANN)).toEqual([])
  expect(logged).toEqual([])
})

test.each(['user', 'all', 7])('rights %j are no answer', async (rights) => {
  const logged: object[] = []
  const sources = await read(readerOf({ rights }, logged), ANN)
  expect([sources.map(({ state }) => state), logged]).toEqual([['malformed'], []])
})
