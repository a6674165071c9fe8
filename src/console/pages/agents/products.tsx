import type { AgentProduct } from '../../../protocol/nouns/agents/counted-things.ts'
import { ListPage } from '../../list/list-page.tsx'
import type { ListSpec } from '../../list/list-spec.ts'
import { Said } from '../../parts/said.tsx'
import { Status } from '../../parts/status.tsx'
import { count, firstSeenColumn, risksColumn } from '../inventory/counted.tsx'

const YES_NO = [
  { value: 'yes', label: 'yes' },
  { value: 'no', label: 'no' },
]

const PRODUCTS: ListSpec<AgentProduct> = {
  title: 'Products',
  one: 'product',
  many: 'products',
  path: '/agent-products',
  keyOf: ({ key }) => key,
  hrefOf: ({ key }) => `/agents/${encodeURIComponent(key)}`,
  columns: [
    {
      heading: 'Product',
      sort: 'name',
      cell: ({ name, recognised }) =>
        recognised ? (
          <Said>{name}</Said>
        ) : (
          <Status of="unrecognised">
            <Said>{name}</Said>
          </Status>
        ),
      value: ({ name }) => name,
    },
    count('Devices', ({ devices }) => devices, 'devices'),
    count('Running', ({ running }) => running, 'running'),
    count('Without asking', ({ autonomous }) => autonomous),
    count('Versions', ({ versions }) => versions),
    count('Registered', ({ registered }) => registered),
    count('Unregistered', ({ unregistered }) => unregistered),
    count('Blocked', ({ blocked }) => blocked),
    risksColumn(),
    firstSeenColumn(),
    { heading: 'Key', wide: true, cell: ({ key }) => <Said>{key}</Said>, value: ({ key }) => key },
  ],
  views: [
    { label: 'All', query: {} },
    { label: 'Running', query: { running: 'yes' } },
    { label: 'Without asking', query: { autonomous: 'yes' } },
    { label: 'Unrecognised', query: { unrecognised: 'yes' } },
  ],
  filters: [
    { member: 'running', label: 'running', choices: YES_NO },
    { member: 'autonomous', label: 'without asking', choices: [{ value: 'yes', label: 'some' }] },
    { member: 'unrecognised', label: 'unrecognised', choices: YES_NO },
    { member: 'risk', label: 'risk', choices: [{ value: 'discontinued', label: 'discontinued' }] },
  ],
  search: 'the beginning of a name',
  empty: <p className="muted">No agent was seen yet. Start one on a device: it appears within a second.</p>,
}

export function Products() {
  return <ListPage spec={PRODUCTS} />
}
