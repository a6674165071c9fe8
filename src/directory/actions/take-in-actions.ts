import { type ActionReport, toolWords } from '../../protocol/gate/action.ts'
import { type ActivityStore, recordBounded } from '../activity/activity.ts'
import type { ActionArrivalStore } from './action-store.ts'

/** Of one device. The batches keep all. */
export const MOST_ACTIONS = 5_000

interface TakeInActionsStore {
  readonly actions: ActionArrivalStore
  readonly activity: ActivityStore
}

/** Keeps the actions of one batch. Each that did not happen is activity, once. Inside the caller's transaction. */
export async function takeInActions(
  store: TakeInActionsStore,
  device: string,
  { actions, at }: { readonly actions: readonly ActionReport[]; readonly at: number },
): Promise<void> {
  for (const action of actions) {
    if (!(await store.actions.add(device, action, at))) continue
    const { id, time, client, user, decision, rules, approval } = action
    if (decision === 'allowed' || decision === 'approved') continue
    const detail = {
      action: id,
      decision,
      client,
      tool: toolWords(action),
      user: user.name,
      rules: rules.join(', '),
      approval,
      deviceTime: time,
    }
    await recordBounded(store, { at, kind: 'action-denied', device, detail })
  }
  await store.actions.forget(device, MOST_ACTIONS)
}
