import { useId, useState } from 'react'
import type { ReviewAnswer, ReviewAnswerRequest, ReviewedAgent } from '../../../protocol/nouns/agents/reviews.ts'
import { useAct } from '../../data/use-act.ts'
import { Failed } from '../../parts/answered.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { toast } from '../../parts/toast.tsx'

interface AnswerDialogProps {
  /** Its id. */
  readonly review: string
  readonly agent: ReviewedAgent
  /** Who is signed in answers for it. */
  readonly isOwn: boolean
  onClose(): void
}

const CHOICES: readonly { readonly answer: ReviewAnswer; readonly label: string; readonly about: string }[] = [
  { answer: 'keep', label: 'Keep it', about: 'it is still needed' },
  { answer: 'suspend', label: 'Suspend it', about: 'it is frozen until somebody resumes it' },
  { answer: 'end', label: 'End it', about: 'it is retired, and cannot be resumed' },
]

/** What its owner says. It is carried out when the review closes, and can be changed until then. */
export function AnswerDialog({ review, agent, isOwn, onClose }: AnswerDialogProps) {
  const name = useId()
  const { registration, answer: before, ownerName } = agent
  const [answer, setAnswer] = useState<ReviewAnswer | undefined>(before === 'silent' ? undefined : before)
  const [note, setNote] = useState(agent.note ?? '')
  const answering = useAct<ReviewedAgent>({
    onDone() {
      toast(`Answered for ${agent.name}. It is carried out when the review closes.`)
      onClose()
    },
  })
  const run = () => {
    if (answer === undefined || answering.isPending) return
    const body: ReviewAnswerRequest = { registration, answer, ...(note.trim() === '' ? {} : { note: note.trim() }) }
    answering.mutate({ method: 'POST', path: `/reviews/${review}/answers`, body })
  }
  const who = isOwn ? undefined : (ownerName ?? 'the owner')
  return (
    <Dialog
      title={`Is ${agent.name} still needed?`}
      about={who === undefined ? undefined : `You record what ${who} says. It is shown as recorded by you.`}
      onClose={onClose}
      foot={
        <>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="button"
            className="button button-main to-end"
            aria-disabled={answer === undefined || answering.isPending}
            title={answer === undefined ? 'Choose an answer first' : undefined}
            onClick={run}
          >
            {answering.isPending ? 'Working…' : who === undefined ? 'Answer' : `Answer for ${who}`}
          </button>
        </>
      }
    >
      <fieldset className="stack-2">
        <legend className="only-spoken">Answer</legend>
        {CHOICES.map((choice) => (
          <label key={choice.answer} className="choice">
            <input
              type="radio"
              name={name}
              checked={answer === choice.answer}
              onChange={() => setAnswer(choice.answer)}
            />
            <span>
              <span className="medium">{choice.label}</span> <span className="muted">{choice.about}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <div className="field">
        <label htmlFor={`${name}-note`}>
          Note <span className="hint">optional</span>
        </label>
        <textarea
          id={`${name}-note`}
          className="input"
          rows={2}
          maxLength={500}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
      </div>
      {answering.error === null ? null : <Failed error={answering.error} />}
    </Dialog>
  )
}
