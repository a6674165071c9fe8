import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { useLocation } from 'wouter'
import type { AgentSelector, CreatedStop, StopRequest } from '../../protocol/nouns/agents/stops.ts'
import type { Summary } from '../../protocol/nouns/directory/directory.ts'
import { type ApiError, ask } from '../data/api.ts'
import { useAct } from '../data/use-act.ts'
import { useAnswer } from '../data/use-answer.ts'
import { counted } from '../data/words.ts'
import { Failed } from '../parts/answered.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { toast } from '../parts/toast.tsx'
import { BlastRadius } from './blast-radius.tsx'
import { ScopeField } from './scope-field.tsx'

interface FreezeDialogProps {
  /** What to freeze. Absent: the person chooses. */
  readonly selector?: AgentSelector
  onClose(): void
}

const HOUR_MS = 3_600_000
/** What is sent with a dry run, which keeps no reason. */
const NO_REASON = 'dry run'

/** Counts what would stop, asks why, and freezes it. The count is the server's. */
export function FreezeDialog({ selector: given, onClose }: FreezeDialogProps) {
  const id = useId()
  const [, navigate] = useLocation()
  const [chosen, setChosen] = useState<AgentSelector | undefined>(given)
  const [reason, setReason] = useState('')
  const [hours, setHours] = useState('')
  const persons = useAnswer<Summary>('/summary').data?.stops.persons
  const counting = useQuery<CreatedStop, ApiError>({
    queryKey: ['/stops', 'dry-run', chosen],
    queryFn: ({ signal }) => ask('POST', '/stops', { body: requestOf(chosen ?? {}, NO_REASON, true), signal }),
    enabled: chosen !== undefined,
    placeholderData: keepPreviousData,
  })
  const impact = chosen === undefined ? undefined : counting.data?.impact
  const needsSecond = counting.data?.twoPersons === true
  const isAlone = needsSecond && persons !== undefined && persons < 2
  const freezing = useAct<CreatedStop>({
    onDone({ stop }) {
      toast(needsSecond && !isAlone ? 'Asked. It is not in force until a second person confirms it.' : 'Frozen.')
      onClose()
      if (stop !== undefined) navigate(`/stops/${stop.id}`)
    },
  })
  const isReady = impact !== undefined && reason.trim() !== '' && !freezing.isPending
  const run = () => {
    if (!isReady || chosen === undefined) return
    const request = requestOf(chosen, reason.trim(), false)
    const until = hours === '' ? {} : { until: Date.now() + Number(hours) * HOUR_MS }
    freezing.mutate({
      method: 'POST',
      path: '/stops',
      body: { ...request, ...until, ...(isAlone ? { emergency: true } : {}) },
    })
  }
  return (
    <Dialog
      title="Freeze agents"
      about="Their processes are held in the kernel of each device, and resume when the stop is released."
      onClose={onClose}
      foot={
        <>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="button"
            className="button button-ice to-end"
            aria-disabled={!isReady}
            title={isReady ? undefined : 'Choose what to freeze, and say why'}
            onClick={run}
          >
            {freezing.isPending ? 'Working…' : actOf({ impact, needsSecond, isAlone })}
          </button>
        </>
      }
    >
      {given === undefined ? <ScopeField onChange={setChosen} /> : null}
      {counting.error === null ? null : <Failed error={counting.error} />}
      {impact === undefined ? null : <BlastRadius impact={impact} />}
      {counting.data?.warnings.map((warning) => (
        <p key={warning} className="note note-warn">
          {warning}
        </p>
      ))}
      {isAlone ? (
        <p className="note note-warn">
          You are the only person who can confirm. This freezes now as an emergency, for 1 hour. For next time add a
          second administrator.
        </p>
      ) : null}
      {needsSecond && !isAlone ? (
        <p className="note">A second person must confirm it. Until then it is not in force.</p>
      ) : null}
      <div className="field">
        <label htmlFor={`${id}-reason`}>
          Reason <span className="hint">shown to everyone it stops</span>
        </label>
        <textarea
          id={`${id}-reason`}
          className="input"
          rows={2}
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      </div>
      <div className="field">
        <label htmlFor={`${id}-until`}>Ends</label>
        <select
          id={`${id}-until`}
          className="input"
          value={hours}
          onChange={(event) => setHours(event.currentTarget.value)}
        >
          <option value="">when somebody releases it</option>
          <option value="1">in 1 hour</option>
          <option value="8">in 8 hours</option>
          <option value="24">in 24 hours</option>
          <option value="168">in 7 days</option>
        </select>
      </div>
      {freezing.error === null ? null : <Failed error={freezing.error} />}
    </Dialog>
  )
}

function requestOf(selector: AgentSelector, reason: string, dryRun: boolean): StopRequest {
  return { kind: 'freeze', selector, reason, ...(dryRun ? { dryRun } : {}) }
}

function actOf({
  impact,
  needsSecond,
  isAlone,
}: {
  readonly impact: CreatedStop['impact']
  readonly needsSecond: boolean
  readonly isAlone: boolean
}): string {
  if (impact === undefined) return 'Freeze'
  const what = `${counted(impact.agents, 'agent')} on ${counted(impact.affectedDevices, 'device')}`
  if (!needsSecond) return `Freeze ${what}`
  return isAlone ? `Freeze ${what} for 1 hour` : `Ask to freeze ${what}`
}
