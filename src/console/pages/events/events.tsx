import type { DirectoryEvent } from '../../../protocol/nouns/directory/events.ts'
import { EVENT_KINDS } from '../../../protocol/nouns/directory/events.ts'
import { capital, exactTime } from '../../data/words.ts'
import { entryAddress } from '../../list/entry-address.ts'
import { ListPage } from '../../list/list-page.tsx'
import type { ListSpec } from '../../list/list-spec.ts'
import { Said } from '../../parts/said.tsx'
import { Ago } from '../../parts/time.tsx'

const EVENTS: ListSpec<DirectoryEvent> = {
  title: 'Events',
  one: 'event',
  many: 'events',
  path: '/events',
  keyOf: ({ id }) => String(id),
  hrefOf: entryAddress,
  columns: [
    {
      heading: 'What',
      cell: ({ kind }) => <span className="medium">{capital(kind.replaceAll('-', ' '))}</span>,
      value: ({ kind }) => kind,
    },
    { heading: 'When', cell: ({ time }) => <Ago at={time} />, value: ({ time }) => new Date(time).toISOString() },
    {
      heading: 'By',
      cell: ({ actorName, actor }) => <Said>{actorName ?? actor}</Said>,
      value: ({ actorName, actor }) => actorName ?? actor,
    },
    {
      heading: 'Device',
      cell: ({ device }) =>
        device === undefined ? (
          <span className="faint">–</span>
        ) : (
          <a className="quiet-link mono" href={`/devices/${device}`}>
            {device.slice(0, 12)}
          </a>
        ),
      value: ({ device }) => device,
    },
    { heading: 'Facts', cell: ({ facts }) => <Said>{factsText(facts)}</Said>, value: ({ facts }) => factsText(facts) },
  ],
  filters: [
    {
      member: 'kind',
      label: 'what',
      choices: EVENT_KINDS.toSorted().map((value) => ({ value, label: value.replaceAll('-', ' ') })),
    },
  ],
  empty: <p className="muted">Nothing has happened yet.</p>,
}

/** What people decided and what happened on devices. */
export function Events() {
  return <ListPage spec={EVENTS} />
}

/** `state active, reason left the company`. */
function factsText(facts: unknown): string {
  if (typeof facts !== 'object' || facts === null) return ''
  return Object.entries(facts)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${wordsOf(name)} ${valueText(value)}`)
    .join(', ')
}

/** Numbers from here on are times. */
const FIRST_TIME = Date.UTC(2020)

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join('; ')
  if (typeof value === 'object') return factsText(value)
  return typeof value === 'number' && value >= FIRST_TIME ? exactTime(value) : String(value)
}

/** `graceUntil` as `grace until`. */
function wordsOf(member: string): string {
  return member.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}
