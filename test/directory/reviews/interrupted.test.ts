import { registrations } from '../../../src/directory/registrations/registrations.ts'
import { reviews as reviewsOf } from '../../../src/directory/reviews/reviews.ts'
import { registerStops } from '../../../src/directory/stops/register-stops.ts'
import { STOPS_INIT, twoPersons } from '../../../src/directory/stops/two-persons.ts'
import { Changes } from '../../../src/directory/workers/changes.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { newTestId, type TestDirectory } from '../../support/directory/directory-api.ts'
import { agent, answers, DAY, OPERATOR, openReviews, outcomes, request, start, stateOf } from './review-fixture.ts'

let directory: TestDirectory
beforeEach(async () => {
  ;({ directory } = await openReviews())
})
afterEach(() => directory[Symbol.asyncDispose]())

test('interrupted work continues in another process after any step, and is done once', async () => {
  const { store, clock, services, database } = directory
  const first = await agent('a')
  const copied = await store.registrations.get(first)
  if (copied === undefined) throw new Error('it is gone')
  await store.transaction(async () => {
    for (let count = 1; count < 1_100; count++) await store.registrations.add({ ...copied, id: newTestId('agt') })
  })
  const other = () => reviewsOf({ ...services, store, clock, random: () => new Uint8Array(16), changes: new Changes() })
  const { id } = await services.reviews.start(request({ silence: 'retire' }), OPERATOR)
  expect(await other().workSome()).toBe(true)
  expect(await services.reviews.get(id)).toMatchObject({ state: 'starting', answers: { silent: 500 } })
  expect(await codeThrown(() => services.reviews.close(id, { what: 'carry-out', reason: 'r' }, OPERATOR))).toBe(
    'CONFLICT',
  )
  // A step that fails at its end leaves nothing of itself.
  database.exec("CREATE TRIGGER broken BEFORE UPDATE OF after ON reviews BEGIN SELECT RAISE(ABORT, 'broken'); END")
  await expect(() => other().workSome()).rejects.toThrow()
  expect((await services.reviews.get(id)).answers.silent).toBe(500)
  database.exec('DROP TRIGGER broken')
  while (await other().workSome());
  expect(await services.reviews.get(id)).toMatchObject({ state: 'open', answers: { silent: 1_100 } })
  clock.jump(14 * DAY)
  for (let step = 0; step < 4; step++) await other().workSome()
  expect(await services.reviews.get(id)).toMatchObject({ state: 'closing', outcomes: { retired: 300, waiting: 800 } })
  while (await other().workSome());
  expect(await services.reviews.get(id)).toMatchObject({ state: 'closed', outcomes: { retired: 1_100, waiting: 0 } })
  expect(await store.registrations.counts()).toMatchObject({ active: 0, retiring: 1_100 })
  expect(database.prepare("SELECT count(*) AS n FROM audit WHERE act = 'review-silence'").get()).toEqual({ n: 1_100 })
}, 60_000)

/** Fails at a step of the transaction, as a full disk does. */
function failingAt(step: number) {
  const { store, clock } = directory
  let steps = 0
  const counted = <T extends object>(part: T): T =>
    new Proxy(part, {
      get(of, name) {
        const value = Reflect.get(of, name)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          if (steps++ === step) throw new Error('the disk is full')
          return value.apply(of, args)
        }
      },
    })
  const failing = {
    ...store,
    reviews: counted(store.reviews),
    registrations: counted(store.registrations),
    stops: counted(store.stops),
    audit: counted(store.audit),
  }
  const random = (size: number) => crypto.getRandomValues(new Uint8Array(size))
  const parts = { store: failing, clock, random, changes: new Changes() }
  return reviewsOf({
    ...parts,
    registrations: registrations({
      ...parts,
      registerStops: registerStops({
        store: failing,
        random,
        twoPersons: twoPersons({ store: failing, clock }, STOPS_INIT),
      }),
    }),
  })
}

test('a step that fails anywhere changes nothing, and the review then ends well', async () => {
  const [ended, kept] = [await agent('ended'), await agent('kept')]
  const review = await start({ silence: 'retire' })
  await answers(review, kept, 'keep')
  directory.clock.jump(14 * DAY)
  // Only that it is over.
  await directory.services.reviews.workSome()
  const stored = async () => [
    ...[await outcomes(review), await directory.services.reviews.get(review.id)],
    ...[
      (await directory.store.registrations.list({ limit: 9 })).items,
      (await directory.store.stops.list({ limit: 9 }, 0)).items,
    ],
    await directory.store.events.list({ limit: 500 }),
  ]
  const unchanged = await stored()
  let step = 0
  for (; ; step++) {
    try {
      await failingAt(step).workSome()
      break
    } catch (error) {
      expect(String(error)).toContain('the disk is full')
      expect(await stored()).toEqual(unchanged)
    }
  }
  expect(step).toBeGreaterThan(10)
  expect(await Promise.all([ended, kept].map(stateOf))).toEqual(['retiring', 'active'])
  expect(await directory.services.reviews.get(review.id)).toMatchObject({
    state: 'closed',
    outcomes: { retired: 1, kept: 1 },
  })
})
