import { useDeferredValue, useId, useState } from 'react'
import type { InboxRegistered } from '../../protocol/nouns/agents/inbox-decisions.ts'
import type { RegistrationView } from '../../protocol/nouns/agents/registrations.ts'
import type { SeenAgentView } from '../../protocol/nouns/agents/seen-agents.ts'
import { queryText } from '../data/api.ts'
import { useAct } from '../data/use-act.ts'
import { useAnswer } from '../data/use-answer.ts'
import { Answered, Failed } from '../parts/answered.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Said } from '../parts/said.tsx'
import { mergeRequest } from './registration-fields.ts'
import { hostOf, seenName } from './seen-words.ts'

interface MergeDialogProps {
  readonly agent: SeenAgentView
  onClose(): void
  onDone(registered: InboxRegistered): void
}

const OFFERED = 12

/** Adds an agent to a registration that exists: of the same product, or found by the beginning of its name. */
export function MergeDialog({ agent, onClose, onDone }: MergeDialogProps) {
  const id = useId()
  const [search, setSearch] = useState('')
  const [chosen, setChosen] = useState<RegistrationView>()
  const asked = useDeferredValue(search.trim())
  const answer = useAnswer<{ readonly items: readonly RegistrationView[] }>(
    `/registrations${queryText({ ...(asked === '' ? { product: agent.product } : { search: asked }), limit: OFFERED })}`,
  )
  const merging = useAct<InboxRegistered>({
    onDone(registered) {
      onDone(registered)
      onClose()
    },
  })
  const run = () => {
    if (chosen === undefined || merging.isPending) return
    merging.mutate({ method: 'POST', path: `/inbox/${agent.id}/merge`, body: mergeRequest(agent, chosen) })
  }
  return (
    <Dialog
      title={`Add ${seenName(agent)} to a registration`}
      about="The registration is widened so that it matches, and accepts what the agent is now."
      onClose={onClose}
      foot={
        <>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="button"
            className="button button-main to-end"
            aria-disabled={chosen === undefined || merging.isPending}
            title={chosen === undefined ? 'Choose a registration first' : undefined}
            onClick={run}
          >
            {merging.isPending ? 'Working…' : `Add to ${chosen?.name ?? 'it'}`}
          </button>
        </>
      }
    >
      <div className="field">
        <label htmlFor={id}>Registration</label>
        <input
          id={id}
          className="input"
          type="search"
          placeholder="The beginning of its name"
          value={search}
          maxLength={200}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      </div>
      <Answered answer={answer}>
        {({ items }) => {
          const offered = items.filter(({ state }) => state !== 'retired' && state !== 'provisioning')
          if (offered.length === 0) return <p className="muted">No registration is called so.</p>
          return (
            <fieldset className="stack-2">
              <legend className="only-spoken">Registration</legend>
              {offered.map((one) => (
                <label key={one.id} className="choice">
                  <input
                    type="radio"
                    name={`${id}-one`}
                    checked={chosen?.id === one.id}
                    onChange={() => setChosen(one)}
                  />
                  <span>
                    <span className="medium">
                      <Said>{one.name}</Said>
                    </span>{' '}
                    <span className="muted">
                      <Said>{one.ownerName ?? 'without an owner'}</Said> · <Said>{one.purpose}</Said>
                    </span>
                  </span>
                </label>
              ))}
            </fieldset>
          )
        }}
      </Answered>
      {chosen === undefined ? null : <Widened agent={agent} registration={chosen} />}
      {merging.error === null ? null : <Failed error={merging.error} />}
    </Dialog>
  )
}

/** What the registration gives up, before it does. */
function Widened({ agent, registration }: { readonly agent: SeenAgentView; readonly registration: RegistrationView }) {
  const { anyDevice, anyHuman } = mergeRequest(agent, registration)
  if (anyDevice !== true && anyHuman !== true) return null
  return (
    <p className="note note-warn">
      <span>
        {anyDevice === true
          ? `It was for one device, which is not ${hostOf(agent)}. It will be for every device. `
          : null}
        {anyHuman === true ? 'It was for the accounts of one person. It will be for every account.' : null}
      </span>
    </p>
  )
}
