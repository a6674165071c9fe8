import { codeOf, SuretyError } from '../../base/errors.ts'
import { printable } from '../../base/text/printable.ts'
import { deviceSightingReader, sightingPageReader } from '../../protocol/nouns/devices/devices.ts'
import { type FleetAgent, fleetAgentReader } from '../../protocol/nouns/devices/fleet.ts'
import type { McpServerSighting, Sighting } from '../../protocol/sighting.ts'
import { agentTree } from '../../view/sightings/agent-tree.ts'
import { isUnknown } from '../../view/sightings/sighting-rows.ts'
import { hanging } from '../../view/terminal.ts'
import { allPages, answer, type CommandComponents, type CommonOptions, openApi } from '../command/command-line.ts'
import { asArgument, facts, timeOf } from '../command/format.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { deviceIdOf } from '../names/name-device.ts'

/** One agent: in the fleet by its key, or on a device by its id. */
export async function showAgent(
  components: CommandComponents,
  { wanted, id }: { readonly wanted: string; readonly id: string | undefined },
  options: CommonOptions,
): Promise<void> {
  const api = await openApi(components, options)
  if (id === undefined) await showInFleet(components, api, wanted, options)
  else await showOnDevice(components, api, { device: wanted, id }, options)
}

async function showInFleet(components: CommandComponents, api: ApiClient, key: string, options: CommonOptions) {
  const agent = await askOfFleet(api, key)
  answer(components, options, { schema: 'surety-directory/fleet-agent@1', agent }, () => fleetAgentLines(agent))
}

/** @throws `NOT_FOUND`, saying so where it is a device that was named. */
async function askOfFleet(api: ApiClient, key: string): Promise<FleetAgent> {
  try {
    return await api.ask('GET', `/agents/${encodeURIComponent(key)}`, fleetAgentReader)
  } catch (error) {
    const device = codeOf(error) === 'NOT_FOUND' ? await deviceIdOf(api, key).catch(() => undefined) : undefined
    if (device === undefined) throw error
    const message = `${device} is a device: give the id of an agent too; list them with: agents list --device ${device}`
    throw new SuretyError('NOT_FOUND', message)
  }
}

function fleetAgentLines(agent: FleetAgent): readonly string[] {
  const { key, name, unknown, devices, present, running, frozen, firstSeenAt, versions } = agent
  const held = frozen === 0 ? '' : ` (${frozen} FROZEN: agents list --frozen)`
  return [
    ...facts([
      ['agent', name],
      ['key', key],
      ['recognised', unknown ? 'NO: in no catalogue' : undefined],
      ['devices', `${devices}`],
      ['seen', `${present}, ${running} of them running${held}, as last reported`],
      ['first seen', timeOf(firstSeenAt)],
      ...versions.map(({ version, devices: on }) => ['version', `${version ?? 'not reported'}, on ${on}`] as const),
    ]),
    '',
    printable(`Where: surety-directory agents list --product ${asArgument(key)}`),
  ]
}

/** By the beginning of its id, as lists show it. @throws `NOT_FOUND`. */
async function showOnDevice(
  components: CommandComponents,
  api: ApiClient,
  { device: named, id }: { readonly device: string; readonly id: string },
  options: CommonOptions,
): Promise<void> {
  const device = await deviceIdOf(api, named)
  const path = `/devices/${device}/sightings`
  const whole = /^[0-9a-f]{32}$/.test(id) ? id : await idOf(api, `${path}?kind=agent`, id)
  const seen = await api.ask('GET', `${path}/${whole}`, deviceSightingReader)
  const { sighting: agent } = seen
  if (agent.kind !== 'agent') throw new SuretyError('NOT_FOUND', `${whole} is no agent but of kind ${agent.kind}`)
  const configured = agent.parts?.some(({ server }) => server !== undefined) === true
  const servers = configured ? await allPages(api, `${path}?kind=mcp-server`, sightingPageReader) : []
  const byId = new Map(servers.map(({ sighting }) => [sighting.id, sighting]))
  answer(components, options, { schema: 'surety-directory/agent@1', device, ...seen }, () => [
    ...hanging(
      components.terminal,
      '',
      0,
      `on ${device}, first seen ${timeOf(seen.firstSeenAt)}, last report ${timeOf(seen.lastSeenAt)}${seen.goneAt === undefined ? '' : `, GONE since ${timeOf(seen.goneAt)}`}`,
    ),
    ...agentTree(
      agent,
      { servers: new Map([...byId].filter(isMcpServer)), nowMs: components.now() },
      components.terminal,
    ),
    ...(isUnknown(agent)
      ? [
          '',
          printable(
            `  elsewhere: surety-directory agents show ${asArgument(agent.catalogueId || `unknown/${agent.name}`)}`,
          ),
        ]
      : []),
  ])
}

function isMcpServer(entry: [string, Sighting]): entry is [string, McpServerSighting] {
  return entry[1].kind === 'mcp-server'
}

const SHORTEST_ID = 4

async function idOf(api: ApiClient, path: string, beginning: string): Promise<string> {
  const lower = beginning.toLowerCase()
  if (!/^[0-9a-f]+$/.test(lower) || lower.length < SHORTEST_ID) {
    throw new SuretyError(
      'NOT_FOUND',
      `${JSON.stringify(beginning.slice(0, 64))} is not the start of an id (${SHORTEST_ID} hexadecimal digits or more). List them with: surety-directory agents list --device DEVICE`,
    )
  }
  const found = (await allPages(api, path, sightingPageReader)).filter(({ sighting }) => sighting.id.startsWith(lower))
  const [only, ...others] = found
  if (only !== undefined && others.length === 0) return only.sighting.id
  const shown = beginning.slice(0, 32)
  throw new SuretyError(
    'NOT_FOUND',
    only === undefined
      ? `no agent there has an id that begins with ${shown}. List them with: surety-directory agents list --device DEVICE`
      : `${found.length} agents there have ids that begin with ${shown}: give more of it`,
  )
}
