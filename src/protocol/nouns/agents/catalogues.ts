import { base64UrlOf, closed, counter, type Static, Type, text } from '../../../base/schema.ts'
import { timeSchema } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import { apiAnswer } from '../../noun/answers.ts'

/** The catalogue of agents in the administrators' API. */

/** JSON of a catalogue, or a catalogue that its publisher signed. */
export const catalogueRequestBodySchema = closed({ catalogue: text(4 * LIMITS.catalogueBytes) })

/** The catalogue that the directory distributes. */
export const catalogueViewSchema = closed({
  version: counter(),
  /** SHA-256 of its canonical JSON. */
  hash: base64UrlOf(32),
  setAt: timeSchema,
  setBy: text(256),
  /** Version built into programs of this release. Devices take only higher versions than their own. */
  builtIn: Type.Optional(counter()),
  /** Why it is not distributed: this release finds a fault that an earlier one accepted. */
  refused: Type.Optional(text(512)),
})
export type CatalogueView = Static<typeof catalogueViewSchema>

export const catalogueViewReader = apiAnswer(catalogueViewSchema, 'catalogue')

export const CATALOGUE_ACTS = ['catalogue-set'] as const
