import { type RegistrationView, registrations } from '../../../protocol/nouns/agents/registrations.ts'
import { ListPage } from '../../list/list-page.tsx'
import type { ListColumn, ListSpec } from '../../list/list-spec.ts'
import { nounList } from '../../list/noun-list.tsx'
import { Said } from '../../parts/said.tsx'
import { Status } from '../../parts/status.tsx'
import { RegistrationStatus } from '../../seen/registration-state.tsx'

const declared = nounList(registrations)

const SHOWN = ['Name', 'State', 'Owner', 'Purpose', 'Last used', 'Expires']
const WIDE = ['Matches', 'Successor', 'Created', 'Id']

const CELLS: Readonly<Record<string, ListColumn<RegistrationView>['cell']>> = {
  State: ({ state }) => <RegistrationStatus state={state} />,
  Owner: ({ ownerName, owner, state }) =>
    owner === undefined && state !== 'retired' ? (
      <Status of="unregistered">nobody</Status>
    ) : (
      <Said>{ownerName ?? owner}</Said>
    ),
}

/** Ids and what an agent must be are on the page of one registration. */
function columnOf(heading: string, isWide = false): ListColumn<RegistrationView> {
  const column = declared.columns.find((one) => one.heading === heading)
  if (column === undefined) throw new TypeError(`registrations have no column ${heading}`)
  const { wide: _, ...always } = column
  const shown = CELLS[heading]
  return { ...always, ...(shown === undefined ? {} : { cell: shown }), ...(isWide ? { wide: true } : {}) }
}

const REGISTRATIONS: ListSpec<RegistrationView> = {
  ...declared,
  title: 'Register',
  columns: [...SHOWN.map((heading) => columnOf(heading)), ...WIDE.map((heading) => columnOf(heading, true))],
  views: [
    { label: 'All', query: {} },
    { label: 'Active', query: { state: 'active' } },
    { label: 'Proposed', query: { state: 'provisioning' } },
    { label: 'Without owner', query: { owned: 'no' } },
    { label: 'Expires within 30 days', query: { expiresWithin: '30d' } },
    { label: 'Suspended', query: { state: 'suspended' } },
    { label: 'Quarantined', query: { state: 'quarantined' } },
    { label: 'Retired', query: { state: 'retired' } },
  ],
  empty: (
    <p className="muted">
      No agent is registered. The{' '}
      <a className="link" href="/inbox">
        inbox
      </a>{' '}
      has those that were seen; <code>surety-directory rules test</code> says which rules would register.
    </p>
  ),
}

/** Agents that somebody answers for. */
export function Register() {
  return <ListPage spec={REGISTRATIONS} />
}
