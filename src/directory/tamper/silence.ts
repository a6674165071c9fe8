import type { Clock } from '../../base/clock.ts'
import type { ActivityStore } from '../activity/activity.ts'
import type { Device } from '../devices/device.ts'
import { DEFAULT_SILENCE_MS, type Policy } from '../policy/policy.ts'
import type { SilenceStore } from './tamper-store.ts'

/** Notices devices from which nothing comes any more: a daemon that was stopped for good reports nothing. */

export interface SilenceComponents {
  readonly store: {
    readonly activity: ActivityStore
    readonly silence: SilenceStore
    readonly devices: { get(id: string): Promise<Device | undefined> }
    transaction<T>(work: () => Promise<T>): Promise<T>
  }
  readonly clock: Pick<Clock, 'now'>
  readonly policies: { policyOf(device: Device): Policy; readonly shortestSilenceMs: number }
}

const AT_ONCE = 200

/** Looks at all devices, then for those that came back. @returns the work of a worker. */
export function noticing(components: SilenceComponents): () => Promise<boolean> {
  let next: string | undefined = ''
  return async () => {
    const after = next
    // What fails begins again with the first device.
    next = ''
    if (after === undefined && !(await noticeReturns(components))) return false
    next = after === undefined ? undefined : await noticeSilence(components, after)
    return true
  }
}

/** Looks at the next devices in one transaction. @returns where to continue; undefined at the end. */
export function noticeSilence(
  { store, clock, policies }: SilenceComponents,
  after: string,
): Promise<string | undefined> {
  return store.transaction(async () => {
    const now = clock.now()
    const { shortestSilenceMs } = policies
    if (!Number.isFinite(shortestSilenceMs)) return undefined
    const page = await store.silence.quiet({ heardBefore: now - shortestSilenceMs, after, limit: AT_ONCE })
    for (const { device: id, heardAt } of page) {
      const device = await store.devices.get(id)
      if (device === undefined) continue
      const { silentAfterMs = DEFAULT_SILENCE_MS } = policies.policyOf(device)
      if (now - heardAt <= silentAfterMs) continue
      await store.silence.put(id, { heardAt, noticedAt: now })
      await store.activity.add({ at: now, kind: 'device-silent', device: id, detail: { heardAt, silentAfterMs } })
    }
    return page.length < AT_ONCE ? undefined : page.at(-1)?.device
  })
}

/** Ends silences in one transaction. @returns whether there may be more. */
export function noticeReturns({ store, clock }: SilenceComponents): Promise<boolean> {
  return store.transaction(async () => {
    const page = await store.silence.over(AT_ONCE)
    for (const { device, heardAt, silentSince = heardAt, status } of page) {
      await store.silence.remove(device)
      if (status === 'retired' || heardAt <= silentSince) continue
      const detail = { silentSince, silentMs: heardAt - silentSince }
      await store.activity.add({ at: clock.now(), kind: 'device-heard-again', device, detail })
    }
    return page.length === AT_ONCE
  })
}
