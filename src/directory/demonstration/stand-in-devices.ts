import type { Clock } from '../../base/clock.ts'
import { splitJws } from '../../crypto/jws.ts'
import type { Random } from '../../protocol/ids.ts'
import { EVIDENCE_PROFILE, type Evidence, type Receipt } from '../../protocol/messages/evidence.ts'
import { type Order, orderReader } from '../../protocol/messages/order.ts'
import type { AgentSighting } from '../../protocol/sighting.ts'
import type { StopReceipt, StopSelector } from '../../protocol/stop.ts'
import { NO_HEAD } from '../devices/device.ts'
import type { DeviceStore, SightingQueries } from '../devices/device-store.ts'
import type { Results } from '../devices/results.ts'
import { applyEvidence } from '../evidence/apply-evidence.ts'
import type { EvidenceStore } from '../evidence/evidence-store.ts'
import type { LiveSession, Sessions } from '../ingress/sessions.ts'
import type { Changes } from '../workers/changes.ts'

/** Stands in for the devices of a demonstration: they are connected, attest, and answer orders as a daemon would. */

export interface StandInComponents {
  readonly store: EvidenceStore & {
    readonly devices: Pick<DeviceStore, 'get' | 'putAttestation' | 'markForked'>
    readonly sightings: Pick<SightingQueries, 'page'>
  }
  readonly live: Pick<Sessions, 'enter' | 'leave' | 'get'>
  readonly results: Pick<Results, 'refresh'>
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  readonly random: Random
  readonly changes: Pick<Changes, 'of'>
}

export interface StandInDevices {
  connect(device: string): void
  disconnect(device: string): void
  /** Answers orders that wait for long enough. @returns how many are answered. */
  answerSome(): Promise<number>
  /** Attests for devices that have not for half an hour. @returns how many. */
  attestSome(): Promise<number>
}

export interface StandInInit {
  /** A device answers an order at some time before this one. */
  readonly answerWithinMs: number
}

/** In one transaction: evidence of others waits as long. */
const AT_ONCE = 50
const ATTEST_EVERY_MS = 30 * 60_000
const MOST_AGENTS = 500

export function standInDevices(components: StandInComponents, { answerWithinMs }: StandInInit): StandInDevices {
  const { store, live, results, clock, random, changes } = components
  const connected = new Map<string, { readonly session: LiveSession; attestedAt: number }>()
  const orders: { readonly device: string; readonly order: Order; readonly dueAt: number }[] = []
  const take = (compact: string, device: string) => {
    const order = orderReader.readCanonicalJson(splitJws('order', compact).payload)
    const [part = 0] = random(1)
    orders.push({ device, order, dueAt: clock.monotonic() + (answerWithinMs * part) / 256 })
  }
  return {
    connect(device) {
      const session: LiveSession = {
        device,
        epoch: 1,
        sendOrder: (compact) => take(compact, device),
        sendResult: async () => undefined,
        end: () => disconnect(device),
      }
      connected.set(device, { session, attestedAt: 0 })
      live.enter(session)
    },
    disconnect,
    async answerSome() {
      const now = clock.monotonic()
      const due = orders.filter(({ dueAt }) => dueAt <= now).slice(0, AT_ONCE)
      if (due.length === 0) return 0
      await store.transaction(async () => {
        for (const { device, order } of due) await answerOrder(store, device, { order, at: clock.now() })
      })
      for (const one of due) {
        orders.splice(orders.indexOf(one), 1)
        changes.of('receipts', one.device)
        changes.of('sightings', one.device)
      }
      return due.length
    },
    async attestSome() {
      const at = clock.now()
      const due = [...connected].filter(([, { attestedAt }]) => at - attestedAt >= ATTEST_EVERY_MS).slice(0, AT_ONCE)
      if (due.length === 0) return 0
      await store.transaction(async () => {
        for (const [device] of due) {
          await store.devices.putAttestation(device, { at })
          await store.findings.markReported(device, at)
          await results.refresh(device)
        }
      })
      for (const [, one] of due) one.attestedAt = at
      return due.length
    },
  }

  function disconnect(device: string): void {
    const one = connected.get(device)
    if (one === undefined) return
    connected.delete(device)
    live.leave(one.session)
  }
}

/** What a device of a demonstration says. It is stored as a real report would be, but no key signed it. */
export function reportOf(device: string, at: number, content: Partial<Evidence>): Evidence {
  return {
    eat_profile: EVIDENCE_PROFILE,
    sub: device,
    iat: Math.floor(at / 1000),
    epoch: 1,
    sequence: 1,
    previous: NO_HEAD,
    bootId: 'demonstration',
    uptimeMs: 0,
    ...content,
  }
}

/** Inside the caller's transaction. */
async function answerOrder(
  store: StandInComponents['store'],
  device: string,
  { order, at }: { readonly order: Order; readonly at: number },
): Promise<void> {
  const known = await store.devices.get(device)
  if (known === undefined || known.status === 'retired') return
  const { items } = await store.sightings.page(device, { kind: 'agent', limit: MOST_AGENTS })
  const agents = items.flatMap(({ sighting }) => (sighting.kind === 'agent' ? [sighting] : []))
  const { changed, gone = [], stop } = outcomeOf(order, agents, known.label.platform)
  const { id, number } = order
  const receipt: Receipt = { order: id, number, outcome: 'done', time: at, ...(stop === undefined ? {} : { stop }) }
  const evidence = reportOf(device, at, {
    receipts: [receipt],
    sightings: { mode: 'delta', items: [...changed], gone: [...gone] },
  })
  await applyEvidence(store, { device, evidence, at })
}

interface Outcome {
  readonly changed: readonly AgentSighting[]
  /** Ids of agents that have ended. */
  readonly gone?: readonly string[]
  readonly stop?: StopReceipt
}

function outcomeOf({ kind, stop, reason }: Order, agents: readonly AgentSighting[], platform: string): Outcome {
  if (kind === 'release') {
    const changed = agents.filter(({ frozenBy = [] }) => frozenBy.some((one) => one.stop === stop?.id))
    return { changed: changed.map((agent) => withoutStop(agent, stop?.id)), stop: receiptOf(changed, platform) }
  }
  if (kind === 'drill') return { changed: [], stop: { ...receiptOf([], platform), ...CANARY } }
  if (stop?.selector === undefined) return { changed: [] }
  const { id, selector, by } = stop
  const matching = agents.filter((agent) => agent.state === 'running' && matches(selector, agent))
  const receipt = receiptOf(matching, platform)
  if (kind === 'retire') return { changed: [], gone: matching.map((agent) => agent.id), stop: receipt }
  return {
    changed: matching.map((agent) => ({ ...agent, frozenBy: [...(agent.frozenBy ?? []), { stop: id, by, reason }] })),
    stop: receipt,
  }
}

const CANARY = { agentCount: 1, processCount: 1, network: 'cut' } as const

function withoutStop({ frozenBy = [], ...agent }: AgentSighting, stop: string | undefined): AgentSighting {
  const left = frozenBy.filter((one) => one.stop !== stop)
  return left.length === 0 ? agent : { ...agent, frozenBy: left }
}

function matches(selector: StopSelector, agent: AgentSighting): boolean {
  const { id, catalogueId, name, user } = agent
  const isOf = (products: readonly string[]) => products.includes(catalogueId ?? name.slice(0, 64))
  switch (selector.select) {
    case 'all':
      return true
    case 'agent':
      return selector.agent === id
    case 'product':
      return isOf([selector.product])
    case 'user':
      return selector.user === user?.name
    case 'match': {
      const { products, users, workspaces, executables } = selector
      return (
        (products === undefined || isOf(products)) &&
        (users === undefined || users.includes(user?.name ?? '')) &&
        (workspaces === undefined || workspaces.includes(agent.workspace ?? '')) &&
        (executables === undefined || executables.includes(agent.process?.executable ?? ''))
      )
    }
    default:
      return selector satisfies never
  }
}

function receiptOf(agents: readonly AgentSighting[], platform: string): StopReceipt {
  const isLinux = platform === 'linux'
  const stopped = agents.map(({ id, catalogueId, name, user, parts = [] }) => ({
    agent: id,
    product: (catalogueId ?? name).slice(0, 64),
    user: user?.name ?? '',
    processes: parts.map(({ pid, startTicks, executable }) => ({ pid, startedAt: startTicks, executable })),
  }))
  return {
    method: agents.length === 0 ? 'none' : isLinux ? 'cgroup2' : 'suspend',
    agents: stopped.slice(0, 32),
    agentCount: agents.length,
    processCount: stopped.reduce((sum, { processes }) => sum + processes.length, 0),
    network: agents.length === 0 ? 'none' : 'cut',
    missed: [],
    weaknesses: agents.length === 0 || isLinux ? [] : ['suspend'],
  }
}
