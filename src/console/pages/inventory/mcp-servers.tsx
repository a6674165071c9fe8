import type { ServerName } from '../../../protocol/nouns/agents/counted-things.ts'
import type { McpServerSighting } from '../../../protocol/sighting.ts'
import { useNamed } from '../../data/address.ts'
import { ListPage } from '../../list/list-page.tsx'
import type { ListSpec } from '../../list/list-spec.ts'
import { count, firstSeenColumn, risksColumn } from './counted.tsx'
import { NEW_FILTERS, PLACE_FILTERS, placeColumns, type SeenOn, text } from './seen-on.tsx'

const SERVERS: ListSpec<ServerName> = {
  title: 'MCP servers',
  one: 'MCP server',
  many: 'MCP servers',
  path: '/mcp-server-names',
  keyOf: ({ name }) => name,
  hrefOf: ({ name }) => `/mcp-servers/${encodeURIComponent(name)}`,
  columns: [
    text('Server', ({ name }) => name, { sort: 'name' }),
    count('Devices', ({ devices }) => devices, 'devices'),
    count('Configured', ({ sightings }) => sightings),
    text('Agents', ({ agents }) => agents.join(', ')),
    risksColumn(),
    firstSeenColumn(),
  ],
  filters: [],
  search: 'the beginning of a name',
  empty: <p className="muted">No agent on any device has an MCP server in its settings.</p>,
}

export function McpServers() {
  return <ListPage spec={SERVERS} />
}

const INSTANCES: ListSpec<SeenOn<McpServerSighting>> = {
  title: 'MCP server',
  one: 'configuration',
  many: 'configurations',
  path: '/mcp-servers',
  keyOf: ({ device, sighting }) => `${device} ${sighting.id}`,
  columns: [
    text('For', ({ sighting: { client } }) => client),
    text('Starts or reaches', ({ sighting: { package: from, runs, endpoint, command } }) =>
      [from?.name, runs?.name, endpoint, command].find((one) => one !== undefined),
    ),
    ...placeColumns<McpServerSighting>(),
    text('Settings', ({ sighting: { configuration } }) => configuration),
    text('Scope', ({ sighting: { scope } }) => scope, { wide: true }),
    text('Transport', ({ sighting: { transport } }) => transport, { wide: true }),
  ],
  filters: [...PLACE_FILTERS, ...NEW_FILTERS],
  empty: <p className="muted">It is on no device any more.</p>,
}

/** Where one server is configured. */
export function McpServer() {
  const key = useNamed()
  return <ListPage spec={{ ...INSTANCES, title: key, always: { key } }} />
}
