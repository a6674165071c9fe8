import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useDeferredValue, useId, useState } from 'react'
import { useLocation } from 'wouter'
import type {
  RequestedReviewScope,
  ReviewImpact,
  ReviewRequest,
  ReviewSilence,
  ReviewView,
} from '../../../protocol/nouns/agents/reviews.ts'
import { type ApiError, ask } from '../../data/api.ts'
import { useAct } from '../../data/use-act.ts'
import { counted } from '../../data/words.ts'
import { Failed } from '../../parts/answered.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { SILENCE_WORDS } from './review-words.ts'

const DAY_MS = 86_400_000

const SCOPES = [
  { scope: '', label: 'All active agents' },
  { scope: 'product', label: 'Those of one product' },
  { scope: 'owner', label: 'Those of one owner' },
  { scope: 'group', label: 'Those of owners in a group' },
] as const
type Scope = (typeof SCOPES)[number]['scope']

const SILENCES: readonly ReviewSilence[] = ['keep', 'suspend', 'retire']

/** Says first how many agents and owners it asks about. */
export function StartDialog({ onClose }: { onClose(): void }) {
  const id = useId()
  const [, navigate] = useLocation()
  const [name, setName] = useState('')
  const [scope, setScope] = useState<Scope>('')
  const [covered, setCovered] = useState('')
  const [days, setDays] = useState('14')
  const [silence, setSilence] = useState<ReviewSilence>('suspend')
  const covers = coversOf(scope, useDeferredValue(covered.trim()))
  const counting = useQuery<ReviewImpact, ApiError>({
    queryKey: ['/reviews/impact', covers],
    queryFn: ({ signal }) => ask('POST', '/reviews/impact', { body: { covers }, signal }),
    enabled: covers !== undefined,
    placeholderData: keepPreviousData,
  })
  const starting = useAct<ReviewView>({
    onDone({ id: started }) {
      onClose()
      navigate(`/reviews/${started}`)
    },
  })
  const impact = covers === undefined ? undefined : counting.data
  const isReady = name.trim() !== '' && impact !== undefined && impact.agents > 0 && !starting.isPending
  const run = () => {
    if (!isReady || covers === undefined) return
    const body: ReviewRequest = { name: name.trim(), covers, dueAt: Date.now() + Number(days) * DAY_MS, silence }
    starting.mutate({ method: 'POST', path: '/reviews', body })
  }
  return (
    <Dialog
      title="Start a review"
      about="Owners say whether their agents are still needed. Silence is an answer too."
      onClose={onClose}
      foot={
        <>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="button"
            className="button button-main to-end"
            aria-disabled={!isReady}
            title={isReady ? undefined : 'Give it a name, and say which agents it is about'}
            onClick={run}
          >
            {starting.isPending ? 'Working…' : startAct(impact)}
          </button>
        </>
      }
    >
      <div className="field">
        <label htmlFor={`${id}-name`}>Name</label>
        <input
          id={`${id}-name`}
          className="input"
          placeholder="First quarter"
          value={name}
          maxLength={200}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      </div>
      <div className="form-columns">
        <div className="field">
          <label htmlFor={`${id}-scope`}>About</label>
          <select
            id={`${id}-scope`}
            className="input"
            value={scope}
            // The options below are all there are.
            onChange={(event) => setScope(event.currentTarget.value as Scope)}
          >
            {SCOPES.map((one) => (
              <option key={one.scope} value={one.scope}>
                {one.label}
              </option>
            ))}
          </select>
        </div>
        {scope === '' ? null : (
          <div className="field">
            <label htmlFor={`${id}-covered`}>Which {scope}</label>
            <input
              id={`${id}-covered`}
              className="input"
              placeholder={scope === 'product' ? 'claude-code' : scope === 'owner' ? 'User name or e-mail address' : ''}
              value={covered}
              maxLength={256}
              onChange={(event) => setCovered(event.currentTarget.value)}
            />
          </div>
        )}
        <div className="field">
          <label htmlFor={`${id}-due`}>Due</label>
          <select
            id={`${id}-due`}
            className="input"
            value={days}
            onChange={(event) => setDays(event.currentTarget.value)}
          >
            {['7', '14', '30', '60'].map((one) => (
              <option key={one} value={one}>
                in {one} days
              </option>
            ))}
          </select>
        </div>
        <div className="field">
          <label htmlFor={`${id}-silence`}>If an owner does not answer</label>
          <select
            id={`${id}-silence`}
            className="input"
            value={silence}
            onChange={({ currentTarget: { value } }) => setSilence(SILENCES.find((one) => one === value) ?? 'suspend')}
          >
            {SILENCES.map((one) => (
              <option key={one} value={one}>
                it {SILENCE_WORDS[one]}
              </option>
            ))}
          </select>
        </div>
      </div>
      {impact?.agents === 0 ? <p className="note">No active agent is like this.</p> : null}
      {counting.error === null ? null : <Failed error={counting.error} />}
      {starting.error === null ? null : <Failed error={starting.error} />}
    </Dialog>
  )
}

function coversOf(scope: Scope, covered: string): RequestedReviewScope | undefined {
  if (scope === '') return {}
  return covered === '' ? undefined : { [scope]: covered }
}

function startAct(impact: ReviewImpact | undefined): string {
  if (impact === undefined || impact.agents === 0) return 'Start'
  return `Ask ${counted(impact.owners, 'owner')} about ${counted(impact.agents, 'agent')}`
}
