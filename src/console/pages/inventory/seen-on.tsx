import type { ReactNode } from 'react'
import type { SeenAgent } from '../../../protocol/nouns/devices/fleet.ts'
import { RISK_WORDS } from '../../../protocol/risks.ts'
import type { Sighting } from '../../../protocol/sighting.ts'
import type { ListColumn, ListFilter } from '../../list/list-spec.ts'
import { Said } from '../../parts/said.tsx'
import { Ago } from '../../parts/time.tsx'

/** What lists of sightings on all devices share: where each is, and since when. */

/** A sighting of any kind on one device. */
export type SeenOn<S extends Sighting> = Omit<SeenAgent, 'sighting'> & { readonly sighting: S }

export function text<T>(heading: string, of: (item: T) => string | undefined, more: Partial<ListColumn<T>> = {}) {
  return { heading, cell: (item: T): ReactNode => <Said>{of(item)}</Said>, value: of, ...more }
}

export function placeColumns<S extends Sighting>(): readonly ListColumn<SeenOn<S>>[] {
  return [
    {
      heading: 'Device',
      cell: ({ device, hostname }) => (
        <a className="quiet-link" href={`/devices/${device}`}>
          <Said>{hostname ?? device}</Said>
        </a>
      ),
      value: ({ hostname, device }) => hostname ?? device,
    },
    text('Owner', ({ owner }) => owner),
    text('User', ({ sighting: { user } }) => user?.name),
    {
      heading: 'First seen',
      cell: ({ firstSeenAt }) => <Ago at={firstSeenAt} />,
      value: ({ firstSeenAt }) => new Date(firstSeenAt).toISOString(),
    },
    {
      heading: 'Last seen',
      wide: true,
      cell: ({ presence, lastSeenAt }) => (presence === 'now' ? 'now' : <Ago at={lastSeenAt} />),
      value: ({ lastSeenAt }) => new Date(lastSeenAt).toISOString(),
    },
  ]
}

export const PLACE_FILTERS: readonly ListFilter[] = [
  { member: 'owner', label: 'Owner' },
  { member: 'user', label: 'User' },
  {
    member: 'risk',
    label: 'risk',
    choices: Object.entries(RISK_WORDS).map(([value, label]) => ({ value, label })),
  },
  {
    member: 'presence',
    label: 'as of',
    choices: [
      { value: 'now', label: 'now' },
      { value: 'last-reported', label: 'the last report' },
    ],
  },
]

export const NEW_FILTERS: readonly ListFilter[] = [
  {
    member: 'newWithinDays',
    label: 'new within',
    choices: [
      { value: '1', label: '1 day' },
      { value: '7', label: '7 days' },
      { value: '30', label: '30 days' },
    ],
  },
  {
    member: 'onAtMostDevices',
    label: 'on at most',
    choices: [
      { value: '1', label: '1 device' },
      { value: '3', label: '3 devices' },
      { value: '10', label: '10 devices' },
    ],
  },
]

export const STATE_FILTER: ListFilter = {
  member: 'state',
  label: 'state',
  choices: [
    { value: 'running', label: 'running' },
    { value: 'installed', label: 'installed' },
  ],
}
