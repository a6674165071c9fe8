import { useState } from 'react'
import { Link } from 'wouter'
import type { ReviewAnswered, ReviewedAgent, ReviewView } from '../../../protocol/nouns/agents/reviews.ts'
import { useMay, useSession } from '../../data/session.ts'
import { countText } from '../../data/words.ts'
import { useList } from '../../list/use-list.ts'
import { Failed, Waiting } from '../../parts/answered.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Said } from '../../parts/said.tsx'
import { Status } from '../../parts/status.tsx'
import { Ago } from '../../parts/time.tsx'
import { RegistrationStatus } from '../../seen/registration-state.tsx'
import { AnswerDialog } from './answer-dialog.tsx'
import { ANSWER_LOOKS, OUTCOME_LOOKS } from './review-words.ts'

const ORDER: readonly ReviewAnswered[] = ['silent', 'keep', 'suspend', 'end']

/** Agents of a review by what their owners answered. Who may register agents can answer for an owner. */
export function ReviewAgents({ review }: { readonly review: ReviewView }) {
  const { id, state, answers } = review
  const [answer, setAnswer] = useState<ReviewAnswered>()
  const [answering, setAnswering] = useState<ReviewedAgent>()
  const { id: me } = useSession()
  const mayRegister = useMay('register')
  const list = useList<ReviewedAgent>(
    { path: `/reviews/${id}/agents`, filters: [] },
    answer === undefined ? {} : { answer },
  )
  const { items, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage } = list
  return (
    <Panel
      title="Agents"
      place="span-12"
      flush
      more={
        <span className="segments">
          <button type="button" aria-pressed={answer === undefined} onClick={() => setAnswer(undefined)}>
            All
          </button>
          {ORDER.map((one) => (
            <button key={one} type="button" aria-pressed={answer === one} onClick={() => setAnswer(one)}>
              {ANSWER_LOOKS[one][1]} {countText(answers[one])}
            </button>
          ))}
        </span>
      }
    >
      {isPending ? <Waiting /> : null}
      {error === null ? null : <Failed error={error} />}
      {list.isSuccess && items.length === 0 ? <p className="panel-body muted">No agent has this answer.</p> : null}
      {items.length === 0 ? null : (
        <table className="table table-compact table-cards">
          <thead>
            <tr>
              <th scope="col">Agent</th>
              <th scope="col">Owner</th>
              <th scope="col">State</th>
              <th scope="col">Answer</th>
              <th scope="col">Note</th>
              <th scope="col">Outcome</th>
              <th scope="col">
                <span className="only-spoken">Acts</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((agent) => (
              <Row
                key={agent.registration}
                agent={agent}
                onAnswer={
                  state === 'open' && (mayRegister || agent.owner === me) ? () => setAnswering(agent) : undefined
                }
              />
            ))}
          </tbody>
        </table>
      )}
      {hasNextPage ? (
        <p className="panel-foot">
          <button
            type="button"
            className="button button-small"
            aria-disabled={isFetchingNextPage}
            onClick={() => void fetchNextPage()}
          >
            Show more
          </button>
        </p>
      ) : null}
      {answering === undefined ? null : (
        <AnswerDialog
          review={id}
          agent={answering}
          isOwn={answering.owner === me}
          onClose={() => setAnswering(undefined)}
        />
      )}
    </Panel>
  )
}

interface RowProps {
  readonly agent: ReviewedAgent
  readonly onAnswer: (() => void) | undefined
}

function Row({ agent, onAnswer }: RowProps) {
  const { registration, name, state, owner, ownerName, answer, note, answeredAt, answeredBy, onBehalf } = agent
  const { outcome, code } = agent
  return (
    <tr>
      <td data-heading="Agent" className="medium">
        <Link href={`/registrations/${registration}`}>
          <Said>{name}</Said>
        </Link>
      </td>
      <td data-heading="Owner">
        {owner === undefined ? (
          <Status of="unregistered">nobody</Status>
        ) : (
          <Link className="quiet-link" href={`/people/${owner}`}>
            <Said>{ownerName ?? owner}</Said>
          </Link>
        )}
      </td>
      <td data-heading="State">
        <RegistrationStatus state={state} />
      </td>
      <td data-heading="Answer">
        <span className="row row-wrap">
          <Status of={ANSWER_LOOKS[answer][0]}>{ANSWER_LOOKS[answer][1]}</Status>
          {answeredAt === undefined ? null : (
            <span className="small muted">
              <Ago at={answeredAt} />
              {onBehalf === true ? (
                <>
                  , recorded by <Said>{answeredBy?.name}</Said>
                </>
              ) : null}
            </span>
          )}
        </span>
      </td>
      <td data-heading="Note">
        <Said>{note}</Said>
      </td>
      <td data-heading="Outcome">
        <Status of={OUTCOME_LOOKS[outcome][0]}>
          {OUTCOME_LOOKS[outcome][1]}
          {code === undefined ? '' : `: ${code}`}
        </Status>
      </td>
      <td data-heading="">
        {onAnswer === undefined ? null : (
          <button type="button" className="button button-small" onClick={onAnswer}>
            {answer === 'silent' ? 'Answer…' : 'Change…'}
          </button>
        )}
      </td>
    </tr>
  )
}
