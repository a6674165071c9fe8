import { endOfDay } from '../../../src/console/data/days.ts'
import { bodyOf, firstValues, formOf, isEdit, mistakesIn } from '../../../src/console/forms/form.ts'
import type { Noun } from '../../../src/protocol/noun/noun.ts'
import { type PlainField, plainNoun } from '../../../src/protocol/noun/plain.ts'
import { registrations } from '../../../src/protocol/nouns/agents/registrations.ts'
import { reviews } from '../../../src/protocol/nouns/agents/reviews.ts'
import { stops } from '../../../src/protocol/nouns/agents/stops.ts'
import { ALL_NOUNS } from '../../../src/protocol/nouns/all-nouns.ts'
import { webhooks } from '../../../src/protocol/nouns/directory/webhooks.ts'
import { preregistrations } from '../../../src/protocol/nouns/enrolment/preregistrations.ts'
import { tokens } from '../../../src/protocol/nouns/enrolment/tokens.ts'
import { approvals } from '../../../src/protocol/nouns/people/approvals.ts'
import { groups } from '../../../src/protocol/nouns/people/groups.ts'
import { serviceAccounts } from '../../../src/protocol/nouns/people/service-accounts.ts'

const NOW = new Date('2026-12-02T10:00:00').getTime()

function verbOf(noun: Noun, name: string) {
  const found = plainNoun(noun).verbs.find((verb) => verb.name === name)
  if (found === undefined) throw new Error(`no verb ${name}`)
  return found
}
const form = (noun: Noun, name: string) => formOf(verbOf(noun, name))
const kinds = (noun: Noun, name: string) =>
  Object.fromEntries(form(noun, name).fields.map(({ name: field, kind }) => [field, kind]))

test('fields have the kinds of their members', () => {
  expect(kinds(tokens, 'create')).toEqual({
    owner: 'human',
    uses: 'number',
    preregistered: 'yes-no',
    pending: 'choice',
    unbound: 'yes-no',
    ttlMs: 'duration',
    serial: 'text',
    minimumTier: 'choice',
  })
  expect(kinds(serviceAccounts, 'change')).toEqual({
    purpose: 'text',
    owner: 'human',
    successor: 'human',
    expiresAt: 'time',
  })
  expect(kinds(webhooks, 'add')).toEqual({ url: 'text', events: 'list', ca: 'text' })
})

test('a body with members of its own is left to the command line, by an example', () => {
  const verb = verbOf(preregistrations, 'add')
  expect(formOf(verb)).toEqual({ fields: [], beyond: ['items'], isTooRich: true })
  expect(verb.example).toBe('surety-directory preregistrations add laptops.csv')
})

/** They have dialogs of their own. */
const OWN_PAGES: readonly Noun[] = [stops, registrations, reviews, approvals]

test('a verb that cannot be filled in has an example of its command', () => {
  const helpless = ALL_NOUNS.filter((noun) => !OWN_PAGES.includes(noun)).flatMap((noun) =>
    plainNoun(noun)
      .verbs.filter((verb) => formOf(verb).isTooRich && verb.example === undefined)
      .map(({ name }) => `${noun.many} ${name}`),
  )
  expect(helpless).toEqual([])
})

test('an answer with a secret says where, for each verb that shows one once', () => {
  for (const noun of ALL_NOUNS) {
    for (const { name, summary, secret } of plainNoun(noun).verbs) {
      expect([noun.many, name, secret !== undefined]).toEqual([
        noun.many,
        name,
        summary.includes('never again') || name === 'rotate',
      ])
      const { properties }: { properties?: object } = Object(noun.verbs[name]?.response)
      if (secret !== undefined) expect(Object.keys({ ...properties })).toContain(secret)
    }
  }
})

const field = (kind: PlainField['kind'], more: Partial<PlainField> = {}): PlainField => ({
  name: 'it',
  kind,
  required: false,
  about: [],
  ...more,
})
const mistake = (one: PlainField, typed: string) => mistakesIn(formOf({ fields: [one] }), { it: typed }, NOW).it

test.each([
  ['nothing where something is needed', field('text', { required: true }), ''],
  ['spaces where something is needed', field('text', { required: true }), ' \t '],
  ['no person', field('human', { required: true }), ''],
  ['a list of commas', field('list', { required: true }), ' , \n,'],
  ['a text that is too long', field('text', { maxLength: 3 }), 'abcd'],
  ['a word for a number', field('number'), 'many'],
  ['a fraction', field('number'), '1.5'],
  ['a number in scientific writing', field('number'), '1e3'],
  ['a number below', field('number', { minimum: 1 }), '0'],
  ['a number above', field('number', { maximum: 100 }), '101'],
  ['a duration without a unit', field('duration'), '90'],
  ['a duration in words', field('duration'), 'a day'],
  ['a duration below', field('duration', { minimum: 60_000 }), '59s'],
  ['a duration above', field('duration', { maximum: 86_400_000 }), '25h'],
  ['a day that is over', field('time'), '2026-12-01'],
  ['a day that is none', field('time'), '2026-13-01'],
  ['another word than the choices', field('choice', { choices: ['one', 'two'] }), 'three'],
] as const)('%s is a mistake', (_name, one, typed) => {
  expect(mistake(one, typed)).toEqual(expect.stringMatching(/^[A-Z].*\.$/))
})

test.each([
  ['nothing', field('text'), ''],
  ['as many characters as there may be, outside of the basic plane', field('text', { maxLength: 3 }), '😀😀😀'],
  ['the limits of a number', field('number', { minimum: 1, maximum: 1 }), ' 1 '],
  ['the limits of a duration', field('duration', { minimum: 60_000, maximum: 60_000 }), '1m'],
  ['today', field('time'), '2026-12-02'],
  ['no to a question that needs an answer', field('yes-no', { required: true }), ''],
] as const)('%s is no mistake', (_name, one, typed) => {
  expect(mistake(one, typed)).toBeUndefined()
})

test('limits are said as they are typed', () => {
  expect(mistake(field('duration', { maximum: 86_400_000 }), '25h')).toBe('At most 1d.')
  expect(mistake(field('number', { minimum: 1 }), '0')).toBe('At least 1.')
})

test('what is empty is not sent', () => {
  expect(bodyOf(form(tokens, 'create'), firstValues(form(tokens, 'create')))).toEqual({})
})

test('what is typed is sent as the API has it', () => {
  const typed = {
    owner: ' ada ',
    uses: '5',
    preregistered: '',
    pending: 'all',
    unbound: 'true',
    ttlMs: '90m',
    serial: '',
  }
  expect(bodyOf(form(tokens, 'create'), typed)).toEqual({
    owner: 'ada',
    uses: 5,
    pending: 'all',
    unbound: true,
    ttlMs: 5_400_000,
  })
  expect(
    bodyOf(form(webhooks, 'add'), { url: 'https://a.example', events: ' stop-created,\n\nverdict-changed ' }),
  ).toEqual({
    url: 'https://a.example',
    events: ['stop-created', 'verdict-changed'],
  })
})

const ACCOUNT = {
  name: 'nightly',
  purpose: 'builds',
  owner: 'ada',
  successor: 'bob',
  expiresAt: endOfDay('2027-03-01'),
}
const change = form(serviceAccounts, 'change')
const first = firstValues(change, ACCOUNT)

test('an edit begins with what the item has', () => {
  expect(isEdit(verbOf(serviceAccounts, 'change'))).toBe(true)
  expect(first).toEqual({ purpose: 'builds', owner: 'ada', successor: 'bob', expiresAt: '2027-03-01' })
})

test.each([
  ['nothing', {}, {}],
  ['a space', { purpose: 'builds ' }, {}],
  ['another purpose', { purpose: 'deploys' }, { purpose: 'deploys' }],
  ['no successor', { successor: '' }, { successor: null }],
  ['no purpose, which cannot be removed', { purpose: '' }, {}],
  ['another end', { expiresAt: '2027-04-01' }, { expiresAt: endOfDay('2027-04-01') }],
] as const)('of an edit %s is sent alone', (_name, some, sent) => {
  expect(bodyOf(change, { ...first, ...some }, first)).toEqual(sent)
})

test('members of an item that no field asks for are not sent', () => {
  expect(firstValues(form(groups, 'change'), { name: 'payments', id: 'grp_1', version: 3 })).toEqual({
    name: 'payments',
    add: '',
    remove: '',
  })
})
