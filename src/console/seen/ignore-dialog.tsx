import { useId, useState } from 'react'
import type { SeenAgentView } from '../../protocol/nouns/agents/seen-agents.ts'
import { ReasonDialog } from '../acts/reason-dialog.tsx'
import { hostOf, seenName } from './seen-words.ts'

interface IgnoreDialogProps {
  readonly agent: SeenAgentView
  onClose(): void
  onDone(): void
}

const DAY_MS = 86_400_000

/** It needs no registration on its device for its user. */
export function IgnoreDialog({ agent, onClose, onDone }: IgnoreDialogProps) {
  const id = useId()
  const [days, setDays] = useState('')
  return (
    <ReasonDialog<SeenAgentView>
      title={`Ignore ${seenName(agent)} on ${hostOf(agent)}`}
      about="It leaves the inbox for this user on this device. It keeps running, and is listed under Ignored."
      act={days === '' ? 'Ignore it' : `Ignore it for ${days} days`}
      request={(reason) => ({
        method: 'POST',
        path: `/inbox/${agent.id}/ignore`,
        body: { reason, ...(days === '' ? {} : { until: Date.now() + Number(days) * DAY_MS }) },
      })}
      onDone={onDone}
      onClose={onClose}
    >
      <div className="field">
        <label htmlFor={id}>Until</label>
        <select id={id} className="input" value={days} onChange={(event) => setDays(event.currentTarget.value)}>
          <option value="">somebody undoes it</option>
          <option value="7">in 7 days</option>
          <option value="30">in 30 days</option>
          <option value="90">in 90 days</option>
        </select>
      </div>
    </ReasonDialog>
  )
}
