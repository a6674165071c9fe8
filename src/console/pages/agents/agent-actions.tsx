import { useState } from 'react'
import { Link } from 'wouter'
import { ACTION_DECISIONS, toolWords } from '../../../protocol/gate/action.ts'
import type { ActionView } from '../../../protocol/nouns/agents/actions.ts'
import type { SeenAgentView } from '../../../protocol/nouns/agents/seen-agents.ts'
import { queryText } from '../../data/api.ts'
import { useMay } from '../../data/session.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { counted, exactTime } from '../../data/words.ts'
import { Answered } from '../../parts/answered.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Said } from '../../parts/said.tsx'
import { Proof, Status } from '../../parts/status.tsx'
import { Ago } from '../../parts/time.tsx'

/** Of one answer. The list of actions has all. */
const MOST_SHOWN = 100
/** Of a hash: enough to tell it from the others on the page. */
const SHORT_HASH = 10

/** What the agent asked the gate for, by session, as its device says. */
export function AgentActions({ agent: { id } }: { readonly agent: SeenAgentView }) {
  const maySee = useMay('audit')
  const [decision, setDecision] = useState('')
  const query = queryText({ agent: id, limit: MOST_SHOWN, ...(decision === '' ? {} : { decision }) })
  const answer = useAnswer<{ readonly items: readonly ActionView[]; readonly next?: string }>(`/actions${query}`, {
    enabled: maySee,
    everyMs: 15_000,
  })
  if (!maySee) return null
  return (
    <Panel
      title="What it asked for"
      place="span-12"
      more={
        <>
          <Proof of="reported">reported by the device, proven by nothing</Proof>
          <label className={`chip ${decision === '' ? '' : 'chip-on'}`}>
            <span className="muted">decision</span>
            <select
              className="chip-select"
              value={decision}
              onChange={(event) => setDecision(event.currentTarget.value)}
            >
              <option value="">any</option>
              {ACTION_DECISIONS.map((one) => (
                <option key={one} value={one}>
                  {one}
                </option>
              ))}
            </select>
          </label>
        </>
      }
      flush
    >
      <Answered answer={answer}>
        {({ items, next }) => (
          <>
            <Sessions actions={items} decision={decision} />
            {next === undefined ? null : (
              <p className="panel-foot">
                The newest {items.length} are shown.{' '}
                <Link className="link" href={`/actions${queryText({ agent: id })}`}>
                  See all
                </Link>
              </p>
            )}
          </>
        )}
      </Answered>
    </Panel>
  )
}

/** The session of the newest action first. */
function Sessions({ actions, decision }: { readonly actions: readonly ActionView[]; readonly decision: string }) {
  if (actions.length === 0) {
    return (
      <p className="panel-body muted">
        {decision === '' ? 'It has asked for nothing, or no gate on its device is asked.' : `None was ${decision}.`}
      </p>
    )
  }
  return [...Map.groupBy(actions, ({ session }) => session)].map(([session, ofSession]) => (
    <Session key={session} session={session} actions={ofSession} />
  ))
}

function Session({ session, actions }: { readonly session: string; readonly actions: readonly ActionView[] }) {
  return (
    <section aria-labelledby={`session-${session}`}>
      <h3 id={`session-${session}`} className="panel-body">
        Session <code>{session.slice(0, SHORT_HASH)}</code>{' '}
        <span className="muted">
          {counted(actions.length, 'action')}, the last <Ago at={actions[0]?.time} />
        </span>
      </h3>
      <table className="table table-compact table-cards">
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Tool</th>
            <th scope="col">Decision</th>
            <th scope="col">Rules</th>
            <th scope="col">Approval</th>
            <th scope="col">Outcome</th>
            <th scope="col">Hash</th>
          </tr>
        </thead>
        <tbody>
          {actions.map((action) => (
            <ActionRow key={action.id} action={action} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

function ActionRow({ action }: { readonly action: ActionView }) {
  const { id, time, tool, decision, rules, shadow = [], approval, outcome, hash } = action
  return (
    <tr>
      <td data-heading="Time">
        <Link href={`/actions/${id}`}>{exactTime(time)}</Link>
      </td>
      <td data-heading="Tool">
        <span className="medium">
          <Said>{toolWords(action)}</Said>
        </span>{' '}
        <span className="muted">{tool.kind}</span>
      </td>
      <td data-heading="Decision">
        <Status of={decision} />
      </td>
      <td data-heading="Rules">
        {rules.length === 0 && shadow.length > 0 ? null : <Said>{rules.join(', ') || undefined}</Said>}
        {shadow.length === 0 ? null : (
          <span className="muted">
            {' '}
            on trial: <Said>{shadow.join(', ')}</Said>
          </span>
        )}
      </td>
      <td data-heading="Approval">{approval === undefined ? '–' : <code>{approval}</code>}</td>
      <td data-heading="Outcome">{outcome ?? '–'}</td>
      <td data-heading="Hash">
        <code title={hash}>{hash.slice(0, SHORT_HASH)}</code>
      </td>
    </tr>
  )
}
