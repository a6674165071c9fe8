import type { Command } from 'commander'
import type {
  SeenAgent,
  SeenAgentFile,
  SeenExtension,
  SeenMcpServer,
  SeenModelRuntime,
} from '../../protocol/api/fleet.ts'
import type { Sighting } from '../../protocol/sighting.ts'
import { riskLines } from '../../view/sightings/risk-sentences.ts'
import { shortIds } from '../../view/sightings/short-ids.ts'
import { inOrder, KIND_VIEWS, sightingRow } from '../../view/sightings/sighting-rows.ts'
import { ago, table } from '../../view/terminal.ts'
import {
  type AnsweredList,
  answerList,
  type CommandComponents,
  type CommonOptions,
  openApi,
  queryOf,
  withApiOptions,
} from '../command/command-line.ts'
import { deviceIdOf } from '../names/name-device.ts'

type Seen = SeenAgent | SeenExtension | SeenMcpServer | SeenModelRuntime | SeenAgentFile

interface Filters extends CommonOptions {
  readonly device?: string
  readonly key?: string
  readonly running?: boolean
  readonly unknown?: boolean
  readonly autonomous?: boolean
  readonly frozen?: boolean
  readonly ai?: boolean
  readonly new?: number
  readonly rare?: number
  readonly endOfLife?: boolean
  readonly idle?: number
}

const HOST_WIDTH = 24
/** Those of thousands of devices would hide the table. */
const MOST_RISKS = 20

/** Makes `command` answer with what is seen on all devices, narrowed by those of the filters that it takes. */
export function addSeenList<T extends Seen>(
  components: CommandComponents,
  command: Command,
  list: Omit<AnsweredList<T>, 'lines'>,
): void {
  withApiOptions(command).action(async (filters: Filters) => {
    const { device } = filters
    const on =
      device === undefined
        ? filters
        : { ...filters, device: await deviceIdOf(await openApi(components, filters), device) }
    const path = `${list.path}${narrowed(on)}`
    await answerList(components, filters, { ...list, path, lines: (seen) => seenLines(components, seen) })
  })
}

function narrowed(filters: Filters): string {
  const yes = (given: boolean | undefined, word = 'yes') => (given === true ? word : undefined)
  return queryOf({
    device: filters.device,
    key: filters.key,
    state: yes(filters.running, 'running'),
    presence: yes(filters.running, 'now'),
    unknown: yes(filters.unknown),
    autonomous: yes(filters.autonomous),
    frozen: yes(filters.frozen),
    ai: yes(filters.ai),
    newWithinDays: filters.new,
    onAtMostDevices: filters.rare,
    endOfLife: yes(filters.endOfLife, 'passed'),
    idleForDays: filters.idle,
  })
}

/** By device; what is not as it is now but as it was last told says since when. */
function seenLines({ terminal, now }: CommandComponents, seen: readonly Seen[]): readonly string[] {
  const short = shortIds(seen.map(({ sighting }) => sighting.id))
  const rows = [...Map.groupBy(seen, ({ device }) => device).values()].flatMap((onDevice) => {
    const bySighting = new Map<Sighting, Seen>(onDevice.map((one) => [one.sighting, one]))
    return inOrder([...bySighting.keys()]).flatMap((sighting) => {
      const one = bySighting.get(sighting)
      return one === undefined ? [] : [rowOf(one, short(sighting.id), now())]
    })
  })
  const kind = seen[0]?.sighting.kind ?? 'agent'
  return [
    ...table(rows, terminal, {
      heading: ['DEVICE', 'HOST', 'LAST REPORT', 'FIRST SEEN', 'DEVICES', 'ID', ...KIND_VIEWS[kind].heading],
    }),
    ...riskLines(
      seen.map(({ sighting }) => sighting),
      terminal,
      { most: MOST_RISKS },
    ),
  ]
}

function rowOf(
  { device, hostname, presence, deviceSeenAt, item, firstSeenAt, sighting }: Seen,
  id: string,
  now: number,
) {
  const { cells, tone } = sightingRow(sighting)
  const since = item?.firstSeenAt ?? firstSeenAt
  return {
    cells: [
      device,
      shortened(hostname ?? '-'),
      presence === 'now' ? 'now' : `silent, ${ago(deviceSeenAt, now)}`,
      `${ago(since, now)}${item?.isNew === true ? ', new' : ''}`,
      item === undefined ? '-' : `${item.devices}`,
      id,
      ...cells,
    ],
    tone: presence === 'now' ? tone : ('faint' as const),
  }
}

function shortened(hostname: string): string {
  return hostname.length <= HOST_WIDTH ? hostname : `${hostname.slice(0, HOST_WIDTH - 1)}…`
}
