import { applySightings } from '../../../src/directory/evidence/apply-sightings.ts'
import type { NewRegistration, Registration } from '../../../src/directory/registrations/registration-store.ts'
import type { StoredSeen } from '../../../src/directory/seen/seen-store.ts'
import { sqliteDatabase } from '../../../src/directory/sql/sqlite.ts'
import { directoryStore } from '../../../src/directory/store/directory-store.ts'
import type { AgentSighting, Sighting } from '../../../src/protocol/sighting.ts'
import { newRegistration } from '../../contracts/stores/agents/registration-store.contract.ts'
import { newHuman } from '../../contracts/stores/people/human-store.contract.ts'
import { DEVICE, idOf, OTHER_DEVICE, seed } from '../../contracts/stores/seeds.ts'
import { migratedStore } from '../../support/directory/migrated-store.ts'
import { agentSighting } from '../../support/protocol/sample-sightings.ts'

/** Two devices and two humans on a real store, and devices that report as a test says. */

export const ADA = { id: '1000', name: 'ada' }
export const OWNER = idOf('hum', 1)
export const claude = (digit: string, changes: Partial<AgentSighting> = {}) =>
  agentSighting(digit, { user: ADA, process: running('/usr/bin/claude'), ...changes })

export function running(executable: string): NonNullable<AgentSighting['process']> {
  return { pid: 7, startTicks: 1, bootId: 'b', parentPid: 1, executable }
}

export async function openSeen() {
  const database = migratedStore()
  const store = directoryStore(sqliteDatabase(database))
  await seed(store, {}, { id: OTHER_DEVICE })
  for (const number of [1, 2]) await store.humans.put(newHuman(number))
  const clock = { at: 10 }
  const report = (device: string, items: readonly Sighting[], gone: readonly string[] = []) =>
    store.transaction(() =>
      applySightings(store, device, {
        sightings: { mode: 'delta', items: [...items], gone: gone.map((digit) => digit.repeat(32)) },
        at: clock.at,
      }),
    )
  return {
    database,
    store,
    clock,
    report,
    snapshot: (device: string, items: readonly Sighting[]) =>
      store.transaction(() =>
        applySightings(store, device, {
          sightings: { mode: 'full', snapshot: `s${clock.at}`, part: 0, parts: 1, items: [...items] },
          at: clock.at,
        }),
      ),
    registered: (number: number, changes: Partial<NewRegistration> = {}): Promise<Registration> =>
      store.registrations.add(newRegistration(number, { state: 'active', owner: OWNER, ...changes })),
    seen: (device = DEVICE, item = 'claude-code', userId = ADA.id): Promise<StoredSeen | undefined> =>
      store.seen.at({ device, item, userId }),
    events: async (kind: string) => (await store.events.list({ limit: 500 })).filter((event) => event.kind === kind),
  }
}
export type SeenFixture = Awaited<ReturnType<typeof openSeen>>
