import { closed, counter, legibleText, type Static, Type, text, words } from '../../../base/schema.ts'
import { apiAnswer } from '../../noun/answers.ts'
import { humanRequestSchema } from './people.ts'

/** Many humans at once, such as those of a table of an HR system. */

export const MAX_IMPORTED = 10_000
export const IMPORT_MAX_BYTES = 8 * 1024 * 1024
/** More are counted and not named. */
export const MAX_IMPORT_REFUSALS = 100
const MOST_GROUPS = 100

/** What is absent stays as it is. */
export const importedHumanSchema = closed({
  ...humanRequestSchema.properties,
  /** Names of groups that they join. They leave none. */
  groups: Type.Optional(Type.Array(legibleText(256), { maxItems: MOST_GROUPS })),
})
export type ImportedHuman = Static<typeof importedHumanSchema>

export const humanImportSchema = closed({
  /** Each is an imported human. They are checked one by one, so that each fault has its item. */
  humans: Type.Array(Type.Unknown(), { minItems: 1, maxItems: MAX_IMPORTED }),
  /** Only say what would be done. */
  dryRun: Type.Optional(Type.Boolean()),
})
export type HumanImport = Static<typeof humanImportSchema>

export const importedHumansSchema = closed({
  /** False for a dry run. */
  done: Type.Boolean(),
  counts: closed({ add: counter(), change: counter(), unchanged: counter() }),
  /** Those that are added or changed, in the order of the request. */
  changes: Type.Array(
    closed({ source: counter(), action: words('add', 'change'), userName: text(256), sentence: text(1000) }),
  ),
  /** Nothing is done with a single one of these. `source`: the index in the request. */
  refusals: Type.Array(closed({ source: counter(), code: text(64), message: text(1000) }), {
    maxItems: MAX_IMPORT_REFUSALS,
  }),
  /** All of them. */
  refused: counter(),
  /** About names that look like another one, and shared addresses. The first hundred. */
  warnings: Type.Array(text(1000), { maxItems: 100 }),
})
export type ImportedHumans = Static<typeof importedHumansSchema>

export const importedHumansReader = apiAnswer(importedHumansSchema, 'outcome of an import')
