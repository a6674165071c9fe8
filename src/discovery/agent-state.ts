import { closed, type Static, Type, text } from '../base/schema.ts'
import { timeSchema } from '../protocol/ids.ts'
import { accountSchema, autonomySchema, userSchema } from '../protocol/sighting.ts'

/** What a home, or the settings of the machine, say of one agent, whether it is installed there or not. Stays on the device. */
export const agentStateSchema = closed({
  catalogueId: text(64),
  /** Absent for what an administrator set for everybody. */
  user: Type.Optional(userSchema),
  account: Type.Optional(accountSchema),
  autonomy: Type.Optional(autonomySchema),
  /** Where a project's own settings say something else or something more. */
  projects: Type.Optional(Type.Array(closed({ workspace: text(4096), autonomy: autonomySchema }), { maxItems: 200 })),
  lastUsedAt: Type.Optional(timeSchema),
})
export type AgentState = Static<typeof agentStateSchema>

/** So many agents of one home are told of. */
export const MAX_STATES = 256
