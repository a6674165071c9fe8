import type { ReviewRequest, ReviewView } from '../../../src/protocol/nouns/agents/reviews.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { type RegistrationApi, registrationApi, seedHuman } from '../registrations/registration-fixture.ts'

/** Reviews on the API of a test. */

export const DAY = 86_400_000
export const OPERATOR = { id: 'adm_test', name: 'administrator' }
let directory: TestDirectory
let api: RegistrationApi

interface ReviewDirectory {
  readonly directory: TestDirectory
  readonly api: RegistrationApi
  /** Ids of humans. */
  readonly ada: string
  readonly bob: string
}

/** A directory with two humans, which the others of this file then use. */
export async function openReviews(): Promise<ReviewDirectory> {
  directory = await startTestDirectory()
  api = registrationApi(directory)
  const [ada, bob] = [seedHuman(directory, 'ada', 'ada@example.org'), seedHuman(directory, 'bob')]
  return { directory, api, ada, bob }
}

export const agent = async (name: string, owner = 'ada', product = 'codex') =>
  (await api.created({ name, owner, state: 'active', criteria: { products: [product] } })).id
export const request = (changes: Partial<ReviewRequest> = {}): ReviewRequest => ({
  name: 'Q1',
  covers: {},
  dueAt: directory.clock.now() + 14 * DAY,
  silence: 'suspend',
  nextReviewMs: 90 * DAY,
  ...changes,
})
export const work = () => {
  while (directory.services.reviews.workSome());
}
export const start = (changes: Partial<ReviewRequest> = {}): ReviewView => {
  const { id } = directory.services.reviews.start(request(changes), OPERATOR)
  work()
  return directory.services.reviews.get(id)
}
export const tokenOf = (name: string, role: 'viewer' | 'auditor' | 'operator' = 'viewer') =>
  directory.services.principals.add({ name, kind: 'administrator', role, ttlMs: DAY }, 'adm_test').token
export const post = (path: string, body: object, token = directory.token) =>
  api.ask('POST', `/reviews${path}`, body, token)
export const answers = (review: ReviewView, registration: string, answer: string, token?: string) =>
  post(`/${review.id}/answers`, { registration, answer }, token)
export const outcomes = (review: ReviewView) =>
  directory.services.reviews
    .agents(review.id, { after: 0, limit: 999 })
    .map(({ name, answer, outcome, code }) => [name, answer, outcome, ...(code === undefined ? [] : [code])])
export const events = (kind: string) =>
  directory.store.events.list({ limit: 500 }).filter((event) => event.kind === kind)
export const stateOf = (id: string) => directory.store.registrations.get(id)?.state
export const pass = (ms: number) => {
  directory.clock.jump(ms)
  work()
}
