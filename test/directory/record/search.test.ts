import type { EntryView } from '../../../src/protocol/nouns/directory/record.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'

/** Entries that have a text. */

let directory: TestDirectory
beforeAll(async () => {
  directory = await startTestDirectory()
})
afterAll(() => directory[Symbol.asyncDispose]())

let at = 1_000
const add = (act: string, details: object) =>
  directory.store.record.add({ at: at++, act, actor: 'directory', subject: `agt_${at}`, details: { ...details } })

async function found(query: string): Promise<readonly EntryView[]> {
  const { status, json } = await directory.ask('GET', `/api/v1/entries?limit=500&${query}`)
  expect(status).toBe(200)
  return (json as { readonly items: readonly EntryView[] }).items // as the API describes it
}

beforeAll(async () => {
  await add('stop-created', { text: 'an Aardvark' })
  // More than one search reads.
  await directory.store.transaction(async () => {
    for (let count = 0; count < 10_100; count++) await add('verdict-changed', { text: `number ${count}` })
  })
  await add('stop-created', { text: '100%_sure', path: 'C:\\x "y"' })
})

test('finds a text in any case, newest first', async () => {
  expect((await found('search=NUMBER%201009')).map(({ details }) => details?.text)).toContain('number 1009')
  const [newest, next] = await found('search=number')
  expect([newest?.details?.text, next?.details?.text]).toEqual(['number 10099', 'number 10098'])
})

test.each(['%25', 'number _', 'number%25', 'aaardvark'])('%s is a text, not a pattern', async (text) => {
  for (const { details } of await found(`search=${text}`)) {
    expect(JSON.stringify(details).toLowerCase()).toContain(decodeURIComponent(text))
  }
})

test('reads the newest entries only, or the newest until a time', async () => {
  expect(await found('search=aardvark')).toEqual([])
  expect((await found('search=aardvark&until=5000')).map(({ act }) => act)).toEqual(['stop-created'])
  expect(await found('search=aardvark&until=1000')).toEqual([])
})

test('searches what other filters leave', async () => {
  // No random id has a percent sign.
  const search = 'search=%25_sure'
  expect(await found(`${search}&act=verdict-changed`)).toEqual([])
  expect(await found(`${search}&act=stop-created&actor=directory`)).toHaveLength(1)
  const [{ subject = '' } = { subject: '' }] = await found(search)
  expect(await found(`${search}&subject=${subject}`)).toHaveLength(1)
  expect(await found(`search=aardvark&subject=${subject}`)).toEqual([])
})

test('pages through what was found, each once', async () => {
  const seen: string[] = []
  let cursor = ''
  do {
    const { json } = await directory.ask('GET', `/api/v1/entries?limit=300&search=number%2099${cursor}`)
    const { items, next } = json as { readonly items: readonly EntryView[]; readonly next?: string } // as the API describes it
    seen.push(...items.map(({ id }) => id))
    cursor = next === undefined ? '' : `&cursor=${encodeURIComponent(next)}`
  } while (cursor !== '')
  expect(new Set(seen).size).toBe(seen.length)
  // `number 99` is too old.
  expect(seen).toHaveLength(110)
})
