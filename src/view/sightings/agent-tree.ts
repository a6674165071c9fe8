import { ago } from '../../base/text/ago.ts'
import { printable } from '../../base/text/printable.ts'
import { userIdText } from '../../base/text/user-id.ts'
import type { AgentPart, AgentSighting, Container, FrozenBy, McpServerSighting } from '../../protocol/sighting.ts'
import { hanging, type Terminal, type Tone, toned } from '../terminal.ts'
import { isUnknown, reachOf, risksOf, stateOf, titleOf } from './sighting-rows.ts'

/** One agent for a person: what it is, for whom and how it acts, and the tree of its processes. */
export interface AgentTreeInit {
  /** The MCP servers of the device, by id. */
  readonly servers: ReadonlyMap<string, McpServerSighting>
  /** By the clock that made the times of the sighting. */
  readonly nowMs: number
}

const LABEL_WIDTH = 14

export function agentTree(agent: AgentSighting, { servers, nowMs }: AgentTreeInit, terminal: Terminal): string[] {
  const line = ([label, text, tone]: Fact) =>
    text === undefined
      ? []
      : hanging(terminal, `  ${label}`, LABEL_WIDTH, text).map((each) =>
          tone === undefined ? each : each.slice(0, LABEL_WIDTH) + toned(terminal, tone, each.slice(LABEL_WIDTH)),
        )
  return [
    ...hanging(terminal, '', 0, titleOf(agent)),
    ...[...about(agent, nowMs), ...conduct(agent)].flatMap(line),
    ...signalLines(agent, terminal),
    ...partLines(agent, servers, terminal),
  ]
}

type Fact = readonly [label: string, text: string | undefined, tone?: Tone | undefined]

const UNREAD: Readonly<Record<NonNullable<Container['unread']>, string>> = {
  'its-home': 'homes in the container, so its accounts, settings and servers are not known',
  'homes-of-windows': 'homes of the Windows host',
}

function about(agent: AgentSighting, nowMs: number): Fact[] {
  const { catalogueId, agentKind, vendor, process, user, container } = agent
  const { endOfLife, successor, lastUsedAt, path } = agent
  return [
    ['id', agent.id],
    isUnknown(agent)
      ? ['is', 'UNRECOGNISED: not in the catalogue', 'bad']
      : ['is', `${[agentKind, vendor].filter(Boolean).join(' by ')} (${catalogueId ?? ''})`],
    [
      'state',
      process === undefined ? stateOf(agent) : `${stateOf(agent)}, pid ${process.pid}, parent ${process.parentPid}`,
    ],
    ...(agent.frozenBy ?? []).map((by): Fact => ['frozen by', frozenByWords(by), 'bad']),
    ['executable', process?.executable],
    ['path', path],
    ['user', user && `${user.name} (${userIdText(user.id)})`],
    ['works in', agent.workspace],
    ...(agent.moreFolders ?? []).map((folder): Fact => ['may use', folder]),
    ['inside', container && `${container.kind} ${container.id}`],
    ['not read', container?.unread && UNREAD[container.unread], 'warning'],
    ['last used', lastUsedAt === undefined ? undefined : ago(lastUsedAt, nowMs)],
    [
      'ends',
      endOfLife && `${endOfLife}${successor === undefined ? '' : `; successor ${successor}`}`,
      endOfLife !== undefined && endOfLife <= new Date(nowMs).toISOString().slice(0, 10) ? 'bad' : undefined,
    ],
    ...knownBy(agent).map((text): Fact => ['known by', text]),
  ]
}

/** `stop_… by ada: incident 42`. */
function frozenByWords({ stop, by, reason }: FrozenBy): string {
  return `${stop === 'local' ? 'a stop of this device' : stop} by ${by}${reason === '' ? '' : `: ${reason}`}`
}

/** Evidence that is not among the signals, which are listed with their weights. */
function knownBy({ evidence, signals = [] }: AgentSighting): string[] {
  const details = new Set(signals.map(({ detail }) => detail))
  return evidence.filter((text) => !details.has(text))
}

function conduct({ account, attribution, autonomy, flags, endpoints = [] }: AgentSighting): Fact[] {
  const session = attribution?.session
  const human = attribution?.human === undefined ? 'no one' : `${attribution.human.name}, ${attribution.how}`
  const where =
    session === undefined ? '' : `; ${session.kind} session ${session.id}${session.tty ? ` on ${session.tty}` : ''}`
  return [
    [
      'signed in',
      account &&
        `${account.name}${account.provider === undefined ? '' : ` at ${account.provider}`}, according to ${account.path}`,
    ],
    [
      'acts for',
      attribution && `${human}: ${attribution.because}${where}`,
      attribution?.how === 'none' ? 'warning' : undefined,
    ],
    ...(autonomy === undefined ? [] : [autonomyFact(autonomy)]),
    ['flags', flags?.length ? flags.join(' ') : undefined],
    ...endpoints.map(({ by, name, address }): Fact => ['reaches', [by, name, address].filter(Boolean).join(' ')]),
  ]
}

function autonomyFact({ level, because }: NonNullable<AgentSighting['autonomy']>): Fact {
  const words = {
    asks: 'asks first',
    autonomous: 'AUTONOMOUS: without asking',
    unknown: because.length === 0 ? 'not known whether it asks' : 'perhaps without asking',
  }
  const reasons = because.map(({ by, name, path }) => `${by} ${name}${path === undefined ? '' : ` in ${path}`}`)
  return [
    'acts',
    `${words[level]}${reasons.length === 0 ? '' : ` (${reasons.join('; ')})`}`,
    level === 'autonomous' ? 'warning' : undefined,
  ]
}

/** Why a program counts as an agent, highest weight first. */
function signalLines({ score, signals = [] }: AgentSighting, terminal: Terminal): string[] {
  if (score === undefined && signals.length === 0) return []
  return [
    '',
    `  signals of an agent${score === undefined ? '' : `, score ${score}`}`,
    ...signals
      .toSorted((a, b) => b.weight - a.weight)
      .flatMap(({ name, weight, detail }) => {
        const head = `    ${String(weight).padStart(3)}  ${printable(name).padEnd(20)}  `
        return hanging(terminal, head, head.length, detail)
      }),
  ]
}

function partLines(agent: AgentSighting, servers: AgentTreeInit['servers'], terminal: Terminal): string[] {
  const { parts = [], morePartsCount = 0 } = agent
  if (parts.length === 0) return []
  const lines = arranged(parts).flatMap(({ part, depth }) => lineOfPart(part, depth, servers, terminal))
  const more = morePartsCount === 0 ? [] : [`    and ${morePartsCount} more`]
  return ['', `  processes (${parts.length + morePartsCount})`, ...lines, ...more]
}

function lineOfPart(part: AgentPart, depth: number, servers: AgentTreeInit['servers'], terminal: Terminal): string[] {
  const margin = ' '.repeat(4 + 2 * Math.min(depth, MAX_DEPTH))
  const head = `${margin}${depth === 0 ? '' : '└ '}${part.role} ${part.pid}  `
  const own = hanging(terminal, head, head.length, `${part.executable}  (${part.because})`)
  const server = part.server === undefined ? undefined : servers.get(part.server)
  if (server === undefined) return own
  const risks = risksOf(server)
  const notes = risks.length === 0 ? '' : `; risks: ${risks.join(', ')}`
  const configured = `${server.name} of ${server.client} (${server.scope}): ${reachOf(server)}, configured in ${server.configuration}${notes}`
  return [...own, ...hanging(terminal, `${margin}    is `, margin.length + 7, configured)]
}

const MAX_DEPTH = 8

/** Each part below its parent, or below the agent if the parent is no part. */
function arranged(parts: readonly AgentPart[]): { part: AgentPart; depth: number }[] {
  const [first, ...rest] = parts
  if (first === undefined) return []
  const pids = new Set(parts.map(({ pid }) => pid))
  const parentOf = (part: AgentPart) => (pids.has(part.parentPid) ? part.parentPid : first.pid)
  const children = Map.groupBy(rest, parentOf)
  const added = new Set<AgentPart>()
  const lines: { part: AgentPart; depth: number }[] = []
  const add = (part: AgentPart, depth: number) => {
    // A device may report a cycle.
    if (added.has(part)) return
    added.add(part)
    lines.push({ part, depth })
    for (const child of children.get(part.pid) ?? []) add(child, depth + 1)
  }
  add(first, 0)
  for (const part of rest) add(part, 1)
  return lines
}
