import { ago } from '../../base/text/ago.ts'
import { prevalenceWords, seenStateWords } from '../../protocol/nouns/agents/inbox.ts'
import type { SeenAgentView } from '../../protocol/nouns/agents/seen-agents.ts'
import { countOf, facts, timeOf } from '../command/format.ts'

/** Seen agents as lines for a person. */

export function seenLines(agent: SeenAgentView, now: number): readonly string[] {
  const { prevalence, drift, decision, ignored, human, proposedOwner, signals = [] } = agent
  return facts([
    ['agent', `${agent.name}${agent.version === undefined ? '' : ` ${agent.version}`}`],
    ['id', agent.id],
    ['state', seenStateWords(agent)],
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
