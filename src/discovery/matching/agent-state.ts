import { closed, counter, type Static, Type, text, words } from '../../base/schema.ts'
import { timeSchema } from '../../protocol/ids.ts'
import { accountSchema, autonomySchema, userSchema } from '../../protocol/sighting.ts'

export const MAX_PID_FILES = 64

/** What a project's own settings say of one agent, and those above it that count there. */
const projectStateSchema = closed({
  workspace: text(4096),
  autonomy: autonomySchema,
  /** It acts without asking there only if the agent was told to trust the project: it was, or that is not known. */
  trust: Type.Optional(words('given', 'unknown')),
})
export type ProjectState = Static<typeof projectStateSchema>

/** What a home, or the settings of the machine, say of one agent, whether it is installed there or not. Stays on the device. */
export const agentStateSchema = closed({
  catalogueId: text(64),
  /** Absent for what an administrator set for everybody. */
  user: Type.Optional(userSchema),
  account: Type.Optional(accountSchema),
  autonomy: Type.Optional(autonomySchema),
  /** Where a project's own settings say something else or something more. */
  projects: Type.Optional(Type.Array(projectStateSchema, { maxItems: 200 })),
  lastUsedAt: Type.Optional(timeSchema),
  /** Files that name a process of it, which may have ended since. */
  pidFiles: Type.Optional(
    Type.Array(closed({ path: text(4096), pid: counter(), startTicks: counter() }), { maxItems: MAX_PID_FILES }),
  ),
})
export type AgentState = Static<typeof agentStateSchema>

/** So many agents of one home are told of. */
export const MAX_STATES = 256
