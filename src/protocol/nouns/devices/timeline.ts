import { closed, counter, type Static, Type, text, words } from '../../../base/schema.ts'
import { FINDING_STATES } from '../../finding.ts'
import { timeSchema } from '../../ids.ts'
import { inventorySchema } from '../../messages/evidence.ts'
import { apiAnswer, cursorSchema } from '../../noun/answers.ts'
import { sightingKindSchema } from '../../sighting.ts'

/** One device over time, from the record, and from what is kept of findings, sightings and evidence. */

const stateSchema = words(...FINDING_STATES)
const checkChangeSchema = closed({
  check: text(64),
  /** Absent: there was none, or it is not known. */
  from: Type.Optional(stateSchema),
  to: Type.Optional(stateSchema),
})
export type CheckChange = Static<typeof checkChangeSchema>

const agentOnDeviceSchema = closed({
  /** Of the sighting. */
  id: text(64),
  name: text(256),
  /** Its key in lists of agents. */
  product: text(4096),
  version: Type.Optional(text(256)),
  user: Type.Optional(text(256)),
})
export type AgentOnDevice = Static<typeof agentOnDeviceSchema>

/** What is no agent: MCP servers, extensions, model runtimes, agent files. */
const { product: _product, ...thingMembers } = agentOnDeviceSchema.properties
const thingOnDeviceSchema = closed({ kind: sightingKindSchema, ...thingMembers })
export type ThingOnDevice = Static<typeof thingOnDeviceSchema>

/** What is not in the answer, in sentences for a person. */
const notKnownSchema = Type.Array(text(300), { maxItems: 8 })

export const timelineEntrySchema = closed({
  time: timeSchema,
  /** `checks`: states that changed at once, perhaps with the verdict. `warning`: a health warning that still holds, by the clock of the device. */
  what: words('event', 'checks', 'agent-appeared', 'agent-left', 'warning'),
  /** One line for a person. */
  words: text(4096),
  event: Type.Optional(
    closed({ id: counter(), kind: text(64), actor: Type.Optional(text(256)), facts: Type.Unknown() }),
  ),
  checks: Type.Optional(Type.Array(checkChangeSchema)),
  agent: Type.Optional(agentOnDeviceSchema),
})
export type TimelineEntry = Static<typeof timelineEntrySchema>

export const timelinePageSchema = closed({
  /** Newest first. */
  items: Type.Array(timelineEntrySchema),
  next: Type.Optional(cursorSchema),
  notKnown: notKnownSchema,
})
export type TimelinePage = Static<typeof timelinePageSchema>

export const deviceDifferenceSchema = closed({
  since: timeSchema,
  until: timeSchema,
  checks: Type.Array(checkChangeSchema),
  agents: closed({ appeared: Type.Array(agentOnDeviceSchema), left: Type.Array(agentOnDeviceSchema) }),
  things: closed({ appeared: Type.Array(thingOnDeviceSchema), left: Type.Array(thingOnDeviceSchema) }),
  /** Members of the inventory that differ, as text. Absent: evidence of one of the times is not kept. */
  components: Type.Optional(
    Type.Array(
      closed({
        component: words(...(Object.keys(inventorySchema.properties) as (keyof typeof inventorySchema.properties)[])),
        from: Type.Optional(text(1000)),
        to: Type.Optional(text(1000)),
      }),
    ),
  ),
  notKnown: notKnownSchema,
})
export type DeviceDifference = Static<typeof deviceDifferenceSchema>

export const timelinePageReader = apiAnswer(timelinePageSchema, 'timeline')
export const deviceDifferenceReader = apiAnswer(deviceDifferenceSchema, 'difference')
