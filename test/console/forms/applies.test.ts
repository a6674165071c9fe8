import { applies } from '../../../src/console/forms/verbs.ts'
import type { Noun } from '../../../src/protocol/noun/noun.ts'
import { actionsOf, type Role } from '../../../src/protocol/noun/permissions.ts'
import { plainNoun } from '../../../src/protocol/noun/plain.ts'
import { webhooks } from '../../../src/protocol/nouns/directory/webhooks.ts'
import { reEnrolments } from '../../../src/protocol/nouns/enrolment/re-enrolments.ts'
import { tokens } from '../../../src/protocol/nouns/enrolment/tokens.ts'
import { claims } from '../../../src/protocol/nouns/people/claims.ts'
import { administrators } from '../../../src/protocol/nouns/people/principals.ts'
import { serviceAccounts } from '../../../src/protocol/nouns/people/service-accounts.ts'

const who = (role: Role, name = 'ada') => ({ name, may: actionsOf(role) })
const offered = (noun: Noun, item: object | undefined, asked: ReturnType<typeof who>) =>
  plainNoun(noun)
    .verbs.filter((verb) => applies(noun, verb, item, asked))
    .map(({ name }) => name)

test.each([
  ['a token that was used', tokens, { status: 'used' }, who('administrator')],
  ['a token that was revoked', tokens, { status: 'revoked' }, who('administrator')],
  ['a token, by an auditor', tokens, { status: 'usable' }, who('auditor')],
  ['a re-enrolment that was decided', reEnrolments, { status: 'denied' }, who('operator')],
  ['a re-enrolment, by a viewer', reEnrolments, { status: 'pending' }, who('viewer')],
  ['a claim that was decided', claims, { state: 'accepted' }, who('administrator')],
  ['a claim of somebody else’s report', claims, { state: 'pending', manager: 'bob' }, who('viewer')],
  ['a claim without a manager', claims, { state: 'pending' }, who('member')],
  ['an administrator, by an auditor', administrators, { status: 'valid' }, who('auditor')],
  ['administrators, by an operator', administrators, undefined, who('operator')],
  ['tokens, by a viewer', tokens, undefined, who('viewer')],
] as const)('nothing is offered for %s', (_name, noun, item, asked) => {
  expect(offered(noun as Noun, item, asked)).toEqual([])
})

test.each([
  ['a usable token', tokens, { status: 'usable' }, who('operator'), ['revoke']],
  ['tokens', tokens, undefined, who('operator'), ['create']],
  [
    'a claim of a report of one’s own',
    claims,
    { state: 'pending', manager: 'ada' },
    who('member'),
    ['accept', 'refuse'],
  ],
  ['a claim', claims, { state: 'pending' }, who('operator'), ['accept', 'refuse']],
  ['a webhook that works', webhooks, { state: 'active' }, who('administrator'), ['test', 'rotate', 'remove']],
  ['a service account', serviceAccounts, { status: 'active' }, who('administrator'), ['change', 'end']],
  ['one with a successor', serviceAccounts, { status: 'active', successor: 'hum_1' }, who('operator'), []],
] as const)('what can be done is offered for %s', (_name, noun, item, asked, names) => {
  expect(offered(noun as Noun, item, asked)).toEqual(names)
})
