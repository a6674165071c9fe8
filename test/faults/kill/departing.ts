import { join } from 'node:path'
import { humanServices } from '../../../src/directory/humans/human-services.ts'
import { orders } from '../../../src/directory/orders/orders.ts'
import { registrations } from '../../../src/directory/registrations/registrations.ts'
import { sqliteDatabase } from '../../../src/directory/sql/sqlite.ts'
import { registerStops } from '../../../src/directory/stops/register-stops.ts'
import { stopOrders } from '../../../src/directory/stops/stop-orders.ts'
import { STOPS_INIT, twoPersons } from '../../../src/directory/stops/two-persons.ts'
import { directoryStore } from '../../../src/directory/store/directory-store.ts'
import { openStore } from '../../../src/directory/store/open-store.ts'
import { Changes } from '../../../src/directory/workers/changes.ts'
import type { Random } from '../../../src/protocol/ids.ts'

/** The part of a directory that a departure needs, on its real database. Every device is connected; orders are kept in a list. */
export function openDeparting(folder: string, random: Random) {
  const database = openStore(join(folder, 'directory.sqlite'))
  const store = directoryStore(sqliteDatabase(database))
  const clock = { now: () => Date.now(), monotonic: () => performance.now() }
  const sent: string[] = []
  const issued = orders({
    store,
    clock,
    random,
    sign: (_, order) => order.id,
    deliver: (device) => store.afterCommit(() => void sent.push(device)),
  })
  const stops = registerStops({ store, random, twoPersons: twoPersons({ store, clock }, STOPS_INIT) })
  const agents = registrations({ store, clock, random, registerStops: stops, changes: new Changes() })
  return {
    ...humanServices({ store, clock, random, agents, changes: new Changes() }),
    store,
    agents,
    sent,
    stopOrders: stopOrders({ store, clock, orders: issued, isConnected: () => true }),
    [Symbol.dispose]: () => database.close(),
  }
}
