import { Link } from 'wouter'
import type { SeenAgentView } from '../../../protocol/nouns/agents/seen-agents.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { Failed, Waiting } from '../../parts/answered.tsx'
import { Decide } from '../../seen/decide.tsx'
import { SeenFacts } from '../../seen/seen-facts.tsx'
import { SeenHead } from '../../seen/seen-head.tsx'
import { SeenNotes } from '../../seen/seen-notes.tsx'
import { SeenWhy } from '../../seen/seen-why.tsx'
import { seenName } from '../../seen/seen-words.ts'
import type { Decision } from '../../seen/use-decision-news.ts'
import { useServers, useSighting } from '../../seen/use-sighting.ts'

interface InboxDetailProps {
  readonly id: string
  /** As the list has it, until it was asked for. */
  readonly known: SeenAgentView | undefined
  onDecided(decision: Decision): void
  /** On a phone: back to the list. */
  onBack(): void
  onKeys(): void
}

export function InboxDetail({ id, known, onDecided, onBack, onKeys }: InboxDetailProps) {
  const { data, error } = useAnswer<SeenAgentView>(`/inbox/${encodeURIComponent(id)}`, { everyMs: 15_000 })
  const agent = data ?? known
  return (
    <section className="triage-detail" aria-label={agent === undefined ? 'Agent' : seenName(agent)}>
      <button type="button" className="button button-bare triage-back" onClick={onBack}>
        Back to the inbox
      </button>
      {agent === undefined && error === null ? <Waiting /> : null}
      {agent === undefined && error !== null ? <Failed error={error} /> : null}
      {agent === undefined ? null : <Shown agent={agent} onDecided={onDecided} onKeys={onKeys} />}
    </section>
  )
}

interface ShownProps {
  readonly agent: SeenAgentView
  onDecided(decision: Decision): void
  onKeys(): void
}

function Shown({ agent, onDecided, onKeys }: ShownProps) {
  const sighting = useSighting(agent)
  const servers = useServers(agent)
  return (
    <Decide
      agent={agent}
      onDecided={onDecided}
      more={
        <button
          type="button"
          className="button button-bare button-icon to-end not-on-phones"
          aria-label="All keys"
          onClick={onKeys}
        >
          <kbd>?</kbd>
        </button>
      }
    >
      <SeenHead agent={agent} heading="h2">
        <Link className="button button-small" href={`/inbox/${agent.id}`}>
          Open its page
        </Link>
      </SeenHead>
      <SeenNotes agent={agent} sighting={sighting} />
      <div className="seen-columns">
        <SeenWhy agent={agent} />
        <SeenFacts agent={agent} sighting={sighting} servers={servers} />
      </div>
    </Decide>
  )
}
