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
  const [ada, bob] = [await seedHuman(directory, 'ada', 'ada@example.org'), await seedHuman(directory, 'bob')]
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
export const work = async () => {
  while (await directory.services.reviews.workSome());
}
export const start = async (changes: Partial<ReviewRequest> = {}): Promise<ReviewView> => {
  const { id } = await directory.services.reviews.start(request(changes), OPERATOR)
  await work()
  return directory.services.reviews.get(id)
}
export const tokenOf = async (name: string, role: 'viewer' | 'auditor' | 'operator' = 'viewer') =>
  (await directory.services.principals.add({ name, kind: 'administrator', role, ttlMs: DAY }, 'adm_test')).token
export const post = (path: string, body: object, token = directory.token) =>
  api.ask('POST', `/reviews${path}`, body, token)
export const answers = (review: ReviewView, registration: string, answer: string, token?: string) =>
  post(`/${review.id}/answers`, { registration, answer }, token)
export const outcomes = async (review: ReviewView) =>
  (await directory.services.reviews.agents(review.id, { after: 0, limit: 999 })).map(
    ({ name, answer, outcome, code }) => [name, answer, outcome, ...(code === undefined ? [] : [code])],
  )
export const events = async (kind: string) =>
  (await directory.store.events.list({ limit: 500 })).filter((event) => event.kind === kind)
export const stateOf = async (id: string) => (await directory.store.registrations.get(id))?.state
export const pass = async (ms: number) => {
  directory.clock.jump(ms)
  await work()
}
