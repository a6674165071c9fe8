import type { TestDirectory } from '../../../support/directory/directory-api.ts'
import { directoryForAll } from '../../../support/directory/directory-for-all.ts'

/** Pages of the list of a noun, on the real store. */

const NAMES = ['b', 'a', 'd', 'c', 'e']

let directory: TestDirectory
directoryForAll(async (started) => {
  directory = started
  const items = NAMES.map((name) => ({ kind: 'serial' as const, name, owner: name < 'c' ? 'ada' : 'bob' }))
  await directory.services.preregistrations.add(items, 'adm')
})

interface Page {
  readonly items: readonly { readonly name: string }[]
  readonly next?: string
  readonly total?: number
}

async function page(query: string): Promise<Page> {
  const { status, json } = await directory.ask('GET', `/api/v1/preregistrations?${query}`)
  expect({ query, status }).toEqual({ query, status: 200 })
  return json as Page // by the schema of the route
}

/** Names by page, and the totals that were said. */
async function walked(query: string) {
  const pages: string[][] = []
  const totals: (number | undefined)[] = []
  let cursor = ''
  do {
    const { items, next = '', total } = await page(`${query}${cursor === '' ? '' : `&cursor=${cursor}`}`)
    pages.push(items.map(({ name }) => name))
    totals.push(total)
    cursor = next
  } while (cursor !== '')
  return { pages, totals }
}

test.each([
  ['sort=name&limit=2', [['a', 'b'], ['c', 'd'], ['e']]],
  ['sort=name&order=descending&limit=2', [['e', 'd'], ['c', 'b'], ['a']]],
  ['sort=name&limit=5', [['a', 'b', 'c', 'd', 'e']]],
  ['sort=name&limit=1&search=A', [['a'], ['b']]],
])('walks %s in order, with the total on the first page', async (query, pages) => {
  const total = pages.flat().length
  expect(await walked(query)).toEqual({ pages, totals: pages.map((_, at) => (at === 0 ? total : undefined)) })
})

test('pages that are sorted by equal values have each item once', async () => {
  const { pages } = await walked('sort=added&limit=2')
  expect(pages.flat().toSorted()).toEqual(NAMES.toSorted())
})

test('pages stay right while items before them are added and removed', async () => {
  const { next } = await page('sort=name&limit=2')
  const { items } = await page('named=a')
  expect(items).toHaveLength(1)
  await directory.services.preregistrations.add([{ kind: 'serial', name: 'aa', owner: 'eve' }], 'adm')
  expect((await page(`sort=name&limit=2&cursor=${next}`)).items.map(({ name }) => name)).toEqual(['c', 'd'])
})

test('refuses the cursor of another order', async () => {
  const { next: sorted } = await page('sort=name&limit=2')
  const { next: plain } = await page('limit=2')
  for (const query of [`cursor=${sorted}`, `sort=name&cursor=${plain}`, `sort=name&cursor=${plain}.AA`]) {
    const { status, json } = await directory.ask('GET', `/api/v1/preregistrations?${query}`)
    expect({ query, status, ...Object(json) }).toMatchObject({ query, status: 400, code: 'INPUT_MALFORMED' })
  }
})
