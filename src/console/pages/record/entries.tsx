import { EVENT_KINDS } from '../../../protocol/nouns/directory/events.ts'
import { actorNameIn, type EntryView, nameIn } from '../../../protocol/nouns/directory/record.ts'
import { memberWords } from '../../../view/sightings/sighting-facts.ts'
import { ListPage } from '../../list/list-page.tsx'
import type { ListSpec } from '../../list/list-spec.ts'
import { Said } from '../../parts/said.tsx'
import { Ago } from '../../parts/time.tsx'
import { ENTRY_FILES } from './entry-files.ts'
import { actWords } from './entry-parts.tsx'

const ENTRIES: ListSpec<EntryView> = {
  title: 'Entries',
  one: 'entry',
  many: 'entries',
  path: '/entries',
  keyOf: ({ id }) => id,
  hrefOf: ({ id }) => `/entries/${id}`,
  columns: [
    { heading: 'What', cell: ({ act }) => <span className="medium">{actWords(act)}</span>, value: ({ act }) => act },
    {
      heading: 'When',
      cell: ({ time }) => <Ago at={time} />,
      value: ({ time }) => new Date(time).toISOString(),
      sort: 'time',
    },
    { heading: 'By', cell: (entry) => <Said>{actorNameIn(entry)}</Said>, value: actorNameIn },
    column('Object', (entry) => nameIn(entry, entry.subject)),
    {
      heading: 'Details',
      cell: (entry) => <Said>{detailsOf(entry)}</Said>,
      value: detailsOf,
    },
    { heading: 'Index', cell: ({ index }) => index ?? '–', value: ({ index }) => index, isNumber: true },
    { ...column('For', (entry) => nameIn(entry, entry.onBehalfOf)), wide: true },
    { ...column('Device', (entry) => nameIn(entry, entry.device)), wide: true },
    { ...column('Agent', (entry) => nameIn(entry, entry.agent)), wide: true },
    { ...column('By ID', ({ actor }) => actor), wide: true },
    { ...column('Object ID', ({ subject }) => subject), wide: true },
    { ...column('Device ID', ({ device }) => device), wide: true },
    {
      heading: 'From',
      cell: ({ address }) => <Said>{address ?? undefined}</Said>,
      value: ({ address }) => address ?? undefined,
      wide: true,
    },
    { heading: 'Outcome', cell: ({ outcome }) => <Said>{outcome}</Said>, value: ({ outcome }) => outcome, wide: true },
    { heading: 'ID', cell: ({ id }) => <code>{id}</code>, value: ({ id }) => id, wide: true },
  ],
  filters: [
    { member: 'actor', label: 'who: name or ID' },
    {
      member: 'act',
      label: 'what',
      choices: EVENT_KINDS.toSorted().map((value) => ({ value, label: value.replaceAll('-', ' ') })),
    },
    { member: 'since', label: 'since', isTime: true },
    { member: 'until', label: 'until', isTime: true },
    { member: 'subject', label: 'object: ID' },
    { member: 'device', label: 'device: ID', pattern: /^dev_[\w-]{22}$/ },
    { member: 'agent', label: 'registered agent: ID' },
  ],
  search: 'text among the newest 10,000; names are sealed',
  files: ENTRY_FILES,
  inFiles: { sort: 'time', order: 'ascending' },
  empty: <p className="muted">Nothing was done yet.</p>,
}

function column(heading: string, value: (entry: EntryView) => string | undefined) {
  return { heading, value, cell: (entry: EntryView) => <Said>{value(entry)}</Said> }
}

/** The record: what was done, by whom, newest first. */
export function Entries() {
  return <ListPage spec={ENTRIES} />
}

function detailsOf({ details, removed }: EntryView): string {
  return removed === true ? 'removed: its time was over' : memberWords(details ?? {})
}
