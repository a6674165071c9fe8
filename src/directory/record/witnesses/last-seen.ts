import { parseCheckpoint } from '../../../tlog/checkpoints.ts'
import { parseNote } from '../../../tlog/notes.ts'
import { askWitness, type Witness } from './witness-client.ts'

/** How many entries of a log a witness has seen, or why it did not answer. */
export interface LastSeen {
  readonly name: string
  readonly size?: number
  readonly problem?: string
}

/**
 * Asks each witness how far it has followed a log.
 * @param checkpoint an old checkpoint of that log. A witness that knows nothing of the log yet cosigns it.
 */
export function lastSeenBy(
  witnesses: readonly Witness[],
  checkpoint: string,
  signal: AbortSignal,
): Promise<readonly LastSeen[]> {
  const { size } = parseCheckpoint(parseNote(checkpoint).text)
  return Promise.all(
    witnesses.map(async (witness): Promise<LastSeen> => {
      const { name } = witness.key
      const answer = await askWitness(witness, { oldSize: 0, proof: [], checkpoint }, signal)
      if (answer.kind === 'refused') return { name, problem: answer.problem }
      return { name, size: answer.kind === 'behind' ? answer.size : size }
    }),
  )
}
