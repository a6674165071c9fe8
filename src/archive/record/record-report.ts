import { closed, counter, type Static, Type, text } from '../../base/schema.ts'
import { timeSchema } from '../../protocol/ids.ts'

/** What `surety audit verify` reports. */

const treeSchema = closed({
  size: counter(),
  /** Base64. */
  root: text(44),
})

export const recordReportSchema = closed({
  ok: Type.Boolean(),
  /** What was verified: one entry with its proof, a range in a file, a log in a folder or at an address. */
  kind: Type.Union([Type.Literal('entry'), Type.Literal('export'), Type.Literal('log')]),
  origin: text(1000),
  /** What the log signed. Absent if nothing could be trusted. */
  checkpoint: Type.Optional(treeSchema),
  /** All known witnesses. `time`, by its clock, of each that cosigned. */
  witnesses: Type.Array(closed({ name: text(255), time: Type.Optional(timeSchema) })),
  /** That the log still begins with this earlier checkpoint was verified too. */
  since: Type.Optional(treeSchema),
  /** Of which entries the bytes were verified, from the first to before the last. */
  entries: Type.Optional(closed({ from: counter(), to: counter() })),
  /** Of which entries the hashes were verified. */
  hashes: Type.Optional(closed({ from: counter(), to: counter() })),
  /** How many entries a person signed with a passkey: each of these signatures was verified. Absent: none. */
  approvals: Type.Optional(counter()),
  /** The entry that was proved. */
  entry: Type.Optional(text(65_535)),
  /** Why it is not ok: the first fault. */
  problem: Type.Optional(closed({ code: text(64), message: text(2000) })),
})
export type RecordReport = Static<typeof recordReportSchema>
