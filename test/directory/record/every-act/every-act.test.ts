import { fromUtf8 } from '../../../../src/base/bytes.ts'
import type { Route } from '../../../../src/directory/http/route.ts'
import { SCIM_BASE } from '../../../../src/directory/scim/scim-surface.ts'
import { API_BASE } from '../../../../src/protocol/noun/answers.ts'
import { ACCESS_BASE } from '../../../../src/protocol/nouns/directory/decisions.ts'
import type { RecordEntry } from '../../../../src/protocol/nouns/directory/record.ts'
import { AGENT_ROWS } from './agent-rows.ts'
import { DEVICE_ROWS } from './device-rows.ts'
import { PEOPLE_ROWS, SCIM_ROWS } from './people-rows.ts'
import type { Rows } from './rows.ts'
import { SIGN_IN_ROWS } from './sign-in-rows.ts'
import { done, openWorld, type World } from './world.ts'

/** Whatever changes something is done once, on every surface, and the record says who did it, and from where. */

const ROWS: Rows = { ...DEVICE_ROWS, ...AGENT_ROWS, ...PEOPLE_ROWS, ...SCIM_ROWS, ...SIGN_IN_ROWS }

/** These ask something, although their method is that of a change. */
const QUESTIONS: Readonly<Record<string, string>> = {
  testAccessPolicy: 'tries a policy on the past',
  testGatePolicy: 'tries a policy on the past',
  testPolicy: 'tries a policy on the devices',
  testRules: 'tries rules on what is seen',
  getReviewImpact: 'says what a review would cover',
  searchScim: 'a list by a query in the body',
  searchUsers: 'a list by a query in the body',
  searchGroups: 'a list by a query in the body',
  searchSubjects: 'a list by a query in the body',
  searchResources: 'a list by a query in the body',
  searchActions: 'a list by a query in the body',
  introspect: 'says whether a token is good',
  evaluate: 'a decision, which changes nothing',
  evaluateSeveral: 'decisions, which change nothing',
  beginPasskeySignIn: 'a challenge, which nothing keeps',
  openInvitation: 'whom a link invites, and a challenge',
  beginStepUp: 'a challenge, which nothing keeps',
  beginApproval: 'a challenge, which nothing keeps',
  beginPasskey: 'a challenge, which nothing keeps',
}

/** Entries of these say no member that changed. */
const NO_DIFFERENCE: Readonly<Record<string, string>> = {
  enrolled: 'a device did it: the entry has what it proved',
  'human-forgotten': 'what is forgotten is in no entry',
  invited: 'a link was made, which nobody may know',
  'principal-token-rotated': 'only secrets changed, and perhaps the end',
  'webhook-secret-rotated': 'only secrets changed',
  'webhook-enabled': 'this one was not disabled, so that nothing changed',
  'signed-in': 'a session began',
  'session-ended': 'a session ended',
  'stepped-up': 'a session was proven again',
  'order-issued': 'an attempt: its outcome is an entry of its own',
  'messages-tested': 'an attempt: something was sent',
  'webhook-tested': 'an attempt: something was sent',
  'configuration-applied': 'each change in it is an entry of its own',
  'devices-preregistered': 'a list of up to ten thousand, counted',
  'zombie-sweep-begun': 'what the sweep does are entries of their own',
  'scim-guard-allowed': 'a guard is let pass for a while',
}

/** Ids of an administrator, a service or a person. */
const PERSON = /^(adm|svc|hum)_/
/** A browser comes back by a GET. */
const CHANGING_GETS = ['finishOidc']

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

function mutatingRoutes(): readonly (Route & { readonly base: string })[] {
  const { directory, signIn } = world
  const surfaces: readonly (readonly [string, readonly Route[]])[] = [
    [API_BASE, directory.routes],
    [SCIM_BASE, directory.scim],
    [ACCESS_BASE, directory.evaluation],
    ['/sign-in', signIn],
    ['', directory.atRoot],
  ]
  return surfaces
    .flatMap(([base, routes]) => routes.map((one) => ({ ...one, base })))
    .filter(({ method, operationId }) => method !== 'GET' || CHANGING_GETS.includes(operationId))
}

/** Entries from a number on, oldest first. */
function entriesAfter(number: number): readonly RecordEntry[] {
  return world.directory.database
    .prepare('SELECT bytes FROM record_entries WHERE number > ? ORDER BY number')
    .all(number)
    .map(({ bytes }) => JSON.parse(fromUtf8(bytes as Uint8Array)) as RecordEntry)
}
const newest = () =>
  Number(world.directory.database.prepare('SELECT max(number) AS n FROM record_entries').get()?.n ?? 0)

test('every route that changes something has a row here, or a reason why it has none', () => {
  const named = [...Object.keys(ROWS), ...Object.keys(QUESTIONS)]
  expect(named.toSorted()).toEqual(
    mutatingRoutes()
      .map(({ operationId }) => operationId)
      .toSorted(),
  )
})

test.each(Object.entries(ROWS))('%s is an entry', async (operationId, { acts, given }) => {
  const route = mutatingRoutes().find((one) => one.operationId === operationId)
  if (route === undefined) throw new Error(`no route ${operationId}`)
  const { id = '', query = '', body, ask = byToken } = (await given?.(world)) ?? {}
  const before = newest()
  await ask(route.method, `${route.base}${route.path.replace('{id}', id)}${query}`, body)
  const entries = entriesAfter(before)
  expect(entries.map(({ act }) => act).toSorted()).toEqual([...acts].toSorted())
  for (const entry of entries) {
    expect([entry.act, entry.before ?? entry.after]).toEqual([
      entry.act,
      entry.act in NO_DIFFERENCE ? undefined : expect.objectContaining({}),
    ])
    // What a device did because a person let it.
    if (entry.onBehalfOf !== undefined) {
      expect([entry.act, entry.actor.kind, entry.onBehalfOf]).toEqual([
        'enrolled',
        'device',
        expect.stringMatching(PERSON),
      ])
      continue
    }
    expect(entry.actor.id).toMatch(PERSON)
    expect(entry.from ?? {}).toEqual({ address: expect.any(Object), ...credentialOf(operationId) })
  }
})

test('no entry has a secret or a name that is not sealed', async () => {
  const { did, receiver, name } = world
  const [userName, displayName, email] = [`user-${name()}`, `Display ${name()}`, `${name()}@example.org`]
  const before = newest()
  const { human } = await did('POST', '/humans', { userName, displayName, email })
  await did('POST', `/humans/${human.id}`, { displayName: `Other ${displayName}` })
  const { token } = await did('POST', '/services', { name: name(), scope: 'read' })
  const { webhook, secret } = await did('POST', '/webhooks', { url: `${receiver.url}/path-of-secret`, events: ['*'] })
  const rotated = await did('POST', `/webhooks/${webhook.id}/rotate`)
  const { enrolment } = await did('POST', '/tokens', { owner: userName, ttlMs: 60_000, minimumTier: 'tpm' })
  const text = JSON.stringify(entriesAfter(before))
  const hidden = [userName, displayName, email, token, secret, rotated.secret, enrolment, 'path-of-secret']
  for (const one of hidden) {
    expect(one).toEqual(expect.any(String))
    expect(text).not.toContain(one)
  }
  expect(text).toContain(webhook.id)
})

async function byToken(method: string, path: string, body: object | undefined) {
  return done(await world.directory.ask(method, path, body === undefined ? {} : { body }), path)
}

/** Before there is a session, an address is all that is known. */
function credentialOf(operationId: string): object {
  if (['signInByPasskey', 'acceptInvitation', 'finishOidc'].includes(operationId)) return {}
  return operationId in SIGN_IN_ROWS ? { session: expect.any(String) } : { token: expect.stringMatching(/^(adm|svc)_/) }
}
