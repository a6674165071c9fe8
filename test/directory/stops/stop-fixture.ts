import { splitJws } from '../../../src/crypto/jws.ts'
import { applyEvidence } from '../../../src/directory/evidence/apply-evidence.ts'
import { EVIDENCE_PROFILE, type Evidence, type Receipt } from '../../../src/protocol/messages/evidence.ts'
import { type Order, orderReader } from '../../../src/protocol/messages/order.ts'
import type { AdministratorRole } from '../../../src/protocol/noun/permissions.ts'
import type { CreatedStop, StopView } from '../../../src/protocol/nouns/agents/stops.ts'
import type { StopReceipt } from '../../../src/protocol/stop.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { seedDevice } from '../../support/directory/seeded-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { ask as askDocumented } from '../http/documented-answers.ts'

/** Stops on the API of a test: its loop runs when a test says so, and its devices answer as a test says. */

export const REASON = 'incident 42'

export const ALL = { kind: 'freeze', selector: { all: true }, reason: REASON } as const

/** Asks as the administrator of the file, or with another token. */
export function stopApi(directory: TestDirectory) {
  const ask = (method: string, path: string, body?: object, token = directory.token) =>
    directory.ask(method, `/api/v1${path}`, { token, ...(body === undefined ? {} : { body }) })
  const create = async (body: object, token?: string) => (await ask('POST', '/stops', body, token)).json as CreatedStop
  return {
    ask,
    create,
    async stopped(body: object, token?: string): Promise<StopView> {
      const { stop } = await create(body, token)
      if (stop === undefined) throw new Error('no stop was created')
      return stop
    },
    get: async (id: string) => (await askDocumented(directory, 'GET', 'getStop', `/stops/${id}`)).json as StopView,
    tokenOf: async (role: AdministratorRole, name: string = role) =>
      (await directory.services.principals.add({ kind: 'administrator', name, role, ttlMs: 86_400_000 }, 'adm_test'))
        .token,
    /** What people and devices did, newest first. */
    acts: async () =>
      (await directory.store.events.list({ limit: 500 }))
        .filter(({ kind }) => kind.startsWith('stop-'))
        .map(({ kind }) => kind),
  }
}
export type StopApi = ReturnType<typeof stopApi>

export const codeIn = ({ json }: { readonly json: unknown }) => (json as { code?: string }).code

/** Devices that enrolled; those of `connected` get orders at once. */
export async function seedDevices(directory: TestDirectory, count: number, connected = count): Promise<string[]> {
  const devices: string[] = []
  for (let at = 0; at < count; at++) {
    devices.push((await seedDevice(directory, testKey(`stopped ${directory.folder} ${at}`))).device)
  }
  for (const device of devices.slice(0, connected)) directory.connected.add(device)
  return devices
}

/** Does all the work that there is. @returns the orders that were sent by it, by device and number. */
export async function work(directory: TestDirectory): Promise<Order[]> {
  directory.delivered.length = 0
  directory.services.stopOrders.check(directory.connected)
  for (let turns = 0; await directory.services.stopOrders.work(); turns++) {
    if (turns > 10_000) throw new Error('the work does not end')
  }
  return directory.delivered
    .map((line) => orderOf(line.split(' ')[1] ?? ''))
    .toSorted((a, b) => (a.device === b.device ? a.number - b.number : a.device < b.device ? -1 : 1))
}

/** The orders that a welcome brings, in it and behind it. */
export async function welcome(directory: TestDirectory, device: string): Promise<Order[]> {
  await directory.services.stopOrders.issueDue(device)
  const stored = await directory.store.devices.get(device)
  if (stored === undefined) throw new Error('no such device')
  const { orders, more } = await directory.services.orders.welcome(stored, stored.lastOrder)
  return [...orders, ...more].map(orderOf)
}

function orderOf(compact: string): Order {
  return orderReader.readCanonicalJson(splitJws('order', compact).payload)
}

export const nothing: StopReceipt = {
  method: 'none',
  agents: [],
  agentCount: 0,
  processCount: 0,
  network: 'none',
  missed: [],
  weaknesses: [],
}

export const frozen = (agents: number, processes: number): StopReceipt => ({
  ...nothing,
  method: 'cgroup2',
  agentCount: agents,
  processCount: processes,
  network: 'cut',
  confirmedAt: 7,
})

export async function answer(
  directory: TestDirectory,
  { id, number, device }: Order,
  changes: Partial<Receipt> = {},
): Promise<void> {
  await report(directory, device, { receipts: [{ order: id, number, outcome: 'done', time: 5, ...changes }] })
}

/** As if a batch of the device had come. */
export async function report(directory: TestDirectory, device: string, changes: Partial<Evidence>): Promise<void> {
  const evidence: Evidence = {
    eat_profile: EVIDENCE_PROFILE,
    sub: device,
    iat: 1,
    epoch: 1,
    sequence: 2,
    previous: 'A'.repeat(43),
    bootId: 'boot',
    uptimeMs: 1,
    ...changes,
  }
  await directory.store.transaction(() =>
    applyEvidence(directory.store, { device, evidence, at: directory.clock.now() }),
  )
}
