import { closed, counter, type Static, Type, text } from '../base/schema.ts'
import { deviceFindingSchema } from '../protocol/api-devices.ts'
import { verdictReasonSchema, verdictSchema } from '../protocol/attestation-result.ts'
import { deviceIdSchema } from '../protocol/ids.ts'
import {
  agentFileSightingSchema,
  agentSightingSchema,
  extensionSightingSchema,
  mcpServerSightingSchema,
  modelRuntimeSightingSchema,
  sourceReportSchema,
} from '../protocol/sighting.ts'
import { tierSchema } from '../protocol/tier.ts'

/** What `npm start -- --once --json` prints: one cycle as the directory has it. Versioned by `schema`. */
export const startDocumentSchema = closed({
  schema: Type.Literal('surety/start@1'),
  device: closed({ id: deviceIdSchema, tier: tierSchema, epoch: counter(), hostname: text(256) }),
  verdict: verdictSchema,
  reasons: Type.Array(verdictReasonSchema),
  findings: Type.Array(deviceFindingSchema),
  agents: Type.Array(agentSightingSchema),
  extensions: Type.Array(extensionSightingSchema),
  mcpServers: Type.Array(mcpServerSightingSchema),
  runtimes: Type.Array(modelRuntimeSightingSchema),
  agentFiles: Type.Array(agentFileSightingSchema),
  sources: Type.Array(sourceReportSchema),
  directory: closed({ api: text(300), devices: text(300), profile: text(4096) }),
  /** Milliseconds from the start of this run to the end of each phase. */
  timings: Type.Record(Type.String({ pattern: '^[a-zA-Z]+$' }), Type.Number({ minimum: 0 })),
})
export type StartDocument = Static<typeof startDocumentSchema>
