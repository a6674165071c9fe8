import type { McpServerSighting } from '../../../src/protocol/sighting.ts'
import type { FixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'

/** What is told of the MCP servers of a home. */

export const NPX = { command: 'npx', args: ['-y', 'some-mcp@1.0.0'] }

export async function look(home: FixtureHome) {
  const { sightings, sources, launches = [] } = await scanHome(home, 'mcp')
  const servers = sightings.filter((each): each is McpServerSighting => each.kind === 'mcp-server')
  const short = (path: string | undefined) => path?.replace(home.path, '~')
  return {
    servers,
    launches,
    told: servers.map(({ client, name, scope, configuration, workspace }) =>
      [client, name, scope, short(configuration), ...(workspace === undefined ? [] : [short(workspace)])].join(' '),
    ),
    states: sources.map(({ state, path, items }) => [state, short(path), items]),
  }
}
