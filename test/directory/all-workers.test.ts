import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { parseTrustAnchors } from '../../src/crypto/x509/trust-anchors.ts'
import { startWorkers } from '../../src/directory/all-workers.ts'
import { openAuthority } from '../../src/directory/authority/authority.ts'
import { messageServices } from '../../src/directory/message-services.ts'
import { keyPlace, openLogKey } from '../../src/directory/record/log-key.ts'
import { openServices } from '../../src/directory/services.ts'
import { openWebhookServices } from '../../src/directory/webhook-services.ts'
import { Changes, type Topics } from '../../src/directory/workers/changes.ts'
import { DEVICE } from '../contracts/stores/seeds.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { claude, openSeen, running, type SeenFixture } from './seen/seen-fixture.ts'

let fixture: SeenFixture
let failures: string[]
let changes: Changes
beforeEach(async () => {
  fixture = await openSeen()
  failures = []
  changes = new Changes()
})
afterEach(() => fixture.database.close())

/** The services on a real store, their workers, and what each worker was seen to do. */
async function start(init: { readonly onDeviation?: 'record' | 'suspend' } = {}) {
  const folder = temporaryFolder({ inMemory: true })
  const clock = new FakeClock()
  const worked = new Set<string>()
  const { store: real } = fixture
  const noted = <T extends object>(part: T, name: keyof T & string, worker: string): T => ({
    ...part,
    [name](...args: unknown[]) {
      worked.add(worker)
      return (part[name] as (...all: unknown[]) => unknown)(...args)
    },
  })
  const store = {
    ...real,
    policyDevices: noted(real.policyDevices, 'due', 'results'),
    seen: noted(real.seen, 'nextRematch', 'matches'),
    ruleSubjects: noted(real.ruleSubjects, 'isDue', 'rules'),
    zombies: noted(real.zombies, 'sweep', 'zombies'),
    reviews: noted(real.reviews, 'nextToWorkOn', 'reviews'),
    stops: noted(real.stops, 'pastEnd', 'orders'),
  }
  const log = { debug() {}, info() {}, warn() {}, error: (message: string) => void failures.push(message) }
  const random = (bytes: number) => new Uint8Array(randomBytes(bytes))
  const dataFolder = folder.path
  const authority = await openAuthority({ clock, log, random }, { dataFolder, names: ['127.0.0.1'], mayFound: true })
  const base = { clock, log, random, changes, store }
  const anchors = { current: parseTrustAnchors([]), refresh: async () => undefined }
  const devices = { host: '127.0.0.1', port: 0, channelBinding: 'off' } as const
  const directory = { dataFolder, devices, names: ['127.0.0.1'], attestEveryMs: 3_600_000 }
  const services = await openServices({ ...base, authority, anchors }, directory)
  const hooks = await openWebhookServices(base, { dataFolder, privateAddresses: false })
  const messaging = messageServices({ ...base, ...services }, { privateAddresses: false })
  const logKey = await openLogKey(keyPlace(join(dataFolder, 'keys')), { mayMake: true })
  const workers = startWorkers({ ...base, services, hooks, messaging, logKey, recordWitnesses: [], outlets: [] }, init)
  return {
    clock,
    worked,
    /** Until every worker waits. */
    async settle() {
      for (let turns = 0; turns < 50; turns++) await turn()
    },
    async [Symbol.asyncDispose]() {
      await workers[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}

const WORKERS = ['matches', 'orders', 'results', 'reviews', 'rules', 'zombies']
test.each<[topic: keyof Topics, workers: readonly string[]]>([
  ['policies', ['results']],
  ['rules', ['rules']],
  ['registrations', ['matches', 'orders', 'rules']],
  ['reviews', ['reviews']],
  ['seen', ['matches']],
  ['stops', ['orders']],
  ['sweeps', ['zombies']],
  ['receipts', ['orders']],
  ['sightings', ['matches', 'rules']],
  ['claims', []],
])('%s wake %j', async (topic, workers) => {
  await using started = await start()
  await started.settle()
  expect([...started.worked].toSorted()).toEqual(WORKERS)
  started.worked.clear()
  changes.of(topic as 'receipts', DEVICE)
  await started.settle()
  expect([[...started.worked].toSorted(), failures]).toEqual([workers, []])
})

test('each worker looks again within a minute without a change, and none after the end', async () => {
  const started = await start()
  await started.settle()
  started.worked.clear()
  await started.clock.advance(60_000)
  expect([...started.worked].toSorted()).toEqual(WORKERS)
  await started[Symbol.asyncDispose]()
  started.worked.clear()
  changes.of('registrations')
  await started.settle()
  expect([[...started.worked], started.clock.sleeping]).toEqual([[], 0])
})

test.each([
  ['suspend', 'suspended'],
  ['record', 'active'],
] as const)('an agent that deviates, where the setting is %s, is %s', async (onDeviation, state) => {
  await using started = await start({ onDeviation })
  const { id } = await fixture.registered(1, { criteria: { products: ['claude-code'], device: DEVICE } })
  await fixture.report(DEVICE, [claude('1')])
  changes.of('sightings', DEVICE)
  await started.settle()
  expect((await fixture.seen())?.registration).toBe(id)
  await fixture.report(DEVICE, [claude('1', { process: running('/tmp/claude') })])
  changes.of('sightings', DEVICE)
  await started.settle()
  expect([(await fixture.store.registrations.get(id))?.state, failures]).toEqual([state, []])
})
