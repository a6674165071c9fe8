import { summaryReader } from '../../protocol/api-directory.ts'
import type { StopView } from '../../protocol/api-stops.ts'
import type { ApiClient } from './api-client.ts'

/** What to say while a single person may confirm stops, so that nobody can confirm what that person asks for. */

export const ADD_PERSON = 'surety-directory administrators add NAME --role operator --out FILE'

/** For the answer to a stop that waits. None where somebody else can confirm it. */
export async function lonePersonLines(api: ApiClient, stop: StopView | undefined): Promise<string[]> {
  if (stop?.state !== 'waiting') return []
  const { stops } = await api.ask('GET', '/summary', summaryReader)
  if (stops.persons > 1) return []
  return [
    'There is nobody else who can confirm it: you are the only person who may.',
    'Now: the same command with --emergency freezes at once, for an hour.',
    `For next time: ${ADD_PERSON}`,
  ]
}
