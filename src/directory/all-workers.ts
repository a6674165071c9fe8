import type { DirectoryInit } from './directory-init.ts'
import { keepingHistory } from './history/history.ts'
import type { MessageServices } from './message-services.ts'
import { enterUnanswered } from './orders/unanswered.ts'
import { reappraiseSome } from './policy-versions/reappraisal.ts'
import { forwarding } from './record/forwarding/forwarding.ts'
import type { Outlet } from './record/forwarding/outlet.ts'
import type { LogKey } from './record/log-key.ts'
import { removing } from './record/retention.ts'
import { sequenceSome } from './record/sequencer.ts'
import { gatherCosignatures } from './record/witnesses/gather.ts'
import type { Witness } from './record/witnesses/witness-client.ts'
import { decideSome } from './rule-versions/deciding.ts'
import { matchSome, type SeenWorkComponents, suspendDeviating } from './seen/rematching.ts'
import type { BaseComponents, Services } from './services.ts'
import { ordering } from './stops/stop-orders.ts'
import type { DirectoryStore } from './store/directory-store.ts'
import { noticing } from './tamper/silence.ts'
import type { WebhookServices } from './webhook-services.ts'
import { deliveries } from './webhooks/deliver.ts'
import type { Topics } from './workers/changes.ts'
import { type WorkerInit, worker } from './workers/worker.ts'
import { sweeping } from './zombies/zombies.ts'

interface Row extends WorkerInit {
  readonly wokenBy?: readonly (keyof Topics)[]
}

/** Starts the workers of the services. Disposing of them waits until each has ended. */
export function startWorkers(
  components: BaseComponents & {
    readonly store: DirectoryStore
    readonly services: Services
    readonly hooks: WebhookServices
    readonly messaging: MessageServices
    readonly logKey: LogKey
    readonly recordWitnesses: readonly Witness[]
    readonly outlets: readonly Outlet[]
  },
  { onDeviation, recordKeepDays = 0 }: Pick<DirectoryInit, 'onDeviation' | 'recordKeepDays'>,
): AsyncDisposable {
  const { services, hooks, messaging, store, changes, outlets, recordWitnesses } = components
  const parts = { ...components, ...services }
  const stopped = new AbortController()
  const { signal } = stopped
  const onDeviated: SeenWorkComponents['onDeviated'] =
    onDeviation === 'suspend' ? (seen) => suspendDeviating(parts, seen) : undefined
  const sending = deliveries(
    { ...components, delivering: hooks.webhookDelivering, webhooks: () => store.webhooks.list() },
    { signal },
  )
  const telling = deliveries(
    {
      ...components,
      delivering: messaging.messageSending,
      webhooks: async () => messaging.messageMedia,
      failure: 'messages could not be sent',
    },
    { signal },
  )
  const forwards = deliveries(
    {
      ...components,
      delivering: forwarding(components, outlets),
      webhooks: async () => outlets.map(({ name }) => ({ id: name })),
      failure: 'the record could not be forwarded',
    },
    { signal },
  )
  const rows: readonly Row[] = [
    {
      wokenBy: ['policies'],
      work: () => reappraiseSome(parts),
      // A grace or an exemption that ends changes the verdict at once. What waits is only which verdict comes next.
      everyMs: 5_000,
      failure: 'results could not be re-evaluated',
    },
    {
      wokenBy: ['registrations', 'stops', 'receipts'],
      work: ordering({
        ...parts,
        connected: () => services.live.devices(),
        finish: () => services.registrations.finishRetirements(),
      }),
      // A stop that ends, an order that failed or expired unanswered.
      everyMs: 5_000,
      failure: 'orders of stops could not be issued',
    },
    {
      wokenBy: ['registrations', 'seen', 'sightings'],
      work: () => matchSome({ ...parts, onDeviated }),
      // Accounts, and ends of what is ignored.
      everyMs: 5_000,
      failure: 'seen agents could not be matched',
    },
    {
      wokenBy: ['rules', 'registrations', 'sightings'],
      work: () => decideSome(parts),
      everyMs: 5_000,
      failure: 'rules could not decide',
    },
    {
      work: () => services.decisions.settle(),
      everyMs: 60_000,
      failure: 'how often access was asked for could not be recorded',
    },
    {
      wokenBy: ['sweeps'],
      work: sweeping(parts),
      everyMs: 60_000,
      failure: 'the sweep for zombies was interrupted',
    },
    {
      wokenBy: ['reviews'],
      work: () => services.reviews.workSome(),
      // A review is over at most this much later than it is due.
      everyMs: 30_000,
      failure: 'a step of a review was interrupted',
    },
    {
      wokenBy: ['approvals'],
      work: () => services.approvals.settle(),
      // Reads compare the end themselves. This only puts it on the record.
      everyMs: 5_000,
      failure: 'approvals past their end could not be recorded',
    },
    {
      work: () => services.serviceAccounts.endExpired(),
      // Reads compare the end themselves. This only puts it on the record.
      everyMs: 60_000,
      failure: 'service accounts past their end could not be ended',
    },
    {
      work: sending.begin,
      // An event is sent within this time, and a moment.
      everyMs: 1_000,
      failure: 'webhooks could not be read',
    },
    {
      wokenBy: ['stops', 'approvals'],
      work: () => messaging.messageQueue.queueUrgent(),
      // A stop that ends is told this much later.
      everyMs: 30_000,
      failure: 'urgent messages could not be made',
    },
    {
      work: () => messaging.messageQueue.queueDigest(),
      everyMs: 10_000,
      failure: 'the digest was interrupted',
    },
    {
      work: telling.begin,
      everyMs: 1_000,
      failure: 'messages could not be read',
    },
    {
      work: () => sequenceSome(parts),
      // An entry has its proof within this time, and a moment.
      everyMs: 1_000,
      failure: 'entries of the record wait for their index and checkpoint',
    },
    {
      work: async () => {
        await gatherCosignatures(parts, recordWitnesses, { signal })
        return false
      },
      everyMs: 10_000,
      failure: 'the record could not be cosigned',
    },
    {
      work: forwards.begin,
      everyMs: 1_000,
      failure: 'the record could not be read to forward it',
    },
    {
      work: removing(parts, recordKeepDays),
      everyMs: 3_600_000,
      failure: 'content of the record whose time is over could not be removed',
    },
    {
      work: () => enterUnanswered(parts),
      everyMs: 60_000,
      failure: 'orders without an answer could not be entered into the record',
    },
    {
      work: keepingHistory(parts),
      everyMs: 60_000,
      // Until then devices that were connected to the directory before it started again are back.
      firstAfterMs: 5 * 60_000,
      failure: 'the counts of the hour could not be kept',
    },
    {
      work: noticing(parts),
      everyMs: 60_000,
      // Devices have time to come back to a directory that was away. Ten thousand spread their return.
      firstAfterMs: 15 * 60_000,
      failure: 'the look for silent devices was interrupted',
    },
  ]
  const workers = rows.map(({ wokenBy = [], ...init }) => {
    const started = worker(components, init, { signal })
    for (const topic of wokenBy) changes.on(topic, started.wake)
    return started
  })
  return {
    async [Symbol.asyncDispose]() {
      stopped.abort()
      await Promise.all(workers.map(({ ended }) => ended))
      await Promise.all([sending.ended(), telling.ended(), forwards.ended()])
    },
  }
}
