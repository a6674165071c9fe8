import { mayDo, ROLES } from '../../../src/protocol/noun/permissions.ts'
import { plainNoun } from '../../../src/protocol/noun/plain.ts'
import { ALL_NOUNS } from '../../../src/protocol/nouns/all-nouns.ts'
import { webhooks } from '../../../src/protocol/nouns/directory/webhooks.ts'
import { tokens } from '../../../src/protocol/nouns/enrolment/tokens.ts'
import { groups } from '../../../src/protocol/nouns/people/groups.ts'
import { people } from '../../../src/protocol/nouns/people/people.ts'
import { valueOfSchema } from '../../support/protocol/value-of-schema.ts'

describe.each(ALL_NOUNS.map((noun) => [noun.many, noun] as const))('%s', (_, noun) => {
  const plain = plainNoun(noun)

  test('is JSON as it is: no function, no schema, nothing that is undefined', () => {
    expect(JSON.parse(JSON.stringify(plain))).toEqual(plain)
    const keys = new Set<string>()
    JSON.stringify(plain, (key, value: unknown) => {
      keys.add(key)
      expect(['string', 'number', 'boolean', 'object']).toContain(typeof value)
      return value
    })
    expect([...keys].filter((key) => ['schema', 'of', 'says', 'properties', 'anyOf'].includes(key))).toEqual([])
  })

  test('a column with a member shows that member', () => {
    const item = Object(valueOfSchema(noun.item))
    plain.list.columns.forEach(({ member, heading }, at) => {
      if (member !== undefined) expect([heading, noun.list.columns[at]?.of(item)]).toEqual([heading, item[member]])
    })
    expect(plain.list.columns.map(({ heading }) => heading)).toEqual(noun.list.columns.map(({ heading }) => heading))
  })

  test('says which roles may do what', () => {
    for (const { name, roles, action } of plain.verbs) {
      expect([name, ROLES.filter((role) => mayDo(role, action))].flat().sort()).toEqual([name, ...roles].sort())
    }
  })
})

test('a column that is made of several members, or of a part of one, has none', () => {
  const members = (noun: Parameters<typeof plainNoun>[0]) =>
    Object.fromEntries(plainNoun(noun).list.columns.map(({ heading, member }) => [heading, member]))
  expect(members(tokens)).toMatchObject({ ID: 'id', OWNER: 'owner', EXPIRES: 'expiresAt' })
  expect(members(tokens)).toMatchObject({ STATUS: undefined, USED: undefined, 'ONLY FOR': undefined })
  expect(members(webhooks)).toMatchObject({ STATE: 'state', HOST: undefined, EVENTS: undefined })
})

test('filters, orders and fields have kinds, choices and words', () => {
  const { list, verbs } = plainNoun(people)
  expect(list.filters).toEqual([
    { name: 'status', kind: 'choice', choices: ['active', 'deactivated'], about: [expect.any(String)] },
    { name: 'manager', kind: 'human', about: [expect.any(String)] },
  ])
  expect(list.columns.filter(({ sort }) => sort !== undefined)).toEqual([
    { heading: 'USER NAME', kind: 'text', member: 'userName', sort: 'user-name', wide: false },
    { heading: 'SINCE', kind: 'time', member: 'createdAt', sort: 'since', wide: true },
  ])
  const change = verbs.find(({ name }) => name === 'change')
  expect(change).toMatchObject({ method: 'POST', path: '/humans/{id}', ofItem: true, roles: ['administrator'] })
  expect(change?.fields).toContainEqual({
    name: 'email',
    kind: 'text',
    required: false,
    maxLength: 256,
    removable: true,
    about: expect.any(Array),
  })
  const create = plainNoun(tokens).verbs.find(({ name }) => name === 'create')
  expect(create?.fields).toContainEqual(
    expect.objectContaining({ name: 'uses', kind: 'number', required: false, minimum: 1, maximum: 100_000 }),
  )
  expect(plainNoun(groups).verbs.find(({ name }) => name === 'add')?.fields).toEqual([
    { name: 'name', kind: 'text', required: true, maxLength: 256, about: [] },
  ])
})
