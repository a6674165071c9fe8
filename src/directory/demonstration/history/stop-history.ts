import type { StopRequest } from '../../../protocol/nouns/agents/stops.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../company/devices.ts'
import { administratorOf, type HistoryParts, type Post } from './history-parts.ts'

/** Stops: one in force that silent devices have not answered, one that waits for a second person, one that was released, drills. */
export function planStops(parts: HistoryParts): void {
  const { timeline, now, devices } = parts
  if (devices.length === 0) return
  timeline.act(now - 25 * DAY_MS, () =>
    stop(parts, 'lead', { kind: 'drill', selector: { device: deviceAt(parts, 0) }, reason: 'first drill' }),
  )
  planReleased(parts)
  timeline.act(now - 26 * HOUR_MS, () => freezeGroup(parts))
  timeline.act(now - 50 * MINUTE_MS, async () => {
    const reason = 'code freeze until the release is out'
    await stop(parts, 'second', { kind: 'freeze', selector: { all: true }, reason })
  })
}

/** @returns the id. A second person confirms it where it needs one. */
async function stop(parts: HistoryParts, post: Post, request: StopRequest): Promise<string> {
  const created = await parts.services.stops.create(request, administratorOf(parts, post))
  await parts.settle()
  return created.stop?.id ?? ''
}

async function confirm(parts: HistoryParts, id: string, what: 'stop' | 'release'): Promise<void> {
  const view = await parts.services.stops.get(id)
  if (view.state !== (what === 'stop' ? 'waiting' : 'release-waiting')) return
  await parts.services.stops.confirm(id, what, administratorOf(parts, 'second'))
  await parts.settle()
}

function planReleased(parts: HistoryParts): void {
  const { timeline, now } = parts
  let id = ''
  timeline.act(now - 12 * DAY_MS, async () => {
    const selector = await groupOf(parts, 'Design')
    id = await stop(parts, 'lead', {
      kind: 'freeze',
      selector,
      reason: 'drafts of a customer went to a model of a stranger',
    })
  })
  timeline.act(now - 12 * DAY_MS + 6 * MINUTE_MS, () => confirm(parts, id, 'stop'))
  timeline.act(now - 12 * DAY_MS + 3 * HOUR_MS, async () => {
    await parts.services.stops.release(id, 'the model was one of ours', administratorOf(parts, 'lead'))
    await confirm(parts, id, 'release')
    await parts.settle()
  })
}

async function freezeGroup(parts: HistoryParts): Promise<void> {
  const reason = 'no agent reads the customer data until the audit is over'
  const id = await stop(parts, 'lead', { kind: 'freeze', selector: await groupOf(parts, 'Data Science'), reason })
  parts.clock.set(parts.clock.now() + 4 * MINUTE_MS)
  await confirm(parts, id, 'stop')
}

/** In a company without such people, one device. */
async function groupOf(parts: HistoryParts, name: string): Promise<StopRequest['selector']> {
  const group = parts.devices.length > 100 ? await parts.store.groups.byName(name) : undefined
  return group === undefined ? { device: deviceAt(parts, 1), product: 'cursor' } : { group: group.id }
}

function deviceAt({ known, devices }: HistoryParts, at: number): string {
  const id = known.devices.get(Math.min(at, devices.length - 1))
  if (id === undefined) throw new RangeError(`the device ${at} has not enrolled yet`)
  return id
}
