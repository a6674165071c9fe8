import { useEffect, useState } from 'react'
import { useSearchParams } from 'wouter'
import type { SeenAgentView } from '../../../protocol/nouns/agents/seen-agents.ts'
import type { Summary } from '../../../protocol/nouns/directory/directory.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { countText } from '../../data/words.ts'
import { useList } from '../../list/use-list.ts'
import { Empty, Failed, Waiting } from '../../parts/answered.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { type Decision, useDecisionNews } from '../../seen/use-decision-news.ts'
import { InboxDetail } from './inbox-detail.tsx'
import { InboxHead } from './inbox-head.tsx'
import { InboxKeys } from './inbox-keys.tsx'
import { InboxList } from './inbox-list.tsx'

const LIST = { path: '/inbox', filters: [] }

/** Agents that nobody has decided about, beside the one that is looked at. */
export function Inbox() {
  const [parameters, setParameters] = useSearchParams()
  const { at, ...query } = Object.fromEntries(parameters)
  const list = useList<SeenAgentView>(LIST, query)
  const { items, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage } = list
  const summary = useAnswer<Summary>('/summary').data
  const news = useDecisionNews()
  const [showsKeys, setShowsKeys] = useState(false)
  const kept = useFirst(items, { isKept: at === undefined, isOfQuery: list.isSuccess && !list.isPlaceholderData })
  const chosen = at ?? kept.first
  const place = usePlace(items, chosen)
  const choose = (id: string | undefined) =>
    setParameters(id === undefined ? query : { ...query, at: id }, { replace: true })
  const move = (by: number) => {
    const next = items[Math.max(0, Math.min(items.length - 1, place.isListed ? place.index + by : place.index))]
    if (next !== undefined) choose(next.id)
  }
  const onDecided = ({ text, undo }: Decision) => {
    const left = (summary?.seenAgents.unknown ?? 0) - 1
    const more = left > 0 && query.state === undefined ? ` ${countText(left)} left.` : ''
    news.tell({ text: `${text}${more}`, ...(undo === undefined ? {} : { undo }) })
    kept.forget(chosen)
    choose(items.find(({ id }, index) => index >= place.index && id !== chosen)?.id)
  }
  const onQuery = (next: Readonly<Record<string, string>>) => {
    kept.forget()
    setParameters(next)
  }
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    u: news.undo,
    '?': () => setShowsKeys(true),
  })
  return (
    <div className={`triage ${at === undefined ? '' : 'triage-open'}`}>
      <section className="triage-list" aria-label="Inbox">
        <InboxHead query={query} summary={summary} onQuery={onQuery} />
        {error !== null && items.length === 0 ? <Failed error={error} /> : null}
        {isPending ? <Waiting /> : null}
        {list.isSuccess && items.length === 0 ? (
          <Nothing isNarrowed={Object.keys(query).length > 0} wasSeen={summary?.sightings.agents !== 0} />
        ) : null}
        <InboxList
          agents={items}
          chosen={chosen}
          onChoose={choose}
          onMove={move}
          onEnd={() => {
            if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
          }}
        />
        <footer className="list-foot">
          <span>
            {countText(items.length)}
            {hasNextPage ? ' and more' : ''}, newest first
          </span>
          <span className="to-end row not-on-phones" aria-hidden="true">
            <kbd>J</kbd>
            <kbd>K</kbd> next, previous
          </span>
        </footer>
      </section>
      {chosen === undefined ? (
        <section className="triage-detail" aria-label="Agent">
          <Empty title={list.isSuccess ? 'Nothing waits for you here.' : ''} />
        </section>
      ) : (
        <InboxDetail
          key={chosen}
          id={chosen}
          known={items.find(({ id }) => id === chosen)}
          onDecided={onDecided}
          onBack={() => choose(undefined)}
          onKeys={() => setShowsKeys(true)}
        />
      )}
      {showsKeys ? <InboxKeys onClose={() => setShowsKeys(false)} /> : null}
    </div>
  )
}

/**
 * What is shown before somebody chooses: the first of the list. It stays when news put another one above it, since keys act on what is
 * shown, and a form may be half filled.
 */
function useFirst(items: readonly SeenAgentView[], { isKept, isOfQuery }: { isKept: boolean; isOfQuery: boolean }) {
  const [first, setFirst] = useState<string>()
  const [decided, setDecided] = useState<string>()
  if (isKept && isOfQuery && first === undefined) {
    const next = items.find(({ id }) => id !== decided)?.id
    if (next !== undefined) setFirst(next)
  }
  return {
    first,
    /** @param id was decided, and is in the list until that is asked again. */
    forget(id?: string) {
      setDecided(id)
      setFirst(undefined)
    },
  }
}

/** Where the chosen one is, or was until it left the list. */
function usePlace(items: readonly SeenAgentView[], chosen: string | undefined) {
  const found = chosen === undefined ? 0 : items.findIndex(({ id }) => id === chosen)
  const [last, setLast] = useState(0)
  useEffect(() => {
    if (found >= 0) setLast(found)
  }, [found])
  return { index: found >= 0 ? found : last, isListed: found >= 0 }
}

function Nothing({ isNarrowed, wasSeen }: { readonly isNarrowed: boolean; readonly wasSeen: boolean }) {
  if (!wasSeen) {
    return (
      <Empty title="No agent was seen yet.">
        <p className="muted">
          Start one on a device: it appears here within a second. <code>surety-directory tokens create</code> makes the
          string with which a device enrols.
        </p>
      </Empty>
    )
  }
  if (isNarrowed) return <Empty title="No agent is like this." />
  return (
    <Empty title="Every agent is decided about.">
      <p className="muted">A new one appears here within a second of its start.</p>
    </Empty>
  )
}
