import type { DirectoryInit } from './directory-init.ts'
import { keepEnding } from './humans/keep-ending.ts'
import { keepReappraised } from './policies/reappraisal.ts'
import { keepReviewing } from './reviews/keep-reviewing.ts'
import { keepDeciding } from './rules/deciding.ts'
import { keepMatching } from './seen/keep-matching.ts'
import type { BaseComponents, Services } from './services.ts'
import { keepOrdering } from './stops/keep-ordering.ts'
import type { DirectoryStore } from './store/directory-store.ts'
import { keepNoticingSilence } from './tamper/silence.ts'
import type { WebhookServices } from './webhook-services.ts'
import { keepDelivering } from './webhooks/keep-delivering.ts'
import { keepSweeping } from './zombies/zombies.ts'

/** Starts the loops of the services. Disposing of them waits until each has ended. */
export function keepServices(
  components: BaseComponents & {
    readonly store: DirectoryStore
    readonly services: Services
    readonly hooks: WebhookServices
  },
  init: Pick<DirectoryInit, 'onDeviation'>,
): AsyncDisposable {
  const { services, hooks, store } = components
  const parts = { ...components, ...services }
  const stopped = new AbortController()
  const { signal } = stopped
  const reappraisal = keepReappraised(parts, { signal })
  services.policies.onChange(reappraisal.wake)
  const finish = () => services.registrations.finishRetirements()
  const ordering = keepOrdering({ ...parts, connected: () => services.live.devices(), finish }, { signal })
  services.onStops(ordering.wake)
  const matching = keepMatching(parts, { ...init, signal })
  services.onSeen(matching.wake)
  const deciding = keepDeciding(parts, { signal })
  services.rules.onChange(deciding.wake)
  services.onRules(deciding.wake)
  const sweeping = keepSweeping(parts, { signal })
  services.onSweep(sweeping.wake)
  const reviewing = keepReviewing(parts, { signal })
  services.onReviews(reviewing.wake)
  const ending = keepEnding(parts, { signal })
  const delivering = keepDelivering(
    { ...components, delivering: hooks.webhookDelivering, webhooks: store.webhooks.list },
    { signal },
  )
  const noticing = keepNoticingSilence(parts, { signal })
  const loops = [reappraisal, ordering, matching, deciding, sweeping, reviewing].map(({ ended }) => ended)
  return {
    async [Symbol.asyncDispose]() {
      stopped.abort()
      await Promise.all([...loops, ending, delivering, noticing])
    },
  }
}
