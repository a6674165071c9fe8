import { useState } from 'react'
import type { ReviewAnswer, ReviewedAgent, ReviewSilence } from '../../../protocol/nouns/agents/reviews.ts'
import type { Mine } from '../../../protocol/nouns/people/mine.ts'
import { useAct } from '../../data/use-act.ts'
import { exactTime } from '../../data/words.ts'
import { Said } from '../../parts/said.tsx'
import { Ago } from '../../parts/time.tsx'
import { toast } from '../../parts/toast.tsx'
import { AskCard } from './ask-card.tsx'

const ANSWERS: readonly { readonly answer: ReviewAnswer; readonly act: string; readonly done: string }[] = [
  { answer: 'keep', act: 'Keep it', done: 'kept' },
  { answer: 'suspend', act: 'Freeze it', done: 'frozen once the review is carried out' },
  { answer: 'end', act: 'End it for good', done: 'ended once the review is carried out' },
]

const SILENCE: Readonly<Record<ReviewSilence, string>> = {
  keep: 'it is kept',
  suspend: 'it is frozen',
  retire: 'it ends for good',
}

interface ReviewCardProps {
  readonly review: Mine['reviews']['items'][number]
  readonly agent: ReviewedAgent
}

/** Whether one agent is still needed. */
export function ReviewCard({ review, agent }: ReviewCardProps) {
  const [note, setNote] = useState('')
  const answering = useAct<ReviewedAgent>({
    onDone({ answer }) {
      const done = ANSWERS.find((one) => one.answer === answer)?.done ?? 'Answered'
      toast(`${agent.name}: ${done}.`)
    },
  })
  const send = ({ answer }: (typeof ANSWERS)[number]) =>
    answering.mutate({
      method: 'POST',
      path: `/reviews/${review.id}/answers`,
      body: { registration: agent.registration, answer, ...(note.trim() === '' ? {} : { note: note.trim() }) },
    })
  return (
    <AskCard
      icon="review"
      question={
        <>
          Is “<Said>{agent.name}</Said>” still needed?
        </>
      }
      aside={
        <>
          Review “<Said>{review.name}</Said>”, due <Ago at={review.dueAt} />
        </>
      }
      error={answering.error}
      answers={
        <>
          {ANSWERS.map((one, at) => (
            <button
              key={one.answer}
              type="button"
              className={`button ${at === 0 ? 'button-main' : ''}`}
              disabled={answering.isPending}
              onClick={() => send(one)}
            >
              {one.act}
            </button>
          ))}
          <input
            className="input ask-note"
            aria-label={`A note for the auditor about ${agent.name}`}
            placeholder="Note for the auditor, if you like"
            value={note}
            maxLength={500}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
        </>
      }
    >
      <p className="muted">
        If you do not answer by {exactTime(review.dueAt)}, {SILENCE[review.silence]}. You can change your answer until
        then.
      </p>
    </AskCard>
  )
}
