import type { Clock } from '../../base/clock.ts'
import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { ActivityStore } from '../activity/activity.ts'
import type { Device } from '../devices/device.ts'
import { DEFAULT_SILENCE_MS, type Policy } from '../policy/policy.ts'
import type { SilenceStore } from './tamper-store.ts'

/** Notices devices from which nothing comes any more: a daemon that was stopped for good reports nothing. */

export interface SilenceComponents {
  readonly store: {
    readonly activity: ActivityStore
    readonly silence: SilenceStore
    readonly devices: { get(id: string): Device | undefined }
    transaction<T>(work: () => T): T
  }
  readonly clock: Pick<Clock, 'now' | 'sleep'>
  readonly log: Pick<Log, 'error'>
  readonly policies: { policyOf(device: Device): Policy; readonly shortestSilenceMs: number }
}

const EVERY_MS = 60_000
/** Ten thousand devices spread their return. */
const FIRST_MS = 15 * 60_000
const AT_ONCE = 200

/** Runs until the signal is aborted. The first look is after the devices had time to come back to a directory that was away. */
export async function keepNoticingSilence(
  components: SilenceComponents,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const { clock, log } = components
  for (let waitMs = FIRST_MS; !signal.aborted; waitMs = EVERY_MS) {
    await clock.sleep(waitMs, { signal }).catch(() => undefined)
    try {
      for (let after: string | undefined = ''; after !== undefined && !signal.aborted; ) {
        after = noticeSilence(components, after)
        await new Promise((resolve) => setImmediate(resolve))
      }
      while (!signal.aborted && noticeReturns(components)) await new Promise((resolve) => setImmediate(resolve))
    } catch (error) {
      log.error('the look for silent devices was interrupted', { reason: describeError(error) })
    }
  }
}

/** Looks at the next devices in one transaction. @returns where to go on; undefined at the end. */
export function noticeSilence({ store, clock, policies }: SilenceComponents, after: string): string | undefined {
  return store.transaction(() => {
    const now = clock.now()
    const { shortestSilenceMs } = policies
    if (!Number.isFinite(shortestSilenceMs)) return undefined
    const page = store.silence.quiet({ heardBefore: now - shortestSilenceMs, after, limit: AT_ONCE })
    for (const { device: id, heardAt } of page) {
      const device = store.devices.get(id)
      if (device === undefined) continue
      const { silentAfterMs = DEFAULT_SILENCE_MS } = policies.policyOf(device)
      if (now - heardAt <= silentAfterMs) continue
      store.silence.put(id, { heardAt, noticedAt: now })
      store.activity.add({ at: now, kind: 'device-silent', device: id, detail: { heardAt, silentAfterMs } })
    }
    return page.length < AT_ONCE ? undefined : page.at(-1)?.device
  })
}

/** Ends silences in one transaction. @returns whether there may be more. */
export function noticeReturns({ store, clock }: SilenceComponents): boolean {
  return store.transaction(() => {
    const page = store.silence.over(AT_ONCE)
    for (const { device, heardAt, silentSince = heardAt, status } of page) {
      store.silence.remove(device)
      if (status === 'retired' || heardAt <= silentSince) continue
      const detail = { silentSince, silentMs: heardAt - silentSince }
      store.activity.add({ at: clock.now(), kind: 'device-heard-again', device, detail })
    }
    return page.length === AT_ONCE
  })
}
