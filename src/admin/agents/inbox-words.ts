import type { SeenAgentView, SeenState } from '../../protocol/nouns/agents/inbox.ts'
import { ago } from '../../view/terminal.ts'
import { countOf, facts, isoTime, timeOf } from '../command/format.ts'
import type { Column } from '../command/list-formats.ts'

/** Seen agents as lines for a person. */

const SEEN_WORDS: Readonly<Record<SeenState, string>> = {
  unknown: 'unregistered',
  registered: 'registered',
  ignored: 'ignored',
  blocked: 'blocked',
}

export function seenWords({ name, device, hostname, state }: SeenAgentView): string {
  return `${name} on ${hostname ?? device}, ${SEEN_WORDS[state]}`
}

export function inboxColumns(now: () => number): readonly Column<SeenAgentView>[] {
  return [
    { heading: 'ID', cell: ({ id }) => id },
    { heading: 'AGENT', cell: ({ name }) => name },
    { heading: 'STATE', cell: stateWords, value: ({ state }) => state },
    { heading: 'DEVICES', cell: prevalenceWords, value: ({ prevalence }) => `${prevalence.devices}` },
    {
      heading: 'FIRST SEEN',
      cell: ({ firstSeenAt }) => ago(firstSeenAt, now()),
      value: (one) => isoTime(one.firstSeenAt),
    },
    {
      heading: 'AUTONOMY',
      cell: ({ autonomy }) => (autonomy === 'unknown' ? 'not known' : autonomy),
      value: ({ autonomy }) => autonomy,
    },
    { heading: 'RUNS', cell: runsWords, value: ({ running }) => `${running}` },
    { heading: 'HOST', cell: ({ hostname }) => hostname ?? '-', value: ({ hostname }) => hostname },
    { heading: 'USER', cell: ({ user }) => user?.name ?? '-', value: ({ user }) => user?.name },
    {
      heading: 'OWNER',
      cell: ({ proposedOwner }) => proposedOwner?.name ?? '-',
      value: (one) => one.proposedOwner?.name,
    },
    { heading: 'DRIFT', cell: (one) => driftWords(one) ?? '-', value: driftWords },
    { heading: 'PRODUCT', wide: true, cell: ({ product }) => product },
    { heading: 'VERSION', wide: true, cell: ({ version }) => version ?? '-', value: ({ version }) => version },
    { heading: 'DEVICE', wide: true, cell: ({ device }) => device },
    {
      heading: 'EVIDENCE',
      wide: true,
      cell: ({ evidence }) => evidence[0] ?? '-',
      value: ({ evidence }) => evidence[0],
    },
    {
      heading: 'LAST SEEN',
      wide: true,
      cell: (one) => ago(one.lastSeenAt, now()),
      value: (one) => isoTime(one.lastSeenAt),
    },
  ]
}

function stateWords({ state, deviations, present }: SeenAgentView): string {
  const deviating = deviations.length > 0 ? ', DEVIATES' : ''
  return present === 0 ? `${SEEN_WORDS[state]}, gone` : `${SEEN_WORDS[state]}${deviating}`
}

function runsWords({ running, frozen }: SeenAgentView): string {
  return frozen === 0 ? countOf(running) : `${countOf(running)}, ${countOf(frozen)} FROZEN`
}

function prevalenceWords({ prevalence: { devices, ofDevices, rarity } }: SeenAgentView): string {
  const rare = rarity === 'common' ? '' : `, ${rarity === 'rare' ? 'rare' : 'only here'}`
  return `${countOf(devices)} of ${countOf(ofDevices)}${rare}`
}

/** What drifted, shortly. */
function driftWords({ drift: { executable, launches } }: SeenAgentView): string | undefined {
  const words = [
    ...(executable === undefined ? [] : ['executable']),
    ...(launches.length === 0 ? [] : [`launch of ${countOf(launches.length, 'MCP server')}`]),
  ]
  return words.length === 0 ? undefined : words.join(', ')
}

export function seenLines(agent: SeenAgentView, now: number): readonly string[] {
  const { prevalence, drift, decision, ignored, human, proposedOwner, signals = [] } = agent
  return facts([
    ['agent', `${agent.name}${agent.version === undefined ? '' : ` ${agent.version}`}`],
    ['id', agent.id],
    ['state', stateWords(agent)],
    ['decided by', decision && `${decision.byName ?? decision.by}, ${timeOf(decision.at)}`],
    ['registration', agent.registration && `${agent.registration.id} (${agent.registration.name})`],
    ['stop', agent.stop],
    [
      'ignored',
      ignored &&
        `${ignored.reason} (${ignored.byName ?? ignored.by}, ${timeOf(ignored.at)}${untilWords(ignored.until)})`,
    ],
    ...agent.deviations.map((word) => ['DEVIATES', word] as const),
    ['product', agent.product],
    ['device', `${agent.device} (${agent.hostname ?? '-'}, of ${agent.deviceOwner})`],
    ['user', agent.user && `${agent.user.name} (${agent.user.id})`],
    ['person', human && `${human.name} (${human.id}, account ${human.confirmed ? 'confirmed' : 'proposed'})`],
    // A registration has an owner of its own.
    [
      'owner',
      agent.registration === undefined
        ? proposedOwner && `${proposedOwner.name} (${proposedOwner.id}) is proposed`
        : undefined,
    ],
    [
      'instances',
      `${countOf(agent.present)}, ${countOf(agent.running)} of them running${agent.frozen === 0 ? '' : ` (${countOf(agent.frozen)} FROZEN)`}`,
    ],
    ['autonomy', agent.autonomy],
    ['executable', agent.executable],
    ['workspace', agent.workspace],
    ['prevalence', `on ${prevalenceWords(agent)}; in the fleet since ${timeOf(prevalence.firstSeenAt)}`],
    ['first seen', `${timeOf(agent.firstSeenAt)}, ${ago(agent.firstSeenAt, now)}`],
    ['last seen', timeOf(agent.lastSeenAt)],
    ['drift', drift.executable && `runs ${drift.executable.now}; before ${drift.executable.before.join(', ')}`],
    ...drift.launches.map(
      ({ name, server, before, now: hash }) =>
        ['drift', `MCP server ${name ?? server} starts something else: ${before} became ${hash ?? 'nothing'}`] as const,
    ),
    ...agent.evidence.map((line) => ['recognised', line] as const),
    ['score', agent.score === undefined ? undefined : `${agent.score}`],
    ...signals.map(({ name, weight, detail }) => ['signal', `${name} (${weight}): ${detail}`] as const),
  ])
}

function untilWords(until: number | undefined): string {
  return until === undefined ? '' : `, until ${timeOf(until)}`
}

/** Agents that differ from one registration. */
export function deviatingLines(agents: readonly SeenAgentView[]): readonly string[] {
  return facts(
    agents.map(({ id, hostname, device, deviations, frozen }) => [
      'DEVIATES',
      `${id} on ${hostname ?? device}: ${[...deviations, ...(frozen === 0 ? [] : [`${countOf(frozen)} FROZEN`])].join(', ')}`,
    ]),
  )
}
