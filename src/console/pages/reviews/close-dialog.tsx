import { useId, useState } from 'react'
import type { ReviewView } from '../../../protocol/nouns/agents/reviews.ts'
import { ReasonDialog } from '../../acts/reason-dialog.tsx'
import { counted } from '../../data/words.ts'
import { toast } from '../../parts/toast.tsx'
import { closeAct, SILENCE_WORDS } from './review-words.ts'

interface CloseDialogProps {
  readonly review: ReviewView
  onClose(): void
}

/** Ends a review before it is due. */
export function CloseDialog({ review, onClose }: CloseDialogProps) {
  const name = useId()
  const [what, setWhat] = useState<'carry-out' | 'discard'>('carry-out')
  const { id, answers, silence } = review
  return (
    <ReasonDialog<ReviewView>
      title={`Close ${review.name}`}
      about={`${counted(answers.silent, 'agent has', 'agents have')} no answer yet.`}
      act={closeAct(review, what === 'discard')}
      tone={what === 'discard' ? 'main' : 'danger'}
      request={(reason) => ({ method: 'POST', path: `/reviews/${id}/close`, body: { what, reason } })}
      onDone={() => toast(what === 'discard' ? 'Closed. Nothing was carried out.' : 'Closed. Answers are carried out.')}
      onClose={onClose}
    >
      <fieldset className="stack-2">
        <legend className="only-spoken">What becomes of the agents</legend>
        <label className="choice">
          <input type="radio" name={name} checked={what === 'carry-out'} onChange={() => setWhat('carry-out')} />
          <span>
            <span className="medium">Carry answers and silence out now</span>{' '}
            <span className="muted">one without an answer {SILENCE_WORDS[silence]}</span>
          </span>
        </label>
        <label className="choice">
          <input type="radio" name={name} checked={what === 'discard'} onChange={() => setWhat('discard')} />
          <span>
            <span className="medium">Do nothing</span> <span className="muted">all agents stay as they are</span>
          </span>
        </label>
      </fieldset>
    </ReasonDialog>
  )
}
