import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { systemClock } from '../../../base/clock.ts'
import { silentLog } from '../../../base/log.ts'
import { openAuthority } from '../../authority/authority.ts'
import { anchorSource } from '../../authority/keep-anchors-read.ts'
import { results } from '../../devices/results.ts'
import { administratorFile, writeNewAdministrator } from '../../principals/administrator-file.ts'
import { decideSome } from '../../rule-versions/deciding.ts'
import { matchSome } from '../../seen/rematching.ts'
import { openServices } from '../../services.ts'
import { sqliteDatabase } from '../../sql/sqlite.ts'
import { directoryStore } from '../../store/directory-store.ts'
import { openStore } from '../../store/open-store.ts'
import { openWebhookServices } from '../../webhook-services.ts'
import { Changes } from '../../workers/changes.ts'
import { HISTORY_MS, madeUpDevice } from '../company/devices.ts'
import { drawOf } from '../company/draw.ts'
import { madeUpPeople } from '../company/people.ts'
import { standInDevices } from '../stand-in-devices.ts'
import { planDevices } from './device-history.ts'
import type { HistoryParts } from './history-parts.ts'
import { planPeople } from './people-history.ts'
import { planPolicy } from './policy-history.ts'
import { planRegister } from './register-history.ts'
import { planStops } from './stop-history.ts'
import { setClock, Timeline } from './timeline.ts'

export interface FillInit {
  /** Is there, private and empty. */
  readonly dataFolder: string
  readonly names: readonly string[]
  /** Of the API, for the file of the administrator. */
  readonly url: string
  readonly devices: number
  readonly seed: number
  readonly now: number
  readonly progress: (done: number) => void
  readonly signal: AbortSignal
}

/** What was made. */
export interface Filled {
  readonly people: number
  readonly devices: number
  /** Of the devices that are not retired. */
  readonly agents: number
  readonly events: number
}

/** People for each device, since some have two. */
const PEOPLE_SHARE = 0.84
/** Of a company without devices. Each has a post. */
const FEWEST_PEOPLE = 5
const ID_BYTES = 16

/** Fills a folder with a directory of made-up people and devices, and a month of their history. */
export async function fillDirectory(init: FillInit): Promise<Filled> {
  const { dataFolder, names, url, devices: count, seed, now, progress, signal } = init
  using database = openStore(join(dataFolder, 'directory.sqlite'))
  // A fill that was interrupted is thrown away, so nothing needs to be durable before its end.
  database.exec('PRAGMA synchronous=OFF; PRAGMA cache_size=-65536')
  const store = directoryStore(sqliteDatabase(database))
  const clock = setClock(now - HISTORY_MS)
  const draw = drawOf(seed, 'history')
  // Ids follow the seed. Secrets never do.
  const random = (bytes: number) => (bytes === ID_BYTES ? draw.bytes(bytes) : new Uint8Array(randomBytes(bytes)))
  const base = { clock, log: silentLog, random, changes: new Changes(store.afterCommit), store }
  const authority = await openAuthority({ ...base, clock: systemClock }, { dataFolder, names, mayFound: true })
  const anchors = await anchorSource(base, undefined)
  const opened = await openServices(
    { ...base, authority, anchors },
    {
      dataFolder,
      names,
      devices: { host: '127.0.0.1', port: 0, channelBinding: 'required' },
      attestEveryMs: 3_600_000,
    },
  )
  opened.setUrl('wss://demonstration.invalid:7443')
  const hooks = await openWebhookServices(base, { dataFolder, privateAddresses: false })
  const services = { ...opened, ...hooks }
  await store.demonstration.mark({ madeAt: now, seed, devices: count })
  const profile = { path: administratorFile(dataFolder), url, ca: authority.caCertificate }
  await writeNewAdministrator(base, profile)

  const people = madeUpPeople(seed, Math.max(FEWEST_PEOPLE, Math.ceil(count * PEOPLE_SHARE)))
  const devices = Array.from({ length: count }, (_, at) => madeUpDevice({ seed, now, people }, at))
  const standIns = standInDevices({ ...base, live: services.live, results: services.results }, { answerWithinMs: 0 })
  const pastResults = results(base, {
    policy: (device) => ({
      ...services.policies.policyOf(device),
      attestationFreshMs: HISTORY_MS,
      findingsFreshMs: HISTORY_MS,
    }),
    policyVersion: () => services.policies.version,
    validForMs: HISTORY_MS,
  })
  const timeline = new Timeline()
  const parts: HistoryParts = {
    ...base,
    services,
    timeline,
    draw,
    now,
    people,
    devices,
    standIns,
    pastResults,
    known: { administrators: new Map(), humans: new Map(), devices: new Map() },
    settle: () => settle(parts),
  }
  planPeople(parts)
  planPolicy(parts)
  planDevices(parts)
  planRegister(parts)
  planStops(parts)
  await timeline.run(base, { progress, signal })
  clock.set(now)
  await settle(parts)
  const { sightings } = await store.summary.counts(now)
  return { people: people.length, devices: count, agents: sightings.agents, events: await store.events.newest() }
}

/** What the workers of a running directory do. */
async function settle({ store, services, clock, standIns }: HistoryParts): Promise<void> {
  const parts = { ...services, store, clock, log: silentLog }
  while (await matchSome(parts));
  while (await decideSome(parts));
  while (await services.reviews.workSome());
  while ((await services.stopOrders.work()) || (await standIns.answerSome()) > 0);
  while (await services.registrations.finishRetirements());
  while (await services.serviceAccounts.endExpired());
}
