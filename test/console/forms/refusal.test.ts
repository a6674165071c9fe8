import { refusalOf } from '../../../src/console/forms/form.ts'

const FIELDS = ['url', 'events', 'owner', 'minimumTier', 'preregistered'].map((name) => ({ name }))

test.each([
  ['body: url: does not have the form that it must have', 'url', 'Does not have the form that it must have.'],
  ['body: events/3: must have at most 64 characters', 'events', 'Must have at most 64 characters.'],
  ['body: lacks events', 'events', 'This is needed.'],
  ['body: lacks owner, events', 'owner', 'This is needed.'],
  ['the URL of a webhook begins with https://', 'url', 'The URL of a webhook begins with https://.'],
  ['a token needs an owner, unless it takes only preregistered devices', 'owner', undefined],
  ['no device has this minimum tier', 'minimumTier', undefined],
])('%j is shown beside %s', (message, field, text) => {
  expect(refusalOf(message, FIELDS)).toMatchObject({ field, ...(text === undefined ? {} : { text }) })
})

test.each([
  'there are 50 webhooks: remove those that are not needed',
  'body: kind: no such member',
  'body: lacks kind',
  'nobody is called "the owner of \\"url\\""',
  'the landowner has left',
  '',
])('%j is of the whole form', (message) => {
  expect(refusalOf(message, FIELDS)).not.toHaveProperty('field')
})
