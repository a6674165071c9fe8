import { applyChanges, PATCH_SCHEMA, readPatch } from '../../../../src/directory/scim/attributes/patch.ts'
import { USER } from '../../../../src/directory/scim/schemas.ts'
import { codeOfCall } from '../../../support/code-of-call.ts'

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const ADA = {
  userName: 'ada',
  active: true,
  name: { givenName: 'Ada', familyName: 'Lovelace' },
  emails: [
    { type: 'work', value: 'ada@work.example', primary: true },
    { type: 'home', value: 'ada@home.example' },
  ],
}

type Operation = { readonly op: unknown; readonly path?: unknown; readonly value?: unknown }
const patched = (operations: readonly Operation[], resource: object = ADA) =>
  applyChanges(resource as typeof ADA, readPatch(USER, { schemas: [PATCH_SCHEMA], Operations: operations }))
const one = (op: string, path: string | undefined, value?: unknown) =>
  patched([{ op, ...(path === undefined ? {} : { path }), ...(value === undefined ? {} : { value }) }])

describe('as RFC 7644 has it', () => {
  test('add sets what is not there, merges objects, and adds a value once', () => {
    expect(one('add', 'title', 'Countess')).toEqual({ ...ADA, title: 'Countess' })
    expect(one('add', 'name', { middleName: 'King' }).name).toEqual({ ...ADA.name, middleName: 'King' })
    const other = { type: 'other', value: 'a@o' }
    expect(one('add', 'emails', [other, ADA.emails[1], other]).emails).toHaveLength(4)
    expect(one('add', 'emails', other).emails).toEqual([...ADA.emails, other])
    expect(one('add', 'emails', ADA.emails[1])).toEqual(ADA)
  })

  test('add of a new primary value takes it from the old one', () => {
    const chosen = { type: 'other', value: 'a@o', primary: true }
    expect(one('add', 'emails', chosen).emails).toEqual([{ ...ADA.emails[0], primary: false }, ADA.emails[1], chosen])
    expect(one('replace', 'emails[type eq "home"].primary', true).emails).toEqual([
      { ...ADA.emails[0], primary: false },
      { ...ADA.emails[1], primary: true },
    ])
  })

  test('replace sets one value, one sub-attribute, and the whole list', () => {
    expect(one('replace', 'userName', 'ada2').userName).toBe('ada2')
    expect(one('replace', 'name.familyName', 'King').name).toEqual({ givenName: 'Ada', familyName: 'King' })
    expect(one('replace', 'emails', [{ value: 'x@y' }]).emails).toEqual([{ value: 'x@y' }])
    expect(one('replace', 'emails[type eq "home"]', { type: 'home', value: 'new@home' }).emails).toEqual([
      ADA.emails[0],
      { type: 'home', value: 'new@home' },
    ])
    expect(one('replace', 'emails.type', 'other').emails).toEqual(
      ADA.emails.map((email) => ({ ...email, type: 'other' })),
    )
  })

  test('remove takes a value, a sub-attribute, the values that fit, and all', () => {
    expect(one('remove', 'name.familyName').name).toEqual({ givenName: 'Ada' })
    expect(one('remove', 'name')).not.toHaveProperty('name')
    expect(one('remove', 'emails[type eq "home"]').emails).toEqual([ADA.emails[0]])
    expect(one('remove', 'emails[type eq "home"].value').emails).toEqual([ADA.emails[0], { type: 'home' }])
    expect(one('remove', 'emails')).not.toHaveProperty('emails')
    expect(one('remove', 'emails[type eq "fax"]')).toEqual(ADA)
    expect(one('remove', 'title')).toEqual(ADA)
  })

  test('names are compared without regard to case and kept as the schema spells them', () => {
    expect(one('ADD', 'NICKNAME', 'A')).toEqual({ ...ADA, nickName: 'A' })
    expect(one('replace', undefined, { NAME: { GIVENNAME: 'A' } }).name).toEqual({
      givenName: 'A',
      familyName: 'Lovelace',
    })
  })

  test('operations are applied in order, or none is', () => {
    expect(
      patched([
        { op: 'remove', path: 'emails' },
        { op: 'add', path: 'emails', value: [{ value: 'x@y' }] },
      ]).emails,
    ).toEqual([{ value: 'x@y' }])
    const before = structuredClone(ADA)
    expect(
      codeOfCall(() =>
        patched([
          { op: 'remove', path: 'emails' },
          { op: 'remove', path: 'userName' },
        ]),
      ),
    ).toBe('SCIM_VALUE_INVALID')
    expect(ADA).toEqual(before)
  })
})

describe('as Entra ID sends it', () => {
  test('a capital operation and a boolean as text', () => {
    expect(one('Replace', 'active', 'False').active).toBe(false)
    expect(one('Add', 'active', 'true').active).toBe(true)
  })

  test('a value of a type that is not there yet is made, by add and by replace', () => {
    for (const op of ['Add', 'Replace']) {
      expect(one(op, 'phoneNumbers[type eq "mobile"].value', '+1')).toEqual({
        ...ADA,
        phoneNumbers: [{ type: 'mobile', value: '+1' }],
      })
    }
    expect(one('Add', 'addresses[type eq "work"].formatted', 'Street 1').addresses).toEqual([
      { type: 'work', formatted: 'Street 1' },
    ])
    expect(one('Add', 'roles[primary eq "True"].value', 'Admin').roles).toEqual([{ primary: true, value: 'Admin' }])
  })

  test('paths with the id of an extension', () => {
    expect(one('Add', `${ENTERPRISE}:department`, 'Engines')[ENTERPRISE]).toEqual({ department: 'Engines' })
    expect(one('Replace', `${ENTERPRISE}:manager`, 'hum_2')[ENTERPRISE]).toEqual({ manager: { value: 'hum_2' } })
    expect(one('Add', `${ENTERPRISE}:manager.value`, 'hum_2')[ENTERPRISE]).toEqual({ manager: { value: 'hum_2' } })
    const given = one('Add', ENTERPRISE, { department: 'Engines', costCenter: '1' })
    expect(given[ENTERPRISE]).toEqual({ department: 'Engines', costCenter: '1' })
    expect(
      patched([{ op: 'Remove', path: `${ENTERPRISE}:department` }], { ...ADA, [ENTERPRISE]: { department: 'x' } }),
    ).toEqual(ADA)
  })

  test('an object without a path, whose members are paths', () => {
    expect(
      one('replace', undefined, {
        'name.givenName': 'Augusta',
        'emails[type eq "work"].value': 'new@work.example',
        active: 'False',
        [`${ENTERPRISE}:department`]: 'Engines',
        title: 'Countess',
      }),
    ).toEqual({
      ...ADA,
      active: false,
      title: 'Countess',
      name: { givenName: 'Augusta', familyName: 'Lovelace' },
      emails: [{ ...ADA.emails[0], value: 'new@work.example' }, ADA.emails[1]],
      [ENTERPRISE]: { department: 'Engines' },
    })
  })

  test('remove with the values to remove', () => {
    expect(one('Remove', 'emails', [{ value: 'ada@home.example' }]).emails).toEqual([ADA.emails[0]])
  })

  test('null and an empty text unset', () => {
    expect(one('Replace', 'name.familyName', null).name).toEqual({ givenName: 'Ada' })
    expect(one('Replace', 'emails[type eq "home"].value', '').emails).toEqual([ADA.emails[0], { type: 'home' }])
  })
})

describe('as Okta sends it', () => {
  test('active without a path', () => {
    expect(one('replace', undefined, { active: false }).active).toBe(false)
  })

  test('members that only the directory sets are ignored beside others', () => {
    expect(one('replace', undefined, { id: 'hum_9', schemas: [], meta: {}, displayName: 'Ada' })).toEqual({
      ...ADA,
      displayName: 'Ada',
    })
  })

  test('a password is accepted and forgotten', () => {
    expect(one('replace', undefined, { password: 'hunter2' })).toEqual(ADA)
    expect(one('replace', 'password', 'hunter2')).toEqual(ADA)
  })
})

test.each<[string, Operation]>([
  ['INPUT_MALFORMED', { op: 'merge', path: 'title', value: 'x' }],
  ['INPUT_MALFORMED', { op: 1, path: 'title', value: 'x' }],
  ['SCIM_PATH_INVALID', { op: 'add', path: 5, value: 'x' }],
  ['SCIM_PATH_INVALID', { op: 'add', path: 'shoeSize', value: '43' }],
  ['SCIM_PATH_INVALID', { op: 'add', path: 'urn:example:User:shoeSize', value: '43' }],
  ['SCIM_PATH_INVALID', { op: 'add', path: 'name.shoeSize', value: '43' }],
  ['SCIM_PATH_INVALID', { op: 'add', path: 'emails[type eq "work"].shoeSize', value: '43' }],
  ['SCIM_PATH_INVALID', { op: 'add', path: 'name[givenName eq "Ada"]', value: {} }],
  ['SCIM_PATH_INVALID', { op: 'add', path: 'emails[', value: 'x' }],
  ['SCIM_PATH_INVALID', { op: 'add', path: '__proto__', value: { polluted: 'x' } }],
  ['SCIM_PATH_INVALID', { op: 'add', path: '__proto__.polluted', value: 'x' }],
  ['SCIM_PATH_INVALID', { op: 'add', path: 'name.__proto__', value: { polluted: 'x' } }],
  ['SCIM_PATH_INVALID', { op: 'add', path: 'constructor.prototype', value: { polluted: 'x' } }],
  ['SCIM_PATH_INVALID', { op: 'add', value: { '__proto__.polluted': 'x' } }],
  ['SCIM_PATH_INVALID', { op: 'replace', value: { actve: false } }],
  ['SCIM_PATH_INVALID', { op: 'add', path: 'name', value: { constructor: 'x' } }],
  ['SCIM_PATH_INVALID', { op: 'add', path: ENTERPRISE, value: { shoeSize: 'x' } }],
  ['SCIM_NO_TARGET', { op: 'remove' }],
  ['SCIM_NO_TARGET', { op: 'replace', path: 'emails[type eq "fax"]', value: { value: 'x' } }],
  ['SCIM_NO_TARGET', { op: 'replace', path: 'emails[type sw "f"].value', value: 'x' }],
  ['SCIM_MUTABILITY', { op: 'replace', path: 'id', value: 'hum_2' }],
  ['SCIM_MUTABILITY', { op: 'add', path: 'groups', value: [{ value: 'grp_1' }] }],
  ['SCIM_MUTABILITY', { op: 'replace', path: 'meta.version', value: '1' }],
  ['SCIM_MUTABILITY', { op: 'remove', path: 'schemas' }],
  ['SCIM_VALUE_INVALID', { op: 'add', path: 'title' }],
  ['SCIM_VALUE_INVALID', { op: 'add', value: 'x' }],
  ['SCIM_VALUE_INVALID', { op: 'replace', path: 'active', value: 'maybe' }],
  ['SCIM_VALUE_INVALID', { op: 'remove', path: 'active' }],
  ['SCIM_VALUE_INVALID', { op: 'remove', path: 'userName' }],
  ['SCIM_VALUE_INVALID', { op: 'replace', path: 'userName', value: '' }],
  ['SCIM_VALUE_INVALID', { op: 'replace', path: 'title', value: { a: 1 } }],
  ['SCIM_VALUE_INVALID', { op: 'replace', path: 'name', value: 'Ada' }],
  ['SCIM_VALUE_INVALID', { op: 'replace', path: 'title', value: 'x'.repeat(3000) }],
  [
    'SCIM_VALUE_INVALID',
    { op: 'add', path: 'emails', value: Array.from({ length: 101 }, (_, at) => ({ value: `${at}` })) },
  ],
  [
    'SCIM_VALUE_INVALID',
    {
      op: 'add',
      path: 'emails',
      value: [
        { value: 'a', primary: true },
        { value: 'b', primary: true },
      ],
    },
  ],
])('%s: %j', (code, operation) => {
  expect(codeOfCall(() => patched([operation]))).toBe(code)
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
})

test.each([
  undefined,
  [],
  'x',
  {},
  { schemas: [PATCH_SCHEMA] },
  { schemas: [PATCH_SCHEMA], Operations: [] },
  { schemas: [PATCH_SCHEMA], Operations: {} },
  { schemas: [PATCH_SCHEMA], Operations: [null] },
  { schemas: 'urn', Operations: [{ op: 'add', path: 'title', value: 'x' }] },
  { schemas: ['urn:other'], Operations: [{ op: 'add', path: 'title', value: 'x' }] },
  { schemas: [PATCH_SCHEMA], Operations: [{ op: 'add', path: 'title', value: 'x' }], operations: [] },
])('refuses the body %j', (body) => {
  expect(codeOfCall(() => readPatch(USER, body))).toBe('INPUT_MALFORMED')
})

test('operations that add values one by one end at the limit, not with quadratic work', () => {
  const operations = Array.from({ length: 20_000 }, (_, at) => ({
    op: 'add',
    path: 'emails',
    value: [{ value: `${at}` }],
  }))
  expect(codeOfCall(() => patched(operations))).toBe('SCIM_VALUE_INVALID')
})
