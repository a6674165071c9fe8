import { printable } from '../base/printable.ts'
import { userIdText } from '../base/user-id.ts'
import type { AgentPart, AgentSighting, Container, McpServerSighting } from '../protocol/sighting.ts'
import { bewareOf, isUnknown, reachOf, stateOf, titleOf } from './sighting-rows.ts'
import { ago, hanging, type Terminal, type Tone, toned } from './terminal.ts'

/** One agent for a person: what it is, for whom and how it acts, and the graph of its processes as a tree. */
export interface AgentTreeInit {
  /** The MCP servers of its device, by id: what a part is configured by. */
  readonly servers: ReadonlyMap<string, McpServerSighting>
  /** By the clock that the times of the sighting are of. */
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

/** Quiet is not clean. */
const UNREAD: Readonly<Record<NonNullable<Container['unread']>, string>> = {
  'its-home': 'its home: nobody looked for accounts, settings and servers in there',
  'homes-of-windows': 'homes of Windows, whose guest this system is',
}

function about(agent: AgentSighting, nowMs: number): Fact[] {
  const { catalogueId, agentKind, vendor, state, process, user, container } = agent
  const { endOfLife, successor, lastUsedAt, path } = agent
  return [
    ['id', agent.id],
    isUnknown(agent)
      ? ['is', 'UNKNOWN: no entry of the catalogue matches it', 'bad']
      : ['is', `${[agentKind, vendor].filter(Boolean).join(' of ')} (${catalogueId ?? ''})`],
    ['state', process === undefined ? state : `${stateOf(agent)}, pid ${process.pid}, parent ${process.parentPid}`],
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
      endOfLife && `${endOfLife}${successor === undefined ? '' : `; ${successor} takes its place`}`,
      endOfLife !== undefined && endOfLife <= new Date(nowMs).toISOString().slice(0, 10) ? 'bad' : undefined,
    ],
    ...knownBy(agent).map((text): Fact => ['known by', text]),
  ]
}

/** What speaks for an unknown one stands among its signals, with its weight. */
function knownBy({ evidence, signals = [] }: AgentSighting): string[] {
  const told = new Set(signals.map(({ detail }) => detail))
  return evidence.filter((text) => !told.has(text))
}

function conduct({ account, attribution, autonomy, flags, endpoints = [] }: AgentSighting): Fact[] {
  const session = attribution?.session
  const human = attribution?.human === undefined ? 'nobody' : `${attribution.human.name}, ${attribution.how}`
  const where =
    session === undefined ? '' : `; ${session.kind} session ${session.id}${session.tty ? ` on ${session.tty}` : ''}`
  return [
    [
      'signed in',
      account &&
        `${account.name}${account.provider === undefined ? '' : ` at ${account.provider}`}, says ${account.path}`,
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
    asks: 'asks before',
    autonomous: 'AUTONOMOUS: without asking',
    unknown: because.length === 0 ? 'nothing says whether it asks' : 'perhaps without asking',
  }
  const reasons = because.map(({ by, name, path }) => `${by} ${name}${path === undefined ? '' : ` in ${path}`}`)
  return [
    'acts',
    `${words[level]}${reasons.length === 0 ? '' : ` (${reasons.join('; ')})`}`,
    level === 'autonomous' ? 'warning' : undefined,
  ]
}

/** Why a program is taken for an agent, the weightiest first. */
function signalLines({ score, signals = [] }: AgentSighting, terminal: Terminal): string[] {
  if (score === undefined && signals.length === 0) return []
  return [
    '',
    `  taken for an agent${score === undefined ? '' : `, score ${score}`}`,
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
  const margin = ' '.repeat(4 + 2 * Math.min(depth, DEEPEST))
  const head = `${margin}${depth === 0 ? '' : '└ '}${part.role} ${part.pid}  `
  const own = hanging(terminal, head, head.length, `${part.executable}  (${part.because})`)
  const server = part.server === undefined ? undefined : servers.get(part.server)
  if (server === undefined) return own
  const beware = bewareOf(server)
  const notes = beware.length === 0 ? '' : `; beware: ${beware.join(', ')}`
  const configured = `${server.name} of ${server.client} (${server.scope}): ${reachOf(server)}, said by ${server.configuration}${notes}`
  return [...own, ...hanging(terminal, `${margin}    is `, margin.length + 7, configured)]
}

const DEEPEST = 8

/** Each part below its parent; whose parent is not among them stands below the agent itself. */
function arranged(parts: readonly AgentPart[]): { part: AgentPart; depth: number }[] {
  const [first, ...rest] = parts
  if (first === undefined) return []
  const pids = new Set(parts.map(({ pid }) => pid))
  const parentOf = (part: AgentPart) => (pids.has(part.parentPid) ? part.parentPid : first.pid)
  const children = Map.groupBy(rest, parentOf)
  const placed = new Set<AgentPart>()
  const lines: { part: AgentPart; depth: number }[] = []
  const place = (part: AgentPart, depth: number) => {
    // What a device says may go in a circle.
    if (placed.has(part)) return
    placed.add(part)
    lines.push({ part, depth })
    for (const child of children.get(part.pid) ?? []) place(child, depth + 1)
  }
  place(first, 0)
  for (const part of rest) place(part, 1)
  return lines
}
