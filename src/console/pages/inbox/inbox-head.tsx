import type { Summary } from '../../../protocol/nouns/directory/directory.ts'
import { countText } from '../../data/words.ts'
import { LateInput } from '../../list/list-filters.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Said } from '../../parts/said.tsx'

type Query = Readonly<Record<string, string>>

/** A part of what is seen that a person looks at on its own. */
interface InboxView {
  readonly label: string
  readonly query: Query
  /** How many there are, where that is known. */
  count?(summary: Summary): number
}

const INBOX_VIEWS: readonly InboxView[] = [
  { label: 'Unregistered', query: {}, count: ({ seenAgents }) => seenAgents.unknown },
  { label: 'Deviating', query: { deviating: 'yes' }, count: ({ seenAgents }) => seenAgents.deviating },
  { label: 'Without asking', query: { autonomous: 'yes' } },
  { label: 'Rare', query: { onAtMostDevices: '3' } },
  { label: 'Ignored', query: { state: 'ignored' }, count: ({ seenAgents }) => seenAgents.ignored },
]

/** Members of an address that narrow the list to one thing. Links from other pages have them. */
const NARROWED_BY = ['product', 'device', 'human', 'registration', 'search', 'state', 'newWithinDays'] as const

function isView({ query }: InboxView, address: Query): boolean {
  const members = Object.keys(address)
  return members.length === Object.keys(query).length && members.every((member) => query[member] === address[member])
}

interface InboxHeadProps {
  readonly query: Query
  readonly summary: Summary | undefined
  onQuery(query: Query): void
}

/** What the list has: one of the views, a search, or what a link from another page narrows it to. */
export function InboxHead({ query, summary, onQuery }: InboxHeadProps) {
  const isOneView = INBOX_VIEWS.some((view) => isView(view, query))
  const narrowed = isOneView ? [] : NARROWED_BY.filter((member) => member !== 'search' && query[member] !== undefined)
  return (
    <header className="triage-head">
      <div className="row">
        <h1>Inbox</h1>
        <div className="triage-search to-end">
          <LateInput
            label="Search by the beginning of a name"
            placeholder="Search"
            value={query.search}
            onChange={(text) => onQuery(without(query, 'search', text))}
          />
        </div>
      </div>
      <div className="row row-wrap">
        {INBOX_VIEWS.map((view) => {
          const count = summary === undefined ? undefined : view.count?.(summary)
          const isOn = isView(view, query)
          return (
            <button
              key={view.label}
              type="button"
              className={`chip ${isOn ? 'chip-on' : ''}`}
              aria-pressed={isOn}
              onClick={() => onQuery(view.query)}
            >
              {view.label}
              {count === undefined ? '' : ` ${countText(count)}`}
            </button>
          )
        })}
        {narrowed.map((member) => (
          <button
            key={member}
            type="button"
            className="chip chip-on"
            onClick={() => onQuery(without(query, member, ''))}
            title="Take this filter away"
          >
            {member} <Said>{query[member]}</Said>
            <Icon name="close" />
          </button>
        ))}
      </div>
    </header>
  )
}

function without(query: Query, member: string, value: string): Query {
  const { [member]: _, ...others } = query
  return value === '' ? others : { ...others, [member]: value }
}
