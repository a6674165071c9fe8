import type { ReviewAnswered, ReviewOutcome, ReviewState, ReviewView } from '../../../protocol/nouns/agents/reviews.ts'
import { counted, countText } from '../../data/words.ts'
import type { StateName } from '../../parts/status.tsx'

/** Reviews in words. */

export const STATE_LOOKS: Readonly<Record<ReviewState, readonly [StateName, string]>> = {
  starting: ['not-answered', 'starting'],
  open: ['not-answered', 'open'],
  closing: ['in-force', 'closing'],
  closed: ['released', 'closed'],
}

export const ANSWER_LOOKS: Readonly<Record<ReviewAnswered, readonly [StateName, string]>> = {
  silent: ['not-answered', 'not answered'],
  keep: ['compliant', 'keep it'],
  suspend: ['in-force', 'suspend it'],
  end: ['released', 'end it'],
}

export const OUTCOME_LOOKS: Readonly<Record<ReviewOutcome, readonly [StateName, string]>> = {
  waiting: ['no-verdict', 'nothing yet'],
  kept: ['compliant', 'kept'],
  suspended: ['in-force', 'suspended'],
  retired: ['released', 'retired'],
  ended: ['released', 'had ended'],
  failed: ['not-compliant', 'failed'],
}

/** What becomes of an agent whose owner does not answer: it … */
export const SILENCE_WORDS: Readonly<Record<ReviewView['silence'], string>> = {
  keep: 'is kept',
  suspend: 'is suspended, which freezes it',
  retire: 'is retired, which ends it',
}

/** `Close: keep 14, suspend 45, retire 4`. What owners said, and what their silence does. */
export function closeAct({ answers, silence }: Pick<ReviewView, 'answers' | 'silence'>, isDiscarded: boolean): string {
  const { silent, keep, suspend, end } = answers
  if (isDiscarded) return `Close, and do nothing to ${counted(silent + keep + suspend + end, 'agent')}`
  const parts = [
    ['keep', keep + (silence === 'keep' ? silent : 0)],
    ['suspend', suspend + (silence === 'suspend' ? silent : 0)],
    ['retire', end + (silence === 'retire' ? silent : 0)],
  ] as const
  const words = parts.flatMap(([verb, count]) => (count === 0 ? [] : [`${verb} ${countText(count)}`]))
  return words.length === 0 ? 'Close' : `Close: ${words.join(', ')}`
}
