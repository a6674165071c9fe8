import { parseFilter } from '../../../../src/directory/scim/attributes/filter.ts'
import { matches } from '../../../../src/directory/scim/attributes/matches.ts'
import { GROUP, USER } from '../../../../src/directory/scim/schemas.ts'
import { codeOfCall } from '../../../support/code-of-call.ts'

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const ADA = {
  id: 'hum_1',
  userName: 'Ada@Example.org',
  externalId: 'X1',
  active: true,
  name: { givenName: 'Ada', familyName: 'Lovelace' },
  title: 'Countess',
  emails: [
    { type: 'work', value: 'ada@example.org', primary: true },
    { type: 'home', value: 'ada@home.example' },
  ],
  [ENTERPRISE]: { department: 'Engines', manager: { value: 'hum_2' } },
  meta: { lastModified: '2026-11-29T10:00:00.000Z' },
}

test.each([
  'userName eq "ada@example.org"',
  'USERNAME EQ "ADA@EXAMPLE.ORG"',
  'urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ada@example.org"',
  'userName sw "ada@" and active eq true',
  'active eq "True"',
  'userName ew ".ORG"',
  'userName co "a@e"',
  'userName gt "ad"',
  'userName le "ada@example.org"',
  'name.familyName eq "lovelace"',
  'name pr',
  'emails eq "ada@home.example"',
  'emails.type eq "home"',
  'emails[type eq "work" and value ew "example.org"]',
  'emails[type eq "work"].value eq "ada@example.org"',
  'emails[not (type eq "home")]',
  'title ne "Duke"',
  'nickName ne "x"',
  'nickName eq null',
  'title ne null',
  'not (nickName pr)',
  `${ENTERPRISE}:department eq "engines"`,
  `${ENTERPRISE}:manager.value eq "hum_2"`,
  'manager eq "hum_2"',
  'meta.lastModified gt "2026-11-29T09:59:59Z"',
  'meta.lastModified lt "2026-11-29T12:00:01+01:00"',
  'externalId eq "X1"',
  'doesNotExist ne "a"',
])('%s fits', (filter) => {
  expect(matches(parseFilter(filter), ADA, USER)).toBe(true)
})

test.each([
  'userName eq "ada"',
  'externalId eq "x1"',
  'active eq false',
  'active eq "yes"',
  'active ne true',
  'nickName pr',
  'nickName eq "x"',
  'doesNotExist pr',
  'doesNotExist eq "a"',
  '__proto__ pr',
  'constructor pr',
  'name.constructor pr',
  'urn:example:other:userName pr',
  'title eq null',
  'emails[type eq "work" and value eq "ada@home.example"]',
  'emails ne "ada@home.example"',
  'doesNotExist[value eq "a"]',
  'a.b.c.d pr',
  'name.givenName.x eq "Ada"',
])('%s does not fit', (filter) => {
  expect(matches(parseFilter(filter), ADA, USER)).toBe(false)
})

test.each(['active gt true', 'active co "t"', 'userName[value eq "a"]', 'name.givenName[value pr]'])(
  'refuses %s',
  (filter) => {
    expect(codeOfCall(() => matches(parseFilter(filter), ADA, USER))).toBe('SCIM_FILTER_INVALID')
  },
)

test('letters of another width are the same name', () => {
  expect(matches(parseFilter('userName eq "\uff41da"'), { userName: 'Ada' }, USER)).toBe(true)
})

test('members of a group are compared by their value', () => {
  const group = { displayName: 'Staff', members: [{ value: 'hum_1' }] }
  expect(matches(parseFilter('members eq "hum_1"'), group, GROUP)).toBe(true)
  expect(matches(parseFilter('members[value eq "hum_2"]'), group, GROUP)).toBe(false)
})
