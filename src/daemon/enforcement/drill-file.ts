import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { closed, reader, type Static, Type, text, words } from '../../base/schema.ts'
import { STOP_METHODS } from '../../protocol/stop.ts'
import { type StateFileComponents, stateFile } from '../state/state-file.ts'

/** `drill.json`: how the last drill went. */
const drillSchema = closed({
  schema: Type.Literal('surety/drill@1'),
  method: words(...STOP_METHODS),
  /** From the begin of the job to the kernel's confirmation. Milliseconds. Absent when it did not stop. */
  tookMs: Type.Optional(Type.Number({ minimum: 0 })),
  /** What went wrong, in a sentence. */
  failure: Type.Optional(text(500)),
})
export type DrillOutcome = Omit<Static<typeof drillSchema>, 'schema'>

const drillReader = reader(drillSchema, { name: 'drill.json' })

export interface DrillFile {
  /** @returns undefined before the first drill, and where it cannot be read. Never rejects: another drill writes it again. */
  read(): Promise<DrillOutcome | undefined>
  /** Never rejects: the finding of this run does not need the file. */
  write(outcome: DrillOutcome): Promise<void>
}

export function drillFile(
  { log, ...components }: StateFileComponents & { readonly log: Pick<Log, 'error'> },
  init: { readonly folder: string },
): DrillFile {
  const file = stateFile(components, { ...init, name: 'drill.json', reader: drillReader })
  return {
    async read() {
      try {
        const saved = await file.read()
        if (saved === undefined) return undefined
        const { schema: _, ...outcome } = saved
        return outcome
      } catch (error) {
        log.error('the result of the last drill could not be read', { reason: describeError(error) })
        return undefined
      }
    },
    async write({ failure, ...outcome }) {
      try {
        const shorter = failure === undefined ? {} : { failure: failure.slice(0, 500) }
        await file.write({ schema: 'surety/drill@1', ...outcome, ...shorter })
      } catch (error) {
        log.error('the result of the drill could not be written down', { reason: describeError(error) })
      }
    },
  }
}
