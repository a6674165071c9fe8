import { useState } from 'react'
import { useParams } from 'wouter'
import { coversWords, type ReviewView } from '../../../protocol/nouns/agents/reviews.ts'
import { useMay } from '../../data/session.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { counted, countText } from '../../data/words.ts'
import { Answered } from '../../parts/answered.tsx'
import { Fact } from '../../parts/fact.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Split } from '../../parts/meter.tsx'
import { Panel } from '../../parts/panel.tsx'
import { PageTitle, Said } from '../../parts/said.tsx'
import { Status } from '../../parts/status.tsx'
import { Ago } from '../../parts/time.tsx'
import { CloseDialog } from './close-dialog.tsx'
import { ReviewAgents } from './review-agents.tsx'
import { ANSWER_LOOKS, OUTCOME_LOOKS, SILENCE_WORDS } from './review-words.ts'
import { ReviewState } from './reviews.tsx'

/** One review: what it asks, what owners answered, and what became of each agent. */
export function Review() {
  const { id = '' } = useParams()
  const answer = useAnswer<ReviewView>(`/reviews/${encodeURIComponent(id)}`, { everyMs: 15_000 })
  return (
    <div className="page">
      <Answered answer={answer}>{(review) => <Shown review={review} />}</Answered>
    </div>
  )
}

const TONES = { keep: 'ok', suspend: 'ice', end: 'none', silent: 'warn' } as const
const ANSWERS = ['keep', 'suspend', 'end', 'silent'] as const

function Shown({ review }: { readonly review: ReviewView }) {
  const { id, name, state, answers, outcomes, dueAt, silence, startedAt, startedBy, nextReviewMs } = review
  const { closedAt, closedBy, closeReason, discarded } = review
  const mayRegister = useMay('register')
  const [isClosing, setClosing] = useState(false)
  const total = ANSWERS.reduce((sum, one) => sum + answers[one], 0)
  return (
    <>
      <header className="page-head">
        <PageTitle>{name}</PageTitle>
        <ReviewState state={state} />
        <div className="page-acts">
          {mayRegister && state === 'open' ? (
            <button type="button" className="button" onClick={() => setClosing(true)}>
              Close it now…
            </button>
          ) : null}
          {isClosing ? <CloseDialog review={review} onClose={() => setClosing(false)} /> : null}
        </div>
      </header>
      {state === 'open' && answers.silent > 0 ? (
        <p className="note note-warn">
          <span className="warn">
            <Icon name="clock" />
          </span>
          <span>
            {counted(answers.silent, 'agent has', 'agents have')} no answer. Due <Ago at={dueAt} />. One without an
            answer then {SILENCE_WORDS[silence]}.
          </span>
        </p>
      ) : null}
      <div className="columns">
        <Panel title="Answers" aside={countText(total)} place="span-7">
          <div className="stack-4">
            <Split parts={ANSWERS.map((one) => ({ name: one, count: answers[one], tone: TONES[one] }))} />
            <ul className="halves">
              {ANSWERS.map((one) => (
                <li key={one}>
                  <Status of={ANSWER_LOOKS[one][0]}>
                    {countText(answers[one])} {ANSWER_LOOKS[one][1]}
                  </Status>
                </li>
              ))}
            </ul>
            {outcomes.waiting === total ? null : (
              <ul className="halves" aria-label="Outcomes">
                {Object.entries(OUTCOME_LOOKS).map(([outcome, [look, words]]) => {
                  // The keys are those of the table of outcomes.
                  const count = outcomes[outcome as keyof typeof outcomes]
                  return count === 0 ? null : (
                    <li key={outcome}>
                      <Status of={look}>
                        {countText(count)} {words}
                      </Status>
                    </li>
                  )
                })}
              </ul>
            )}
          </div>
        </Panel>
        <Panel title="What it asks" place="span-5">
          <dl className="facts">
            <Fact name="About">
              <Said>{coversWords(review)}</Said>
            </Fact>
            <Fact name="Due">
              <Ago at={dueAt} />
            </Fact>
            <Fact name="Without an answer">it {SILENCE_WORDS[silence]}</Fact>
            <Fact name="Asked again">{counted(Math.round(nextReviewMs / DAY_MS), 'day')} after an owner keeps one</Fact>
            <Fact name="Started by">
              <Said>{startedBy.name}</Said>, <Ago at={startedAt} />
            </Fact>
            <Fact name="Closed">
              {closedAt === undefined ? undefined : (
                <>
                  <Ago at={closedAt} />
                  {closedBy === undefined ? null : (
                    <>
                      {' '}
                      by <Said>{closedBy.name}</Said>: <Said>{closeReason}</Said>
                    </>
                  )}
                  {discarded ? '. Nothing was carried out.' : ''}
                </>
              )}
            </Fact>
            <Fact name="ID">
              <code>{id}</code>
            </Fact>
          </dl>
        </Panel>
        <ReviewAgents review={review} />
      </div>
    </>
  )
}

const DAY_MS = 86_400_000
