import { useState } from 'react'
import { Link } from 'wouter'
import type { TimelineEntry } from '../../../protocol/nouns/devices/timeline.ts'
import { checkTitle } from '../../data/check-titles.ts'
import { countText } from '../../data/words.ts'
import { entryAddress } from '../../list/entry-address.ts'
import { Icon, type IconName } from '../../parts/icon.tsx'
import { Said } from '../../parts/said.tsx'
import { Ago } from '../../parts/time.tsx'
import { STATE_WORDS } from './state-words.ts'
import type { TimePoints } from './use-time-points.ts'

const ICONS: Readonly<Record<TimelineEntry['what'], IconName>> = {
  event: 'list',
  checks: 'policy',
  'agent-appeared': 'add',
  'agent-left': 'close',
  warning: 'warning',
}
/** At first. */
const SHOWN = 8

interface TimelineEntriesProps {
  readonly items: readonly TimelineEntry[]
  readonly points: TimePoints
  /** Its id. */
  readonly device: string
}

/** What happened, newest first. Each can be where the comparison begins or ends. */
export function TimelineEntries({ items, points, device }: TimelineEntriesProps) {
  const [isWhole, setWhole] = useState(false)
  if (items.length === 0) return <p className="muted">Nothing is known to have happened in this time.</p>
  const shown = isWhole ? items : items.slice(0, SHOWN)
  return (
    <>
      <ol className="timeline" aria-label="What happened">
        {shown.map((entry) => (
          <Entry
            key={`${entry.time} ${entry.what} ${entry.event?.id ?? entry.words}`}
            entry={entry}
            points={points}
            device={device}
          />
        ))}
      </ol>
      {items.length > SHOWN ? (
        <button type="button" className="button button-small fits" onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'Show fewer' : `Show all ${countText(items.length)}`}
        </button>
      ) : null}
    </>
  )
}

interface EntryProps {
  readonly entry: TimelineEntry
  readonly points: TimePoints
  readonly device: string
}

function Entry({ entry, points, device }: EntryProps) {
  const { time, what, event } = entry
  const record = event === undefined ? undefined : entryAddress({ time, kind: event.kind, device })
  return (
    <li>
      <Ago at={time} />
      <Icon name={ICONS[what]} />
      <span>
        <Words entry={entry} />
        {record === undefined ? null : (
          <>
            {' '}
            <Link className="link not-printed" href={record}>
              in the record
            </Link>
          </>
        )}
      </span>
      <span className="row not-printed">
        <button
          type="button"
          className="button button-small"
          aria-label="Put point A before this"
          onClick={() => points.move('a', time - 1)}
        >
          A
        </button>
        <button
          type="button"
          className="button button-small"
          aria-label="Put point B after this"
          onClick={() => points.move('b', time)}
        >
          B
        </button>
      </span>
    </li>
  )
}

function Words({ entry: { what, words, event, checks } }: { readonly entry: TimelineEntry }) {
  if (checks !== undefined) {
    return (
      <>
        {checks.map(({ check, from, to }) => (
          <span key={check} className="timeline-check">
            <span className="medium">{checkTitle(check)}</span>{' '}
            <span className="muted">
              {from === undefined ? null : `${STATE_WORDS[from]} → `}
              {to === undefined ? 'not reported' : STATE_WORDS[to]}
            </span>
          </span>
        ))}
      </>
    )
  }
  if (event === undefined) {
    return (
      <>
        {what === 'agent-appeared' ? 'Appeared: ' : what === 'agent-left' ? 'Left: ' : 'Warns: '}
        <Said>{words}</Said>
      </>
    )
  }
  const { kind, actor } = event
  return (
    <>
      <span className="medium">{kind.replaceAll('-', ' ')}</span>
      {actor === undefined ? null : (
        <>
          {' '}
          by <Said>{actor}</Said>
        </>
      )}{' '}
      <span className="muted">
        <Said>{words.slice(kind.length + 2)}</Said>
      </span>
    </>
  )
}
