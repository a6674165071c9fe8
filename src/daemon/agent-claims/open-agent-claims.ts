import { randomBytes } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { closed, reader, Type } from '../../base/schema.ts'
import type { ClaimDecision } from '../../protocol/agent-claim.ts'
import { deviceClaimSchema } from '../../protocol/messages/control.ts'
import type { EvidenceBuilder } from '../evidence/evidence-builder.ts'
import type { Health } from '../health/health.ts'
import type { State } from '../state/state.ts'
import { stateFile } from '../state/state-file.ts'
import { type AgentClaims, agentClaims } from './agent-claims.ts'

export interface OpenAgentClaimsComponents {
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  readonly health: Health
  readonly state: Pick<State, 'identity'>
  readonly evidence: Pick<EvidenceBuilder, 'current' | 'reportAgentClaims'>
}

export interface OpenedAgentClaims extends Omit<AgentClaims, 'decided'> {
  /** As `AgentClaims.decided`. What cannot be written down comes again with the next result. */
  readonly decided: (decisions: readonly ClaimDecision[]) => void
}

const SCHEMA = 'surety/agent-claims@1'
const MAX_BYTES = 4 * 1024 * 1024

const claimsReader = reader(
  closed({ schema: Type.Literal(SCHEMA), claims: Type.Array(deviceClaimSchema, { maxItems: 512 }) }),
  { name: 'agent-claims.json', limits: { maxBytes: MAX_BYTES, maxDepth: 8 } },
)

/**
 * Reads the claims of earlier runs, and reports those that are open. A damaged file is set aside: the directory still has what
 * it received.
 *
 * @throws `STORE_FAILED` when the state folder cannot be read.
 */
export async function openAgentClaims(
  components: OpenAgentClaimsComponents,
  { stateFolder: folder }: { readonly stateFolder: string },
): Promise<OpenedAgentClaims> {
  const { clock, log, health, state, evidence } = components
  const onSetAside = (path: string, cause: unknown) => {
    log.error('damaged state file set aside', { path, reason: describeError(cause) })
    health.raise('STATE_DAMAGED')
  }
  const file = stateFile(
    { clock, onSetAside },
    { folder, name: 'agent-claims.json', reader: claimsReader, maxBytes: MAX_BYTES },
  )
  const claims = agentClaims(
    {
      now: () => clock.now(),
      random: randomBytes,
      sightings: () => evidence.current.sightings,
      isEnrolled: () => state.identity !== undefined,
      save: (next) => file.write({ schema: SCHEMA, claims: [...next] }),
      onOpen: (open) => evidence.reportAgentClaims(open),
    },
    (await file.read())?.claims ?? [],
  )
  evidence.reportAgentClaims(claims.open)
  return {
    claim: claims.claim,
    list: claims.list,
    get open() {
      return claims.open
    },
    decided(decisions) {
      claims.decided(decisions).catch((error: unknown) => {
        log.error('decisions about claims could not be written down', { reason: describeError(error) })
      })
    },
  }
}
