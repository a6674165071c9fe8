import type { AgentFileSighting, ModelRuntimeSighting } from '../../../protocol/sighting.ts'
import { ListPage } from '../../list/list-page.tsx'
import type { ListSpec } from '../../list/list-spec.ts'
import { Status } from '../../parts/status.tsx'
import { NEW_FILTERS, PLACE_FILTERS, placeColumns, type SeenOn, STATE_FILTER, text } from './seen-on.tsx'

const RUNTIMES: ListSpec<SeenOn<ModelRuntimeSighting>> = {
  title: 'Model runtimes',
  one: 'model runtime',
  many: 'model runtimes',
  path: '/model-runtimes',
  search: 'a part of a name',
  keyOf: ({ device, sighting }) => `${device} ${sighting.id}`,
  columns: [
    text('Runtime', ({ sighting: { name, version } }) => (version === undefined ? name : `${name} ${version}`)),
    {
      heading: 'State',
      cell: ({ sighting: { state } }) => <Status of={state} />,
      value: ({ sighting: { state } }) => state,
    },
    text('Models', ({ sighting: { models } }) => models.join(', ')),
    text('Listens', ({ sighting: { listens } }) =>
      listens.map(({ port, loopback }) => `${port}${loopback ? '' : ', open to the network'}`).join('; '),
    ),
    ...placeColumns<ModelRuntimeSighting>(),
  ],
  filters: [STATE_FILTER, ...PLACE_FILTERS, ...NEW_FILTERS],
  empty: <p className="muted">No program that serves models is on any device.</p>,
}

export function ModelRuntimes() {
  return <ListPage spec={RUNTIMES} />
}

const FILES: ListSpec<SeenOn<AgentFileSighting>> = {
  title: 'Agent files',
  one: 'file',
  many: 'files',
  path: '/agent-files',
  keyOf: ({ device, sighting }) => `${device} ${sighting.id}`,
  columns: [
    text('File', ({ sighting: { path } }) => path),
    text('Kind', ({ sighting: { fileKind } }) => fileKind),
    text('For', ({ sighting: { client } }) => client),
    text('Scope', ({ sighting: { scope } }) => scope),
    ...placeColumns<AgentFileSighting>(),
    text('SHA-256', ({ sighting: { sha256 } }) => sha256, { wide: true }),
  ],
  filters: PLACE_FILTERS,
  empty: <p className="muted">No file on any device instructs an agent.</p>,
}

export function AgentFiles() {
  return <ListPage spec={FILES} />
}
