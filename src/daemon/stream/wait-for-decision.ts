import { codeOf, SuretyError } from '../../base/errors.ts'
import type { Connection } from './connection.ts'
import { deadline } from './deadline.ts'

/** Nobody watches over a connection that only waits: it is made anew now and then. */
const WAIT_FOR_DECISION_MS = 10 * 60_000

/**
 * Waits on the connection of a device that a person has yet to approve. Resolves when the directory closes it: a new one
 * learns what was decided.
 *
 * @throws `ENROLMENT_PENDING` when nobody has decided in time, and what the directory refuses with.
 */
export async function waitForDecision(connection: Connection, signal: AbortSignal): Promise<void> {
  const pending = new SuretyError('ENROLMENT_PENDING', 'a person has yet to decide')
  try {
    await connection.next({ signal: deadline(signal, WAIT_FOR_DECISION_MS, pending) })
  } catch (error) {
    if (codeOf(error) !== 'DIRECTORY_UNREACHABLE') throw error
    return
  }
  // Whatever it said, it was no refusal.
  throw pending
}
