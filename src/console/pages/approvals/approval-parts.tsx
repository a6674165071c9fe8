import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useId, useState } from 'react'
import { Link } from 'wouter'
import type { ApprovalRate } from '../../../protocol/nouns/people/approvals.ts'
import { type ApprovalView, rateLines } from '../../../protocol/nouns/people/approvals.ts'
import { useMay, useSession } from '../../data/session.ts'
import { type AskedGrant, approveWithPasskey } from '../../data/sign-in.ts'
import { useAct } from '../../data/use-act.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { capital, counted } from '../../data/words.ts'
import { Failed } from '../../parts/answered.tsx'
import { Fact } from '../../parts/fact.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Said } from '../../parts/said.tsx'
import { Status } from '../../parts/status.tsx'
import { Ago } from '../../parts/time.tsx'
import { toast } from '../../parts/toast.tsx'

/** One action that waits for a person: who, what, why and until when. */

/** News of others are there within this time. */
export const EVERY_MS = 1_000
const HOUR_MS = 3_600_000
const MOST_LINES = 400

const SCOPES = [
  { value: '', label: 'this action' },
  { value: '1', label: 'equal actions of its session, for an hour' },
  { value: '8', label: 'equal actions of its session, for 8 hours' },
] as const

/** What can be done with it. The directory has the last word on who may. */
export function useDecide(approval: ApprovalView, { onDone }: { onDone?(): void } = {}) {
  const queries = useQueryClient()
  const [hours, setHours] = useState('')
  const { id: me } = useSession()
  const mayRegister = useMay('register')
  const { id, state, approvers, owner, answers } = approval
  const approving = useMutation({
    mutationFn: (asked: AskedGrant) => approveWithPasskey(id, asked),
    onSuccess({ state: after }) {
      toast(after === 'approved' ? 'Approved.' : 'Approved. Another person has to approve it too.')
      onDone?.()
    },
    onSettled: () => queries.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[0]).startsWith('/') }),
  })
  const denying = useAct<ApprovalView>({
    onDone() {
      toast('Denied.')
      onDone?.()
    },
  })
  const waits = state === 'pending'
  const isBusy = approving.isPending || denying.isPending
  const answered = answers.some(({ by }) => by === me)
  const mayApprove =
    waits && !answered && ((approvers.includes('owner') && (owner === me || mayRegister)) || mayRegister)
  return {
    hours,
    setHours,
    isBusy,
    error: approving.error ?? denying.error,
    approve:
      mayApprove && !isBusy
        ? () =>
            approving.mutate(
              hours === ''
                ? { scope: 'once' }
                : { scope: 'session', until: Date.now() + Number(hours) * HOUR_MS - 60_000 },
            )
        : undefined,
    deny:
      waits && !isBusy && (mayRegister || owner === me)
        ? () => denying.mutate({ method: 'POST', path: `/approvals/${id}/deny`, body: {} })
        : undefined,
  }
}

type Decide = ReturnType<typeof useDecide>

export function DecideBar({ approval, decide }: { readonly approval: ApprovalView; readonly decide: Decide }) {
  const id = useId()
  const { approve, deny, isBusy, error, hours, setHours } = decide
  if (approval.state !== 'pending') return null
  return (
    <>
      {error === null ? null : (
        <div className="approval-error">
          <Failed error={error} />
        </div>
      )}
      <div className="act-bar row-wrap">
        {approve === undefined && !isBusy ? (
          <span className="muted">Another person has to approve it.</span>
        ) : (
          <>
            <button type="button" className="button button-main" disabled={isBusy} onClick={approve}>
              {isBusy ? 'Working…' : 'Approve with passkey'} <kbd className="not-on-phones">A</kbd>
            </button>
            <label className="row small" htmlFor={id}>
              <span className="muted">for</span>
              <select
                id={id}
                className="input approval-scope"
                value={hours}
                onChange={(event) => setHours(event.currentTarget.value)}
              >
                {SCOPES.map(({ value, label }) => (
                  <option key={value} value={value}>
                    {label}
                  </option>
                ))}
              </select>
            </label>
          </>
        )}
        <button type="button" className="button button-danger to-end" disabled={deny === undefined} onClick={deny}>
          {approval.count > 1 ? `Deny all ${approval.count}` : 'Deny'} <kbd className="not-on-phones">D</kbd>
        </button>
      </div>
    </>
  )
}

export function ApprovalFacts({ approval }: { readonly approval: ApprovalView }) {
  const { tool, host, device, user, humanName, human, product, agentName, registration, ownerName, owner } = approval
  const { folder, repository, reasons, approvers, answers, deviceBound, requestedAt, signed, count } = approval
  return (
    <>
      <Panel title="What it would do">
        <div className="stack-2">
          <p className="row row-wrap">
            <code>
              <Said>{tool.name}</Said>
            </code>
            {tool.server === undefined ? null : (
              <span className="muted">
                of the MCP server <Said>{tool.server}</Said>
              </span>
            )}
            {count > 1 ? <span className="pill pill-warn">{counted(count, 'equal action')} wait</span> : null}
          </p>
          <Arguments approval={approval} />
          <dl className="facts">
            <Fact name="Folder">{folder === undefined ? undefined : <Said>{folder}</Said>}</Fact>
            <Fact name="Repository">{repository === undefined ? undefined : <Said>{repository}</Said>}</Fact>
          </dl>
        </div>
      </Panel>
      <Panel title="Why it waits">
        <ul className="stack-2">
          {reasons.map(({ rule, reason }) => (
            <li key={`${rule} ${reason}`}>
              <Said>{reason}</Said> <span className="faint small">{rule}</span>
            </li>
          ))}
        </ul>
      </Panel>
      <Panel title="Who">
        <dl className="facts">
          <Fact name="Agent">
            {registration === undefined ? (
              <Status of="unregistered">
                <span>
                  <Said>{product}</Said>, not registered
                </span>
              </Status>
            ) : (
              <>
                <Place href={`/registrations/${registration}`} name={agentName} />{' '}
                <span className="faint">{product}</span>
              </>
            )}
          </Fact>
          <Fact name="Answers for it">
            <Person id={owner} name={ownerName} />
          </Fact>
          <Fact name="User">
            <Said>{user.name}</Said>
            {human === undefined ? null : (
              <>
                , <Person id={human} name={humanName} />
              </>
            )}
          </Fact>
          <Fact name="Device">
            <Place href={`/devices/${device}`} name={host} />
          </Fact>
          <Fact name="Asked">
            <Ago at={requestedAt} />
          </Fact>
          <Fact name="Has to approve">
            {approvers.map((one) => (one === 'owner' ? 'who answers for it' : 'an approver')).join(', and ')}
            {deviceBound ? ', with passkeys that cannot be copied' : ''}
          </Fact>
          {answers.map(({ by, byName, outcome, time }) => (
            <Fact key={by} name={capital(outcome)}>
              <Said>{byName}</Said>, <Ago at={time} />
            </Fact>
          ))}
        </dl>
      </Panel>
      {signed === undefined ? null : (
        <details className="approval-signed">
          <summary>What the passkey signs</summary>
          <pre className="approval-code">
            <Said>{signed.action}</Said>
          </pre>
          <p className="faint small">
            Hash of the request: <code>{signed.hash}</code>
          </p>
        </details>
      )}
    </>
  )
}

function Person({ id, name }: { readonly id: string | undefined; readonly name: string | undefined }) {
  if (id === undefined) return <span className="faint">nobody</span>
  return <Place href={`/people/${id}`} name={name} />
}

/** Its page, for who may open it. */
function Place({ href, name }: { readonly href: string; readonly name: string | undefined }) {
  if (!useMay('view')) return <Said>{name}</Said>
  return (
    <Link className="link" href={href}>
      <Said>{name}</Said>
    </Link>
  )
}

/** Each as text in lines. What cannot be seen is spelled out. */
function Arguments({ approval: { signed, summary } }: { readonly approval: ApprovalView }) {
  const given: unknown = signed === undefined ? summary : Object(JSON.parse(signed.action)).arguments
  return membersOf(given).map(([name, value]) => {
    const lines = (typeof value === 'string' ? value : JSON.stringify(value, null, 2)).split('\n')
    return (
      <div key={name}>
        {name === '' ? null : (
          <p className="faint small">
            <Said>{name}</Said>
          </p>
        )}
        <pre className="approval-code">{lines.slice(0, MOST_LINES).map(spelledLine)}</pre>
        {lines.length > MOST_LINES ? <p className="bad">{counted(lines.length - MOST_LINES, 'line')} more</p> : null}
      </div>
    )
  })
}

/** By their names, or all of them without one. */
function membersOf(given: unknown): readonly (readonly [name: string, value: unknown])[] {
  const isObject = typeof given === 'object' && given !== null && !Array.isArray(given)
  return isObject ? Object.entries(given) : [['', given]]
}

/** Lines of one text have no other name than their place. */
function spelledLine(line: string, at: number) {
  return (
    <span key={`${at}`}>
      {line === '' ? ' ' : <Said>{line}</Said>}
      {'\n'}
    </span>
  )
}

const ENDED = {
  approved: { of: 'allowed', word: 'approved' },
  denied: { of: 'denied', word: 'denied' },
  expired: { of: 'stale', word: 'expired' },
  cancelled: { of: 'released', word: 'withdrawn' },
} as const

/** `1:45 left`, or what became of it. */
export function Standing({ approval }: { readonly approval: ApprovalView }) {
  const { state, endsAt, decidedBy, decidedAt, reason } = approval
  const now = useSeconds()
  if (state !== 'pending') {
    const { of, word } = ENDED[state]
    return (
      <span className="row row-wrap">
        <Status of={of}>{word}</Status>
        <span className="muted small">
          by <Said>{decidedBy}</Said>, <Ago at={decidedAt} />
          {reason === undefined ? null : (
            <>
              : <Said>{reason}</Said>
            </>
          )}
        </span>
      </span>
    )
  }
  const left = Math.max(0, Math.ceil((endsAt - now) / 1000))
  return (
    <Status of="not-answered">
      <span className={left < 30 ? 'warn number' : 'number'}>{leftWords(left)} left</span>
    </Status>
  )
}

export function leftWords(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const two = (count: number) => `${count}`.padStart(2, '0')
  return hours === 0 ? `${minutes}:${two(rest)}` : `${hours}:${two(minutes)}:${two(rest)}`
}

function useSeconds(): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [])
  return now
}

export function OwnRate() {
  const { data } = useAnswer<ApprovalRate>('/approvals/rate')
  if (data === undefined || data.answers === 0) return null
  return (
    <p className={data.flagged ? 'note note-warn' : 'faint small'}>
      {data.flagged ? <Icon name="warning" /> : null}
      <span>{rateLines(data).map(capital).join('. ')}.</span>
    </p>
  )
}
