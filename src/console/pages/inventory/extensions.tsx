import type { ExtensionProduct } from '../../../protocol/nouns/agents/counted-things.ts'
import type { ExtensionSighting } from '../../../protocol/sighting.ts'
import { useNamed } from '../../data/address.ts'
import { ListPage } from '../../list/list-page.tsx'
import type { ListSpec } from '../../list/list-spec.ts'
import { count, firstSeenColumn, risksColumn } from './counted.tsx'
import { NEW_FILTERS, PLACE_FILTERS, placeColumns, type SeenOn, text } from './seen-on.tsx'

const PRODUCTS: ListSpec<ExtensionProduct> = {
  title: 'Extensions',
  one: 'extension',
  many: 'extensions',
  path: '/extension-products',
  keyOf: ({ key }) => key,
  hrefOf: ({ key }) => `/extensions/${encodeURIComponent(key)}`,
  columns: [
    text('Extension', ({ name }) => name, { sort: 'name' }),
    count('Devices', ({ devices }) => devices, 'devices'),
    count('Installed', ({ sightings }) => sightings),
    count('Versions', ({ versions }) => versions),
    risksColumn(),
    firstSeenColumn(),
    text('Key', ({ key }) => key, { wide: true }),
  ],
  filters: [],
  search: 'the beginning of a name',
  empty: <p className="muted">No browser or editor on any device has an extension.</p>,
}

export function Extensions() {
  return <ListPage spec={PRODUCTS} />
}

const INSTANCES: ListSpec<SeenOn<ExtensionSighting>> = {
  title: 'Extension',
  one: 'installation',
  many: 'installations',
  path: '/extensions',
  keyOf: ({ device, sighting }) => `${device} ${sighting.id}`,
  columns: [
    text('In', ({ sighting: { product, profile } }) => `${product}, ${profile}`),
    text('Version', ({ sighting: { version } }) => version),
    text('Enabled', ({ sighting: { enabled } }) => (enabled === true ? 'yes' : enabled === false ? 'no' : 'not known')),
    ...placeColumns<ExtensionSighting>(),
    text('From', ({ sighting: { installSource } }) => installSource),
    text('May', ({ sighting: { permissions } }) => permissions.join(', '), { wide: true }),
  ],
  filters: [...PLACE_FILTERS, ...NEW_FILTERS],
  empty: <p className="muted">It is on no device any more.</p>,
}

/** Where one extension is installed. */
export function Extension() {
  const key = useNamed()
  return <ListPage spec={{ ...INSTANCES, title: key, always: { key } }} />
}
