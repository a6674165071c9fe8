import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import type { InboxBlock, InboxBlocked } from '../../protocol/nouns/agents/inbox-decisions.ts'
import type { SeenAgentView } from '../../protocol/nouns/agents/seen-agents.ts'
import type { Summary } from '../../protocol/nouns/directory/directory.ts'
import { BlastRadius } from '../acts/blast-radius.tsx'
import { ReasonDialog } from '../acts/reason-dialog.tsx'
import { type ApiError, ask } from '../data/api.ts'
import { useAnswer } from '../data/use-answer.ts'
import { counted } from '../data/words.ts'
import { Failed } from '../parts/answered.tsx'
import { hostOf } from './seen-words.ts'

interface BlockDialogProps {
  readonly agent: SeenAgentView
  onClose(): void
  onDone(blocked: InboxBlocked): void
}

/** Freezes its product wherever it runs or starts, or on its device only. The count comes first, from the server. */
export function BlockDialog({ agent, onClose, onDone }: BlockDialogProps) {
  const id = useId()
  const [here, setHere] = useState(true)
  const path = `/inbox/${agent.id}/block`
  const bodyOf = (some: Pick<InboxBlock, 'reason' | 'dryRun' | 'emergency'>): InboxBlock => ({
    ...some,
    ...(here ? { here } : {}),
  })
  const counting = useQuery<InboxBlocked, ApiError>({
    queryKey: [path, 'dry-run', here],
    queryFn: ({ signal }) => ask('POST', path, { body: bodyOf({ reason: 'dry run', dryRun: true }), signal }),
    placeholderData: keepPreviousData,
  })
  const persons = useAnswer<Summary>('/summary').data?.stops.persons
  const impact = counting.data?.impact
  const needsSecond = counting.data?.twoPersons === true
  const isAlone = needsSecond && persons !== undefined && persons < 2
  const what =
    impact === undefined ? 'it' : `${counted(impact.agents, 'agent')} on ${counted(impact.affectedDevices, 'device')}`
  return (
    <ReasonDialog<InboxBlocked>
      title={`Block ${agent.name}`}
      about="Its processes are frozen at once, and again whenever it starts, until the stop is released."
      act={needsSecond && !isAlone ? `Ask to block ${what}` : `Block ${what}${isAlone ? ' for 1 hour' : ''}`}
      tone="ice"
      request={(reason) => ({
        method: 'POST',
        path,
        body: bodyOf({ reason, ...(isAlone ? { emergency: true } : {}) }),
      })}
      onDone={onDone}
      onClose={onClose}
    >
      <fieldset className="stack-2">
        <legend className="only-spoken">Where</legend>
        {[true, false].map((isHere) => (
          <label key={`${isHere}`} className="choice">
            <input type="radio" name={id} checked={here === isHere} onChange={() => setHere(isHere)} />
            <span>
              <span className="medium">{isHere ? `Only on ${hostOf(agent)}` : 'On every device'}</span>{' '}
              <span className="muted">
                {isHere ? 'every account there' : `it is on ${counted(agent.prevalence.devices, 'device')}`}
              </span>
            </span>
          </label>
        ))}
      </fieldset>
      {impact === undefined ? null : <BlastRadius impact={impact} />}
      {counting.data?.warnings.map((warning) => (
        <p key={warning} className="note note-warn">
          {warning}
        </p>
      ))}
      {isAlone ? (
        <p className="note note-warn">
          You are the only person who can confirm. This blocks now as an emergency, for 1 hour. For next time add a
          second administrator.
        </p>
      ) : null}
      {needsSecond && !isAlone ? (
        <p className="note">A second person must confirm it. Until then it is not in force.</p>
      ) : null}
      {counting.error === null ? null : <Failed error={counting.error} />}
    </ReasonDialog>
  )
}
