import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Collection } from './collection/collection.ts'
import { frozenBy } from './enforcement/agents/held-agents.ts'
import { type HandOffsFileComponents, keepHandOffs } from './enforcement/hand-offs-file.ts'
import {
  type OpenEnforcementComponents,
  type OpenedEnforcement,
  openEnforcement,
} from './enforcement/open-enforcement.ts'
import type { EvidenceBuilder } from './evidence/evidence-builder.ts'
import type { Health } from './health/health.ts'

/** Of the system, for stops. */
export interface EnforcementParts
  extends Pick<
    OpenEnforcementComponents,
    'openFreezer' | 'enforcersFolder' | 'agents' | 'processes' | 'network' | 'terminal' | 'drills' | 'exec'
  > {
  readonly handOffs: HandOffsFileComponents['handOffs']
}

export interface OpenStopsComponents {
  readonly clock: Clock
  readonly log: Log
  readonly health: Health
  readonly evidence: EvidenceBuilder
  readonly collection: Collection
  readonly boot: { id(): Promise<string>; uptimeMs(): number }
  /** Absent where agents cannot be stopped. */
  readonly stops?: EnforcementParts | undefined
  readonly directoryTime: () => number | undefined
}

/** Enforces the stops of an earlier run, and those to come. Without `stops` nothing is opened. */
export async function openStops(
  components: OpenStopsComponents,
  { stateFolder }: { readonly stateFolder: string },
): Promise<AsyncDisposable & Partial<Pick<OpenedEnforcement, 'enforcement' | 'drill'>>> {
  const { stops, boot, evidence, collection } = components
  if (stops === undefined) return { async [Symbol.asyncDispose]() {} }
  const init = { stateFolder, bootId: await boot.id() }
  const kept = await keepHandOffs({ ...components, handOffs: stops.handOffs }, init)
  const opened = await openEnforcement(
    {
      ...components,
      ...stops,
      report: (event) => evidence.reportStopEvent(event),
      reportFrozen: (now) => evidence.reportFrozen(frozenBy(now)),
      scan: (options) => collection.scan({ ...options, quick: true }),
    },
    init,
  )
  return {
    ...opened,
    async [Symbol.asyncDispose]() {
      await opened?.close()
      await kept[Symbol.asyncDispose]()
    },
  }
}
