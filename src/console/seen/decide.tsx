import { type ReactNode, useEffect, useRef, useState } from 'react'
import { Link } from 'wouter'
import type { InboxBlocked, InboxRegistered } from '../../protocol/nouns/agents/inbox-decisions.ts'
import type { SeenAgentView } from '../../protocol/nouns/agents/seen-agents.ts'
import { useMay } from '../data/session.ts'
import { useAct } from '../data/use-act.ts'
import { counted } from '../data/words.ts'
import { Failed } from '../parts/answered.tsx'
import { Icon } from '../parts/icon.tsx'
import { useKeys } from '../parts/use-keys.ts'
import { BlockDialog } from './block-dialog.tsx'
import { IgnoreDialog } from './ignore-dialog.tsx'
import { MergeDialog } from './merge-dialog.tsx'
import { RegisterForm } from './register-form.tsx'
import { fieldsFor, mistakesIn, registrationRequest } from './registration-fields.ts'
import { isOpen } from './seen-words.ts'
import type { Decision } from './use-decision-news.ts'

interface DecideProps {
  /** A new one needs a new component: give it the id as its key. */
  readonly agent: SeenAgentView
  /** What is known of it, above the form. */
  readonly children: ReactNode
  /** At the end of the bar. */
  readonly more?: ReactNode
  onDecided(decision: Decision): void
}

/** One agent, a form that registers it, and a bar with every decision about it. */
export function Decide({ agent, children, more, onDecided }: DecideProps) {
  const mayRegister = useMay('register')
  const mayStop = useMay('stop')
  const [fields, setFields] = useState(() => fieldsFor(agent, Date.now()))
  const [tries, setTries] = useState(0)
  const [open, setOpen] = useState<'merge' | 'block' | 'ignore'>()
  const form = useRef<HTMLFormElement>(null)
  const mistakes = mistakesIn(fields, agent, Date.now())
  const { id, name, state, registration, deviations, present } = agent
  const registering = useAct<InboxRegistered>({
    onDone: ({ registration: made, stop }) =>
      onDecided({
        text: `${registeredWords(name, made.state === 'active' ? fields.owner : undefined)}${heldWords(stop)}`,
        undo: { method: 'POST', path: `/registrations/${made.id}/undo` },
      }),
  })
  const returning = useAct<SeenAgentView>({ onDone: () => onDecided({ text: `${name} waits in the inbox again.` }) })
  const accepting = useAct<InboxRegistered>({ onDone: () => onDecided({ text: `Accepted ${name} as it is now.` }) })
  useEffect(() => {
    if (tries > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [tries])
  const canRegister = mayRegister && isOpen(agent)
  const canIgnore = mayRegister && state === 'unknown' && present > 0
  const canBlock = mayStop && state !== 'registered' && state !== 'blocked'
  const canReturn = mayRegister && state === 'ignored'
  const register = () => {
    setTries(tries + 1)
    if (registering.isPending || Object.keys(mistakes).length > 0) return
    registering.mutate({
      method: 'POST',
      path: `/inbox/${id}/register`,
      body: registrationRequest(fields, agent),
    })
  }
  const putBack = () => returning.mutate({ method: 'DELETE', path: `/inbox/${id}/ignore` })
  useKeys({
    r: canRegister ? register : undefined,
    m: canRegister ? () => setOpen('merge') : undefined,
    b: canBlock ? () => setOpen('block') : undefined,
    i: canIgnore ? () => setOpen('ignore') : undefined,
    u: canReturn ? putBack : undefined,
  })
  const close = () => setOpen(undefined)
  // Once it is known who was faster, the note above says so.
  const registeringError = registration === undefined ? registering.error : null
  const error = registeringError ?? returning.error ?? accepting.error
  return (
    <>
      <div className="triage-body">
        {children}
        {canRegister ? (
          <RegisterForm
            agent={agent}
            fields={fields}
            mistakes={tries > 0 ? mistakes : {}}
            form={form}
            onChange={setFields}
            onSubmit={register}
          />
        ) : null}
        {error === null ? null : <Failed error={error} />}
      </div>
      <div className="act-bar not-printed">
        {canRegister ? (
          <button type="button" className="button button-main" onClick={register}>
            <Icon name="check" />
            {registering.isPending ? 'Working…' : fields.owner === '' ? 'Register' : `Register for ${fields.owner}`}
            <kbd>R</kbd>
          </button>
        ) : null}
        {canRegister ? (
          <button type="button" className="button" onClick={() => setOpen('merge')}>
            Add to…<kbd>M</kbd>
          </button>
        ) : null}
        {canBlock ? (
          <button type="button" className="button" onClick={() => setOpen('block')}>
            Block…<kbd>B</kbd>
          </button>
        ) : null}
        {canIgnore ? (
          <button type="button" className="button" onClick={() => setOpen('ignore')}>
            Ignore…<kbd>I</kbd>
          </button>
        ) : null}
        {canReturn ? (
          <button type="button" className="button" onClick={putBack}>
            Put it into the inbox again<kbd>U</kbd>
          </button>
        ) : null}
        {registration === undefined ? null : (
          <Link className="button" href={`/registrations/${registration.id}`}>
            See the registration
          </Link>
        )}
        {mayRegister && registration !== undefined && deviations.length > 0 ? (
          <button
            type="button"
            className="button"
            onClick={() =>
              accepting.mutate({ method: 'POST', path: `/inbox/${id}/merge`, body: { into: registration.id } })
            }
          >
            Accept it as it is now
          </button>
        ) : null}
        {more}
      </div>
      {open === 'merge' ? (
        <MergeDialog
          agent={agent}
          onClose={close}
          onDone={({ registration: into, stop }) =>
            onDecided({ text: `Added ${name} to ${into.name}.${heldWords(stop)}` })
          }
        />
      ) : null}
      {open === 'block' ? (
        <BlockDialog agent={agent} onClose={close} onDone={(blocked) => onDecided(blockedNews(blocked))} />
      ) : null}
      {open === 'ignore' ? (
        <IgnoreDialog
          agent={agent}
          onClose={close}
          onDone={() =>
            onDecided({ text: `Ignored ${name}.`, undo: { method: 'DELETE', path: `/inbox/${id}/ignore` } })
          }
        />
      ) : null}
    </>
  )
}

function registeredWords(name: string, owner: string | undefined): string {
  return owner === undefined ? `Registered “${name}”. It waits for an owner.` : `Registered “${name}” for ${owner}.`
}

/** A registration does not release a stop. */
function heldWords(stop: string | undefined): string {
  return stop === undefined ? '' : ' It stays frozen: a stop of its product is in force.'
}

function blockedNews({ agent: { name }, stop, impact }: InboxBlocked): Decision {
  if (stop === undefined) return { text: `Blocked ${name}.` }
  const undo = {
    method: 'POST',
    path: `/stops/${stop.id}/release`,
    body: { reason: `the block of ${name} was undone` },
  } as const
  if (stop.state === 'waiting') return { text: 'Asked. It is not in force until a second person confirms it.', undo }
  const frozen = impact === undefined ? name : counted(impact.agents, 'agent')
  return { text: `Blocked ${frozen}.`, undo }
}
