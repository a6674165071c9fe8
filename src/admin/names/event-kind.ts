import { InvalidArgumentError } from 'commander'
import { similarWords } from '../../base/text/similar-words.ts'
import { EVENT_KINDS, type EventKind } from '../../protocol/nouns/directory/events.ts'

/** @throws `InvalidArgumentError` with similar kinds. */
export function eventKindOf(typed: string): EventKind {
  const kind = EVENT_KINDS.find((one) => one === typed)
  if (kind !== undefined) return kind
  const similar = similarWords(typed, EVENT_KINDS)
  const near = similar.length === 0 ? '' : `similar: ${similar.join(', ')}; `
  const shown = JSON.stringify(typed.slice(0, 64))
  throw new InvalidArgumentError(`${shown} is no kind of event; ${near}list them with surety-directory events kinds`)
}
