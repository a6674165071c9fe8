import type { AgentPart } from '../../protocol/sighting.ts'
import { baseName } from '../matching/agent-index.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import type { AgentGroup, Standing } from './agent-groups.ts'
import { isLanguageServer, isSandbox, isShell } from './helper-programs.ts'
import { type ProcessTree, settle } from './process-tree.ts'

export interface PartsComponents {
  readonly tree: ProcessTree
  /** Are all its standard streams sockets or pipes, as those of an MCP server are? */
  speaksThroughPipes(record: ProcessRecord): boolean
  /** The sighting of the configuration entry that starts this command for this agent. */
  serverOf(record: ProcessRecord): ConfiguredServer | undefined
}

export interface ConfiguredServer {
  readonly id: string
  /** The whole command line is that of the entry, and not only the program or package. */
  readonly exact: boolean
}

export interface PartsFound {
  readonly parts: AgentPart[]
  /** Those that are not told. */
  readonly moreCount: number
}

const MAX_PARTS = 64
/** So many processes of one agent are asked for their streams. */
const MAX_LOOKED_AT = 64
/** And so many command lines are compared with those of its configuration, the oldest first. */
const MAX_COMPARED = 256

/** What a process is to its agent; a sandbox is told as a helper, and what runs in it as a tool. */
interface Role {
  readonly role: AgentPart['role'] | 'sandbox'
  readonly because: string
  readonly server?: string | undefined
}

/** All processes of one agent, itself first. */
export function partsOf(components: PartsComponents, group: AgentGroup): PartsFound {
  const roles = new Roles(components, group)
  const leader = group.leader.process
  const members = [...group.marked.keys(), ...group.others, ...[...group.nested].map((nested) => nested.leader.process)]
  members.sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)
  const rows = members.map((record) => ({ record, ...roles.of(record) }))
  rows.sort(
    (a, b) =>
      Number(b.record === leader) - Number(a.record === leader) ||
      RANK[a.role] - RANK[b.role] ||
      a.record.startTicks - b.record.startTicks ||
      a.record.pid - b.record.pid,
  )
  const parts = rows.slice(0, MAX_PARTS).map(
    ({ record, role, because, server }): AgentPart => ({
      role: role === 'sandbox' ? 'helper' : role,
      pid: record.pid,
      startTicks: record.startTicks,
      parentPid: record.parentPid,
      executable: (record.executable ?? '').slice(0, 4096),
      because: because.slice(0, 256),
      ...(server === undefined ? {} : { server }),
    }),
  )
  return { parts, moreCount: rows.length - parts.length }
}

const RANK: Readonly<Record<Role['role'], number>> = { agent: 0, helper: 1, sandbox: 2, 'mcp-server': 3, tool: 4 }

class Roles {
  readonly #components: PartsComponents
  readonly #group: AgentGroup
  readonly #known = new Map<ProcessRecord, Role | undefined>()
  /** Unmarked, but what bears the mark descends from them: wrappers. */
  readonly #between = new Set<ProcessRecord>()
  readonly #nested: ReadonlyMap<ProcessRecord, AgentGroup>
  /** That the agent and its helpers are in, but for its sandboxes. */
  readonly #sessions = new Set<number>()
  #lookedAt = 0
  #compared = 0

  constructor(components: PartsComponents, group: AgentGroup) {
    this.#components = components
    this.#group = group
    this.#nested = new Map([...group.nested].map((nested) => [nested.leader.process, nested]))
    for (const [record, { standing }] of group.marked) {
      if (standing !== 'sandbox') this.#sessions.add(record.sessionId)
      if (record === group.leader.process) continue
      for (const above of components.tree.ancestors(record)) {
        if (!group.others.has(above) || this.#between.has(above)) break
        this.#between.add(above)
      }
    }
  }

  of(record: ProcessRecord): Role {
    const role = settle(this.#components.tree, this.#known, record, (each, above) => this.#decide(each, above))
    return role ?? { role: 'tool', because: this.#why(record) }
  }

  #decide(record: ProcessRecord, above: Role | undefined): Role | undefined {
    const { marked, others } = this.#group
    const because = this.#why(record)
    const mark = marked.get(record)
    if (mark !== undefined) return { role: mark.standing satisfies Standing, because }
    const nested = this.#nested.get(record)
    if (nested !== undefined) {
      const { role, server } = this.#roleBelow(record, above)
      return { role: role === 'mcp-server' ? role : 'tool', because: `${because}; an agent of its own`, server }
    }
    if (!others.has(record)) return undefined
    return { because, ...this.#roleBelow(record, above) }
  }

  #roleBelow(record: ProcessRecord, above: Role | undefined): Omit<Role, 'because'> {
    if (above === undefined) return { role: 'tool' }
    switch (above.role) {
      case 'tool':
        return { role: 'tool' }
      case 'mcp-server':
        return { role: 'mcp-server', server: above.server }
      case 'sandbox':
        return { role: this.#between.has(record) || isSandbox(record.executable) ? 'sandbox' : 'tool' }
      case 'agent':
      case 'helper':
        return this.#roleBelowAgent(record)
      default:
        return above.role satisfies never
    }
  }

  #roleBelowAgent(record: ProcessRecord): Omit<Role, 'because'> {
    if (isSandbox(record.executable)) return { role: 'sandbox' }
    if (this.#between.has(record)) return { role: 'helper' }
    const ownSession = !this.#sessions.has(record.sessionId)
    const server = ++this.#compared > MAX_COMPARED ? undefined : this.#components.serverOf(record)
    if (server !== undefined && (server.exact || !ownSession)) return { role: 'mcp-server', server: server.id }
    if (ownSession || isShell(record.executable)) return { role: 'tool' }
    return { role: this.#looksLikeServer(record) ? 'mcp-server' : 'helper' }
  }

  /** Language servers and short-lived commands are spoken to in the same way. */
  #looksLikeServer(record: ProcessRecord): boolean {
    if (isOrdinary(record) || ++this.#lookedAt > MAX_LOOKED_AT) return false
    return this.#components.speaksThroughPipes(record)
  }

  #why(record: ProcessRecord): string {
    if (record === this.#group.leader.process) return 'the agent itself'
    const said = this.#group.because.get(record)
    if (said !== undefined) return said
    const { tree } = this.#components
    if (!tree.isHandedOver(record)) return 'child'
    return tree.parentOf(record)?.ended === true ? 'forked by an ancestor that has ended' : 'forked by an ancestor'
  }
}

const ORDINARY = new Set(['git', 'rg', 'grep', 'find', 'fd', 'ls', 'ps', 'cat', 'which', 'uname', 'ssh', 'gh', 'tmux'])
function isOrdinary({ executable, argv }: ProcessRecord): boolean {
  if (ORDINARY.has(baseName(executable ?? ''))) return true
  return [executable ?? '', ...argv.slice(0, 3)].some((word) => isLanguageServer(baseName(word)))
}
