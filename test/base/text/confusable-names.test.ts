import { mixedScripts, skeletonOf } from '../../../src/base/text/confusable-names.ts'
import { foldName } from '../../../src/base/text/fold-name.ts'

const looksLike = (one: string, other: string) => skeletonOf(foldName(one)) === skeletonOf(foldName(other))

test.each([
  ['admin', 'аdmin'], // Cyrillic а
  ['admin', 'adrnin'],
  ['Paypal', 'PayPa1'],
  ['root', 'r00t'],
  ['ada', 'αdα'], // Greek α
  ['scope', 'ѕсоре'], // all Cyrillic
  ['wow', 'vvovv'],
  ['ada', 'ＡＤＡ'],
])('%s looks like %s', (one, other) => {
  expect(looksLike(one, other)).toBe(true)
})

test.each([
  ['ada', 'adam'],
  ['ada', 'áda'],
  ['иван', 'ivan'],
  ['u1', 'u2'],
  ['constructor', 'toString'],
])('%s does not look like %s', (one, other) => {
  expect(looksLike(one, other)).toBe(false)
})

test.each<[string, readonly string[]]>([
  ['аdmin', ['Latin', 'Cyrillic']],
  ['αda', ['Latin', 'Greek']],
  ['ada', []],
  ['иван петров', []],
  ['דוד', []],
  ['山田taro', []],
  ['ada-42 @example.org', []],
  ['', []],
])('%s mixes %j', (name, scripts) => {
  expect(mixedScripts(name)).toEqual(scripts)
})
