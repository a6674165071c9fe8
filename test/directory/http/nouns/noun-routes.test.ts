import { faultOf } from '../../../../src/base/schema.ts'
import type { Noun, Verb } from '../../../../src/protocol/noun/noun.ts'
import { ADMINISTRATOR_ROLES, mayDo, type Role } from '../../../../src/protocol/noun/permissions.ts'
import { ALL_NOUNS } from '../../../../src/protocol/nouns/all-nouns.ts'
import type { TestDirectory } from '../../../support/directory/directory-api.ts'
import { directoryForAll } from '../../../support/directory/directory-for-all.ts'
import { valueOfSchema } from '../../../support/protocol/value-of-schema.ts'

/** What every noun refuses, from its declaration: roles, queries, cursors, ids and bodies. */

let directory: TestDirectory
const tokens = new Map<Role, string>()
directoryForAll(async (started) => {
  directory = started
  for (const role of ADMINISTRATOR_ROLES) {
    const { json } = await directory.ask('POST', '/api/v1/administrators', { body: { name: `the-${role}`, role } })
    tokens.set(role, (json as { readonly token: string }).token)
  }
})

const get = async (path: string, token?: string) => {
  const { status, json } = await directory.ask('GET', `/api/v1${path}`, token === undefined ? {} : { token })
  return { status, ...Object(json) }
}

describe.each(ALL_NOUNS.map((noun) => [noun.many, noun] as const))('%s', (_, noun) => {
  const { path, list, verbs } = noun
  const id = `${valueOfSchema(noun.id)}`

  test('an empty list has no items and the total', async () => {
    // There are always administrators, and what was done to add them.
    const one = ['administrators', 'entries'].includes(noun.many) ? `?named=${id}` : ''
    expect(await get(`${path}${one}`)).toEqual({ status: 200, items: [], total: 0 })
  })

  // A list names the index that it reads, and SQLite refuses one that does not fit.
  test('each two of filters, search and name are answered, in each order', async () => {
    const { sorts = [], filters = {}, search } = list
    const asked = [
      ...Object.entries(filters).map(([name, { schema }]) => [name, `${valueOfSchema(schema)}`] as const),
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
    for (const some of upToTwo(asked)) {
      for (const order of orders) {
        const query = new URLSearchParams([...some, ...order].map((pair) => [...pair])).toString()
        const answer = { query, ...(await get(`${path}?${query}`)) }
        // The record is ordered by time only, and is since or until any time never empty.
        if (noun.many === 'entries') expect(answer).toMatchObject({ query, status: 200 })
        else
          expect(answer).toEqual(some.length === 0 ? { query, ...whole } : { query, status: 200, items: [], total: 0 })
      }
    }
  })

  test.each([
    ...[
      'limit=0',
      'limit=501',
      'limit=1.5',
      'limit=x',
      'cursor=',
      'cursor=%2F',
      'cursor=x.y.z',
      'order=up',
      'nonsense=1',
    ],
    ...['sort=nonsense', 'sort=constructor', 'named=', 'cursor=AAAA', `named=${'x'.repeat(257)}`],
  ])('the query %s is refused', async (query) => {
    expect(await get(`${path}?${query}`)).toMatchObject({ status: 400, code: 'INPUT_MALFORMED' })
  })

  test('each role may do what the table of permissions says', async () => {
    for (const role of ADMINISTRATOR_ROLES) {
      const token = tokens.get(role) ?? ''
      const listed = await get(path, token)
      expect([role, 'list', listed.status]).toEqual([role, 'list', mayDo(role, list.action) ? 200 : 403])
      for (const [name, verb] of Object.entries(verbs)) {
        const { status } = await ask(noun, verb, { token, body: {} })
        expect([role, name, status === 403]).toEqual([role, name, !mayDo(role, verb.action)])
      }
    }
  })

  const ofItem = Object.entries(verbs).filter(([, verb]) => verb.ofItem === true)
  // A noun may have none.
  for (const [name, verb] of ofItem) {
    test(`${name} of what is not there is not found`, async () => {
      const { status, json } = await ask(noun, verb, { body: bodyOf(verb) })
      expect({ status, ...Object(json) }).toMatchObject({
        status: 404,
        code: expect.stringMatching(/^(NOT_FOUND|TOKEN_UNKNOWN)$/),
        detail: expect.stringContaining(id),
      })
    })
  }

  test('an id of another form is refused', async () => {
    for (const verb of [...ofItem.map(([, one]) => one)]) {
      for (const other of ['x', `${id}x`, 'constructor', '..%2F..', '%00']) {
        const { status } = await ask(noun, verb, { id: other, body: bodyOf(verb) })
        // Where a name is an id too, it may be the name of none.
        const isName = faultOf(noun.id, decodeURIComponent(other)) === undefined
        expect([other, status]).toEqual([other, isName ? 404 : 400])
      }
    }
  })

  const withBody = Object.entries(verbs).filter(([, verb]) => verb.body !== undefined)
  for (const [name, verb] of withBody) {
    test(`${name} refuses each member that is missing, of another type, or unknown`, async () => {
      const whole = bodyOf(verb) ?? {}
      const required = verb.body !== undefined && 'required' in verb.body ? [...Object(verb.body.required)] : []
      const bodies = [
        ...required.map((member) => ({ ...whole, [`${member}`]: undefined })),
        ...Object.keys(whole).flatMap((member) => [{ a: [] }, 1e300].map((value) => ({ ...whole, [member]: value }))),
        { ...whole, nonsense: 1 },
        [],
        'text',
      ]
      for (const body of bodies) {
        const { status, json } = await ask(noun, verb, { body })
        expect({ body, status, ...Object(json) }).toMatchObject({ body, status: 400, code: 'INPUT_MALFORMED' })
      }
    })
  }
})

/** None, each one, and each two. */
function upToTwo<T>(all: readonly T[]): readonly (readonly T[])[] {
  return [[], ...all.flatMap((one, at) => [[one], ...all.slice(at + 1).map((other) => [one, other])])]
}

interface AskInit {
  readonly token?: string
  readonly id?: string
  readonly body?: object | string | undefined
}

function ask(noun: Noun, { method, ofItem, path = '', body: schema }: Verb, { token, id, body }: AskInit) {
  const item = ofItem === true ? `/${id ?? valueOfSchema(noun.id)}` : ''
  return directory.ask(method, `/api/v1${noun.path}${item}${path}`, {
    ...(token === undefined ? {} : { token }),
    ...(schema === undefined || body === undefined ? {} : { body }),
  })
}

function bodyOf({ body }: Verb): object | undefined {
  return body === undefined ? undefined : Object(valueOfSchema(body))
}
