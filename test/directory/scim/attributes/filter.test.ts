import { type Filter, parseFilter, parsePath } from '../../../../src/directory/scim/attributes/filter.ts'
import { codeOfCall } from '../../../support/code-of-call.ts'

const compare = (path: string, value: string | number | boolean | null, operator = 'eq') => ({
  kind: 'compare',
  path,
  operator,
  value,
})

test.each<[string, unknown]>([
  ['userName eq "ada"', compare('userName', 'ada')],
  ['  USERNAME  Eq   "ada" ', compare('USERNAME', 'ada')],
  ['userName eq "a\\"b"', compare('userName', 'a"b')],
  ['userName eq "CORP\\\\ada"', compare('userName', 'CORP\\ada')],
  ['userName eq "\\u0041"', compare('userName', 'A')],
  ['active eq true', compare('active', true)],
  ['active eq True', compare('active', true)],
  ['title eq null', compare('title', null)],
  ['meta.version gt -1.5e3', compare('meta.version', -1500, 'gt')],
  ['title pr', { kind: 'present', path: 'title' }],
  [
    'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "a"',
    compare('urn:ietf:params:scim:schemas:core:2.0:User:userName', 'a', 'sw'),
  ],
  [
    'a eq "1" or b eq "2" and c eq "3"',
    { kind: 'or', filters: [compare('a', '1'), { kind: 'and', filters: [compare('b', '2'), compare('c', '3')] }] },
  ],
  [
    '(a eq "1" or b eq "2") AND NOT (c pr)',
    {
      kind: 'and',
      filters: [
        { kind: 'or', filters: [compare('a', '1'), compare('b', '2')] },
        { kind: 'not', filter: { kind: 'present', path: 'c' } },
      ],
    },
  ],
  ['emails[type eq "work"]', { kind: 'value', path: 'emails', filter: compare('type', 'work') }],
  [
    'emails[type eq "work"].value eq "a@b"',
    {
      kind: 'value',
      path: 'emails',
      filter: { kind: 'and', filters: [compare('type', 'work'), compare('value', 'a@b')] },
    },
  ],
  ['not eq "1"', compare('not', '1')],
])('%s', (text, tree) => {
  expect(parseFilter(text)).toEqual(tree)
})

test.each([
  '',
  '   ',
  'userName',
  'userName eq',
  'userName eq ada',
  "userName eq 'ada'",
  'userName eq "ada',
  'userName eq "ada" garbage',
  'userName eq "ada" and',
  'userName is "ada"',
  'userName eq "\\x"',
  'userName eq "\\ud800"',
  '"ada" eq userName',
  '(userName pr',
  'userName pr)',
  'emails[type eq "work"',
  'emails[]',
  'emails[type eq "work"].',
  'emails type eq "work"]',
  '__proto__; drop',
  'not userName pr',
  'a eq "1" b eq "2"',
  `${'('.repeat(100_000)}`,
  `${'('.repeat(17)}a pr${')'.repeat(17)}`,
  `${'a['.repeat(1000)}`,
  Array.from({ length: 200 }, () => 'a pr').join(' or '),
  `userName eq "${'a'.repeat(5000)}"`,
  'userName eq "a\nb"',
])('refuses %#', (text) => {
  expect(codeOfCall(() => parseFilter(text))).toBe('SCIM_FILTER_INVALID')
})

test('brackets within brackets are read as deep as they may be', () => {
  expect(parseFilter(`${'('.repeat(15)}a pr${')'.repeat(15)}`)).toEqual({ kind: 'present', path: 'a' } satisfies Filter)
})

test.each<[string, unknown]>([
  ['userName', { path: 'userName' }],
  ['name.givenName', { path: 'name.givenName' }],
  ['members', { path: 'members' }],
  ['members[value eq "hum_1"]', { path: 'members', filter: compare('value', 'hum_1') }],
  ['emails[type eq "work"].value', { path: 'emails', filter: compare('type', 'work'), sub: 'value' }],
  [
    'addresses[type eq "work" and primary eq "True"].formatted',
    {
      path: 'addresses',
      filter: { kind: 'and', filters: [compare('type', 'work'), compare('primary', 'True')] },
      sub: 'formatted',
    },
  ],
  [
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager',
    { path: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager' },
  ],
])('path %s', (text, path) => {
  expect(parsePath(text)).toEqual(path)
})

test.each([
  'emails[',
  'emails[type eq "work"]value',
  'emails[type eq "work"].value x',
  '[a pr]',
  'a b',
  '.a',
  'emails[type]',
  '"a"',
])('refuses the path %s', (text) => {
  expect(codeOfCall(() => parsePath(text))).toBe('SCIM_PATH_INVALID')
})
