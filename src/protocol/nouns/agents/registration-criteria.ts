import { closed, legibleText, type Static, type TSchema, Type, text } from '../../../base/schema.ts'
import { deviceIdSchema, humanIdSchema } from '../../ids.ts'

/** What an agent must be to be of a registration, and what it is meant to use. */

/** Any of these. */
function anyOf<T extends TSchema>(item: T) {
  return Type.Array(item, { minItems: 1, maxItems: 16 })
}

/**
 * An absolute path as the kernel writes it: without `.`, `..`, a `/` at its end, and not `/` itself. On Windows `C:/Users/ann`.
 */
const pathSchema = Type.String({
  maxLength: 1024,
  pattern: '^([A-Z]:)?(/([^/.\\u0000][^/\\u0000]*|\\.[^/.\\u0000][^/\\u0000]*|\\.\\.[^/\\u0000]+))+$',
})

/** What an agent must be to be of the registration: every given member must hold, of a list one item. */
function criteriaSchema<H extends TSchema>(human: H, name: typeof text) {
  return Type.Object(
    {
      /** Catalogue ids, and `unknown/NAME` for agents that no catalogue knows. */
      products: Type.Optional(anyOf(name(264))),
      /** Packages by which the catalogue recognises it. */
      packages: Type.Optional(anyOf(name(256))),
      executables: Type.Optional(anyOf(pathSchema)),
      signers: Type.Optional(anyOf(name(256))),
      device: Type.Optional(deviceIdSchema),
      /** On accounts that were confirmed as theirs, and on no other account of devices that they own. */
      human: Type.Optional(human),
      /** Folders that it works in, or below. */
      workspaces: Type.Optional(anyOf(pathSchema)),
      /** Names of MCP servers that it uses. */
      mcpServers: Type.Optional(anyOf(name(256))),
    },
    { additionalProperties: false, minProperties: 1 },
  )
}

/** A human by id, user name or email. */
export const humanNameSchema = legibleText(256)

export const registrationCriteriaSchema = criteriaSchema(humanIdSchema, text)
export type RegistrationCriteria = Static<typeof registrationCriteriaSchema>
export const requestedCriteriaSchema = criteriaSchema(humanNameSchema, legibleText)

/** What the agent is meant to use. Texts of the company: Surety compares only `workspaces`. */
function scopeSchema(name: typeof text) {
  const names = () => Type.Array(name(256), { maxItems: 64 })
  return closed({
    applications: names(),
    dataSets: names(),
    tools: names(),
    workspaces: Type.Optional(Type.Array(pathSchema, { maxItems: 64 })),
  })
}
export const registrationScopeSchema = scopeSchema(text)
export const requestedScopeSchema = scopeSchema(legibleText)
export type RegistrationScope = Static<typeof registrationScopeSchema>
