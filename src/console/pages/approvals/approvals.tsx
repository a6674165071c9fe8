import { useEffect, useRef, useState } from 'react'
import { Link, useLocation, useSearchParams } from 'wouter'
import type { ApprovalView } from '../../../protocol/nouns/people/approvals.ts'
import { usePageTitle } from '../../data/page-title.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { counted } from '../../data/words.ts'
import { Empty, Failed, Waiting } from '../../parts/answered.tsx'
import { Said } from '../../parts/said.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { ApprovalFacts, DecideBar, EVERY_MS, OwnRate, Standing, useDecide } from './approval-parts.tsx'

interface Listed {
  readonly items: readonly ApprovalView[]
  readonly total?: number
}

/** Actions that wait, the first to end first, beside the one that is looked at. */
export function Approvals() {
  usePageTitle('Approvals')
  const [parameters, setParameters] = useSearchParams()
  const [, navigate] = useLocation()
  const { data, error } = useAnswer<Listed>('/approvals?state=pending&sort=ends&order=ascending&limit=100', {
    everyMs: EVERY_MS,
  })
  const items = data?.items ?? []
  const at = parameters.get('at') ?? undefined
  const [kept, setKept] = useState<string>()
  const [decided, setDecided] = useState<string>()
  // What is looked at stays, and is not moved by news, until its person decides.
  const first = items.find(({ id }) => id !== decided)?.id
  if (at === undefined && kept === undefined && first !== undefined) setKept(first)
  const chosen = at ?? kept
  const place = Math.max(
    0,
    items.findIndex(({ id }) => id === chosen),
  )
  const choose = (id: string | undefined) => setParameters(id === undefined ? {} : { at: id }, { replace: true })
  const move = (by: number) => choose(items[Math.max(0, Math.min(items.length - 1, place + by))]?.id)
  const onDone = () => {
    setDecided(chosen)
    setKept(undefined)
    choose(items.find(({ id }, index) => index >= place && id !== chosen)?.id)
  }
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter: chosen === undefined ? undefined : () => navigate(`/approvals/${chosen}`),
  })
  return (
    <div className={`triage ${at === undefined ? '' : 'triage-open'}`}>
      <section className="triage-list" aria-label="Approvals">
        <header className="triage-head">
          <div className="row">
            <h1>Approvals</h1>
            <span className="muted">{data === undefined ? '' : counted(data.total ?? items.length, 'action')}</span>
          </div>
          <OwnRate />
        </header>
        {error !== null && data === undefined ? <Failed error={error} /> : null}
        {data === undefined && error === null ? <Waiting /> : null}
        {data !== undefined && items.length === 0 ? (
          <Empty title="No action waits.">
            <p className="muted">An agent that needs a person appears here within a second.</p>
          </Empty>
        ) : null}
        <Rows items={items} chosen={chosen} onChoose={choose} />
        <footer className="list-foot">
          <span>The first to end comes first.</span>
          <span className="to-end row not-on-phones" aria-hidden="true">
            <kbd>J</kbd>
            <kbd>K</kbd> move <kbd>Enter</kbd> open
          </span>
        </footer>
      </section>
      {chosen === undefined ? (
        <section className="triage-detail" aria-label="Action" />
      ) : (
        <Detail key={chosen} id={chosen} onDone={onDone} onBack={() => choose(undefined)} />
      )}
    </div>
  )
}

interface RowsProps {
  readonly items: readonly ApprovalView[]
  readonly chosen: string | undefined
  onChoose(id: string): void
}

function Rows({ items, chosen, onChoose }: RowsProps) {
  const list = useRef<HTMLOListElement>(null)
  useEffect(() => {
    if (chosen !== undefined) list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' })
  }, [chosen])
  return (
    <ol ref={list} className="triage-rows">
      {items.map((approval) => {
        const { id, tool, summary, user, host, count } = approval
        return (
          <li key={id}>
            <a
              className="triage-row"
              href={`/approvals/${id}`}
              tabIndex={id === chosen ? 0 : -1}
              aria-current={id === chosen ? 'true' : undefined}
              onClick={(event) => {
                if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
                event.preventDefault()
                onChoose(id)
              }}
            >
              <span className="medium">
                <Said>{tool.name}</Said>
              </span>
              <span className="small">
                <Standing approval={approval} />
              </span>
              <code className="approval-line">
                <Said>{summary}</Said>
              </code>
              <span className="small warn">{count > 1 ? `${count} equal` : ''}</span>
              <span className="muted small">
                <Said>{user.name}</Said> on <Said>{host}</Said>
              </span>
            </a>
          </li>
        )
      })}
    </ol>
  )
}

function Detail({ id, onDone, onBack }: { readonly id: string; onDone(): void; onBack(): void }) {
  const { data, error } = useAnswer<ApprovalView>(`/approvals/${encodeURIComponent(id)}`, { everyMs: EVERY_MS })
  return (
    <section className="triage-detail" aria-label="Action">
      <button type="button" className="button button-bare triage-back" onClick={onBack}>
        Back to the list
      </button>
      {data === undefined && error === null ? <Waiting /> : null}
      {data === undefined && error !== null ? <Failed error={error} /> : null}
      {data === undefined ? null : <Shown approval={data} onDone={onDone} />}
    </section>
  )
}

function Shown({ approval, onDone }: { readonly approval: ApprovalView; onDone(): void }) {
  const decide = useDecide(approval, { onDone })
  useKeys({ a: decide.approve, d: decide.deny })
  return (
    <>
      <div className="triage-body">
        <header className="row row-wrap">
          <h2>
            <Said>{approval.tool.name}</Said> of <Said>{approval.user.name}</Said>
          </h2>
          <Standing approval={approval} />
          <Link className="button button-small to-end" href={`/approvals/${approval.id}`}>
            Open its page
          </Link>
        </header>
        <ApprovalFacts approval={approval} />
      </div>
      <DecideBar approval={approval} decide={decide} />
    </>
  )
}
