import { ALL_NOUNS } from '../../../../src/protocol/nouns/all-nouns.ts'
import type { TestDirectory } from '../../../support/directory/directory-api.ts'
import { directoryForAll } from '../../../support/directory/directory-for-all.ts'
import { valueOfSchema } from '../../../support/protocol/value-of-schema.ts'

/** How every noun is listed, from its declaration. What it refuses is in `every-route.test.ts` and `permissions.test.ts`. */

let directory: TestDirectory
directoryForAll((started) => {
  directory = started
})

const get = async (path: string) => {
  const { status, json } = await directory.ask('GET', `/api/v1${path}`)
  return { status, ...Object(json) }
}

/** Words of filters that refuse one which no device has reported. */
const KNOWN_WORDS: Readonly<Record<string, string>> = { failing: 'os.supported', warning: 'SETTINGS_REFUSED' }
/** More would take half a minute. */
const MOST_QUERIES = 1_000

describe.each(ALL_NOUNS.map((noun) => [noun.many, noun] as const))('%s', (_, noun) => {
  const { path, list } = noun
  const id = `${valueOfSchema(noun.id)}`

  test('an empty list has no items and the total', async () => {
    // There is always an administrator, and the record of that.
    const one = ['administrators', 'entries'].includes(noun.many) ? `?named=${id}` : ''
    expect(await get(`${path}${one}`)).toEqual({ status: 200, items: [], total: 0 })
  })

  // A list names the index that it reads, and SQLite refuses one that does not fit.
  test('each two of filters, search and name are answered, in each order', async () => {
    const { sorts = [], filters = {}, search } = list
    const asked = [
      ...Object.entries(filters).map(
        ([name, { schema }]) => [name, KNOWN_WORDS[name] ?? `${valueOfSchema(schema)}`] as const,
      ),
      ...(search === undefined ? [] : [['search', 'pay roll'] as const]),
      ['named', id] as const,
    ]
    const whole = await get(path)
    const orders = [
      [],
      ...sorts.flatMap((sort) => [
        [['sort', sort]],
        [
          ['sort', sort],
          ['order', 'descending'],
        ],
      ]),
    ]
    const combined = upToTwo(asked)
    const isMany = combined.length * orders.length > MOST_QUERIES
    for (const [place, some] of combined.entries()) {
      // Of many, each two are asked for in one order, and each order is that of some.
      const isOfOneOrder = isMany && some.length === 2
      for (const order of isOfOneOrder ? [orders[place % orders.length] ?? []] : orders) {
        const query = new URLSearchParams([...some, ...order].map((pair) => [...pair])).toString()
        const answer = { query, ...(await get(`${path}?${query}`)) }
        // The record is ordered by time only, and is since or until any time never empty.
        if (noun.many === 'entries') expect(answer).toMatchObject({ query, status: 200 })
        else
          expect(answer).toEqual(some.length === 0 ? { query, ...whole } : { query, status: 200, items: [], total: 0 })
      }
    }
  })
})

/** None, each one, and each two. */
function upToTwo<T>(all: readonly T[]): readonly (readonly T[])[] {
  return [[], ...all.flatMap((one, at) => [[one], ...all.slice(at + 1).map((other) => [one, other])])]
}
