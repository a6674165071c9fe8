import type { TamperSign } from '../../protocol/tamper.ts'
import { type ActivityStore, recordBounded } from '../activity/activity.ts'
import type { TamperStore } from './tamper-store.ts'

/** Keeps the signs of one batch, and records each as activity. */
export async function takeInSigns(
  store: { readonly activity: ActivityStore; readonly tamper: TamperStore },
  device: string,
  { signs, at }: { readonly signs: readonly TamperSign[]; readonly at: number },
): Promise<void> {
  for (const sign of signs) {
    await store.tamper.add(device, sign, at)
    const { kind: what, time, names, ...rest } = sign
    const detail = {
      what,
      deviceTime: time,
      ...rest,
      ...(names === undefined ? {} : { names: names.join(', ') }),
    }
    await recordBounded(store, { at, kind: 'tamper-sign', device, detail })
  }
}
