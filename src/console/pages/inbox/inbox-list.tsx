import { type KeyboardEvent, useEffect, useRef } from 'react'
import type { SeenAgentView } from '../../../protocol/nouns/agents/seen-agents.ts'
import { counted } from '../../data/words.ts'
import { Said } from '../../parts/said.tsx'
import { Frozen, Pill, Status } from '../../parts/status.tsx'
import { Ago } from '../../parts/time.tsx'
import { hostOf, isUnrecognised, seenName } from '../../seen/seen-words.ts'

interface InboxListProps {
  readonly agents: readonly SeenAgentView[]
  readonly chosen: string | undefined
  onChoose(id: string): void
  onMove(by: number): void
  /** The end of what is loaded is in sight. */
  onEnd(): void
}

/** Agents that wait, one line each. The one that is shown is the only one that Tab reaches. */
export function InboxList({ agents, chosen, onChoose, onMove, onEnd }: InboxListProps) {
  const list = useRef<HTMLOListElement>(null)
  useEffect(() => {
    if (chosen === undefined) return
    const link = list.current?.querySelector<HTMLElement>('[aria-current]')
    link?.scrollIntoView({ block: 'nearest' })
    if (list.current?.contains(document.activeElement) === true) link?.focus()
  }, [chosen])
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (by === undefined) return
    event.preventDefault()
    onMove(by)
  }
  return (
    <ol
      ref={list}
      className="triage-rows"
      onKeyDown={onKeyDown}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        if (scrollHeight - scrollTop - clientHeight < 2 * clientHeight) onEnd()
      }}
    >
      {agents.map((agent) => (
        <li key={agent.id}>
          <Row agent={agent} isChosen={agent.id === chosen} onChoose={onChoose} />
        </li>
      ))}
    </ol>
  )
}

interface RowProps {
  readonly agent: SeenAgentView
  readonly isChosen: boolean
  onChoose(id: string): void
}

function Row({ agent, isChosen, onChoose }: RowProps) {
  const { id, user, prevalence, autonomy, firstSeenAt, deviations, frozen } = agent
  return (
    <a
      className="triage-row"
      href={`/inbox/${id}`}
      tabIndex={isChosen ? 0 : -1}
      aria-current={isChosen ? 'true' : undefined}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
        event.preventDefault()
        onChoose(id)
      }}
    >
      <span className="row row-wrap medium">
        <Said>{seenName(agent)}</Said>
        {isUnrecognised(agent) ? <Pill of="unrecognised" /> : null}
        {frozen > 0 ? <Frozen /> : null}
      </span>
      <span className="faint small">
        <Ago at={firstSeenAt} />
      </span>
      <span className="muted small">
        {user === undefined ? null : (
          <>
            <Said>{user.name}</Said> on{' '}
          </>
        )}
        <Said>{hostOf(agent)}</Said>
      </span>
      <span className={`small ${prevalence.rarity === 'common' ? 'faint' : 'medium'}`}>
        {prevalence.rarity === 'common' ? '' : 'rare: '}
        {counted(prevalence.devices, 'device')}
      </span>
      <span className="small row row-wrap">
        {autonomy === 'autonomous' ? <Status of="autonomous" /> : null}
        {autonomy === 'asks' ? <Status of="asks" /> : null}
        {deviations.length > 0 ? <Status of="not-compliant">deviates</Status> : null}
      </span>
    </a>
  )
}
