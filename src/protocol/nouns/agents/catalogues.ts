import { base64UrlOf, closed, counter, type Static, Type, text } from '../../../base/schema.ts'
import { printable } from '../../../base/text/printable.ts'
import { timeSchema } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import { single, verb } from '../../noun/noun.ts'
import { timeInWords } from '../../noun/words.ts'

/** The catalogue of agents that the directory distributes. */

/** JSON of a catalogue, or a catalogue that its publisher signed. */
const requestSchema = closed({ catalogue: text(4 * LIMITS.catalogueBytes) })

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

export const CATALOGUE_ACTS = ['catalogue-set'] as const

export const catalogue = single({
  one: 'catalogue',
  about: 'the catalogue of agents that devices use',
  verbs: {
    set: verb({
      method: 'POST',
      operationId: 'setCatalogue',
      action: 'configure',
      summary: 'Distribute a catalogue of agents. Its version must be above the current one',
      body: requestSchema,
      /** A catalogue inside a JSON string: each of its quotes takes two bytes. */
      bodyMaxBytes: 2 * 1024 * 1024,
      response: catalogueViewSchema,
      status: 201,
      command: {
        about: 'distribute a catalogue to devices from now on',
        arguments: [{ name: 'file' }],
        examples: ['set catalogue.json', 'set catalogue.jws --json'],
        says: (set) => [catalogueWords(set)],
      },
    }),
    show: verb({
      method: 'GET',
      operationId: 'catalogue',
      action: 'view',
      summary: 'The catalogue of agents that is distributed',
      response: catalogueViewSchema,
      command: { about: 'show the catalogue in distribution', examples: ['show', 'show --json'] },
    }),
  },
})

export function catalogueWords({ version, setAt, builtIn = 0, refused }: CatalogueView): string {
  if (refused !== undefined) return `catalogue ${version} is not handed out: ${printable(refused)}`
  const since = `catalogue ${version} is handed out since ${timeInWords(setAt)}`
  return version > builtIn
    ? `${since}: devices take it with their next attestation`
    : `${since}, but devices of this release bring ${builtIn} along and take only what is above it`
}
