import { ABSOLUTE_PATH } from '../base/absolute-path.ts'
import { closed, counter, reader, type Static, Type, text, words } from '../base/schema.ts'
import { MAX_NAMED_PROFILES } from '../discovery/browsers/named-profiles.ts'
import { catalogueSchema } from '../discovery/catalogue/catalogue.ts'
import { DISCOVERY_TASKS } from '../discovery/files/scan-tasks.ts'
import { MAX_WORKED_IN } from '../discovery/homes/recent-workspaces.ts'
import { agentStateSchema, MAX_STATES } from '../discovery/matching/agent-state.ts'
import { MAX_LAUNCHES, serverLaunchSchema } from '../discovery/mcp/configured-servers.ts'
import { MAX_BLOBS, modelBlobSchema } from '../discovery/runtimes/model-blobs.ts'
import { sightingSchema, sourceReportSchema, userSchema } from '../protocol/sighting.ts'

/** What crosses the pipe between the daemon and the child that reads one home. */

const READER_TASKS = [...DISCOVERY_TASKS, 'screen-lock'] as const
export type ReaderTask = (typeof READER_TASKS)[number]

const namedProfileSchema = closed({
  family: words('chromium', 'firefox'),
  product: text(64),
  path: Type.String({ pattern: ABSOLUTE_PATH, maxLength: 1024 }),
  apart: Type.Optional(Type.Literal(true)),
})

const requestSchema = closed({
  user: userSchema,
  /** What the child becomes before it reads; absent on systems without numeric users. */
  posix: Type.Optional(closed({ uid: counter(), gid: counter() })),
  home: Type.String({ pattern: ABSOLUTE_PATH, maxLength: 4096 }),
  /** Path of the home in the account and in files, if it differs from the resolved one. */
  namedHome: Type.Optional(Type.String({ pattern: ABSOLUTE_PATH, maxLength: 4096 })),
  tasks: Type.Array(words(...READER_TASKS), { minItems: 1, maxItems: READER_TASKS.length }),
  /** Folders of browser profiles that running processes named; what is out of reach is passed over. */
  profiles: Type.Optional(Type.Array(namedProfileSchema, { maxItems: MAX_NAMED_PROFILES })),
  /** Folders that agents of this person were seen working in. */
  workedIn: Type.Optional(Type.Array(text(4096), { maxItems: MAX_WORKED_IN })),
  /** What findings depend on besides the home. If present, a memory of the last scan follows the request and the answers. */
  remember: Type.Optional(text(128)),
  /** Instead of our own, which the child knows as well. */
  catalogue: Type.Optional(catalogueSchema),
})
export type HomeRequest = Static<typeof requestSchema>

export const REQUEST_MAX_BYTES = 8 * 1024 * 1024
export const requestReader = reader(requestSchema, {
  name: 'reader request',
  limits: { maxBytes: REQUEST_MAX_BYTES, maxDepth: 10 },
})

/** One line of the answer; a task that is missing did not end in time. */
const answerSchema = closed({
  task: words(...READER_TASKS),
  sightings: Type.Array(sightingSchema, { maxItems: 4_000 }),
  sources: Type.Array(sourceReportSchema, { maxItems: 400 }),
  states: Type.Optional(Type.Array(agentStateSchema, { maxItems: MAX_STATES })),
  launches: Type.Optional(Type.Array(serverLaunchSchema, { maxItems: MAX_LAUNCHES })),
  blobs: Type.Optional(Type.Array(modelBlobSchema, { maxItems: MAX_BLOBS })),
  /** Absent: the rights of the user. */
  rights: Type.Optional(Type.Literal('reduced')),
  /** Read by the schema of its own room. */
  screenLock: Type.Optional(Type.Unknown()),
})
export type HomeAnswer = Static<typeof answerSchema>

/** The line after the answers. Exactly this many bytes of memory follow it. */
const memoryHeadSchema = closed({
  memoryBytes: counter(),
  /** The memory that followed the request was not whole. */
  damaged: Type.Optional(Type.Literal(true)),
})
export const memoryHeadReader = reader(memoryHeadSchema, {
  name: 'reader memory',
  limits: { maxBytes: 64, maxDepth: 2 },
})
export const MEMORY_HEAD = '{"memoryBytes":'

/** All lines together. */
export const ANSWER_MAX_BYTES = 32 * 1024 * 1024
export const answerReader = reader(answerSchema, {
  name: 'reader answer',
  limits: { maxBytes: ANSWER_MAX_BYTES, maxDepth: 12 },
})
